"""Spellings that are one address, and others that are not."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.errors import SuppressionError
from mass_apology.mailboxes import domain_of, folded
from mass_apology.recipients import envelope_address
from mass_apology.suppression.entries import checked_address

ASCII_ADDRESSES = st.from_regex(
    r"\A[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,20}@[A-Za-z0-9]{1,9}\.[A-Za-z]{2,6}\Z", fullmatch=True
)
WORDS = st.text(st.characters(categories=["L", "M", "N"]), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Anna@Acme.Example", "anna@acme.example"),
        (" anna@acme.example\t", "anna@acme.example"),
        ("anna@acme.example.", "anna@acme.example"),
        ("anna@żółć.example", "anna@xn--kda4b0koi.example"),
        ("anna@XN--KDA4B0KOI.example", "anna@ŻÓŁĆ.example"),
        ("anna@straße.example", "anna@xn--strae-oqa.example"),  # IDNA 2003 would say strasse
        ("ŻÓŁĆ@acme.example", "żółć@acme.example"),
        (unicodedata.normalize("NFD", "żółć@żółć.example"), "żółć@żółć.example"),
        ("anna@acme。example", "anna@acme.example"),
        ("@ACME.example", "@acme.example"),
    ],
)
def test_spellings_of_one_address(one: str, other: str) -> None:
    assert folded(one) == folded(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@acme.example", "anna+news@acme.example"),
        ("anna.k@acme.example", "annak@acme.example"),
        ("anna@acme.example", "anna@mail.acme.example"),
        ("anna@strasse.example", "anna@straße.example"),
        ("ania@acme.example", "anią@acme.example"),
    ],
)
def test_addresses_that_are_not_one(one: str, other: str) -> None:
    assert folded(one) != folded(other)


@given(ASCII_ADDRESSES)
def test_case_and_blanks_never_count(address: str) -> None:
    assert folded(address.upper()) == folded(f" {address.lower()} ") == folded(address.swapcase())


@given(WORDS, WORDS)
def test_folding_is_the_same_for_every_encoding_of_accents_and_happens_once(local_part: str, label: str) -> None:
    address = f"{local_part}@{label}.example"
    once = folded(address)
    assert folded(once) == once
    assert folded(unicodedata.normalize("NFD", address)) == folded(unicodedata.normalize("NFC", address)) == once


@given(st.text())
def test_any_text_can_be_folded(text: str) -> None:
    assert domain_of(folded(text)).startswith("@")


@given(WORDS, WORDS)
def test_what_a_recipients_file_makes_of_an_address_folds_alike(local_part: str, label: str) -> None:
    address = f"{local_part}@{label}.example.org"
    try:
        written_to = envelope_address(address)
    except ValueError:
        return  # nobody is written to under it
    assert folded(written_to) == folded(address)
    assert checked_address(address) == address


@given(ASCII_ADDRESSES)
def test_every_ordinary_address_can_be_suppressed(address: str) -> None:
    if not address.startswith("*@"):
        assert checked_address(f" {address}\n") == address
        assert checked_address("@" + address.partition("@")[2])


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "no @-sign"),
        ("acme.example", "no @-sign"),
        ("@", "is no domain"),
        ("anna@", "is no domain"),
        ("anna@acme..example", "is no domain"),
        ("anna@-acme.example", "is no domain"),
        ("anna@[192.0.2.1]", "is no domain"),
        ("anna@acme.example>", "is no domain"),
        ("anna@acme.example,bob@acme.example", "not only a mailbox's name"),
        ("<anna@acme.example", "not only a mailbox's name"),
        ("mailto:anna@acme.example", "not only a mailbox's name"),
        ("Anna <anna@acme.example>", "a blank or an invisible"),
        ("an\u200bna@acme.example", "a blank or an invisible"),
        ("anna\0@acme.example", "a blank or an invisible"),
        ("anna\udc80@acme.example", "a blank or an invisible"),
        ("*@acme.example", "without the asterisk"),
        ("a" * 250 + "@acme.example", "longer than 254"),
        ("anna@" + "ż" * 5000, "longer than 254"),
    ],
)
def test_what_could_never_match_is_refused(text: str, flaw: str) -> None:
    with pytest.raises(SuppressionError, match=flaw) as refused:
        checked_address(text)
    assert "@acme.example for a whole domain" in refused.value.next_step
    assert refused.value.problem.isprintable()
    assert len(refused.value.problem) < 200
