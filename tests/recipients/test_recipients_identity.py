"""Which rows are one mailbox, one customer, one person, whatever they are written like."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from recipient_files import Load

from mass_apology.model import Recipient
from mass_apology.recipients.identity import folded_name, identify

HEADER = "email,name,account"


def people(load_text: Load, *rows: str, **options: object) -> list[Recipient]:
    loaded = load_text([HEADER, *rows], **options)
    assert loaded.findings == []
    return list(loaded.recipients)


@pytest.mark.parametrize(
    "other",
    [
        "Ann@X.EXAMPLE,Ann,1",
        "ANN@x.example,Bob,2",
        " ann@x.example ,,3",
    ],
)
def test_a_mailbox_is_one_letter_whoever_is_named(load_text: Load, other: str) -> None:
    one, two = people(load_text, "ann@x.example,Ann,1", other)
    assert one.identity == two.identity == one.mailbox == two.mailbox


def test_a_domain_in_letters_and_in_punycode_is_one(load_text: Load) -> None:
    one, two, three = people(
        load_text, "ann@żółć.example,Ann,1", "ann@XN--KDA4B0KOI.example,Ann,1", "Ann@ŻÓŁĆ.example,Ann,1"
    )
    assert one.identity == two.identity == three.identity


def test_a_domain_with_a_final_dot_is_no_address_and_its_line_is_told(load_text: Load) -> None:
    assert load_text([HEADER, "ann@x.example,Ann,1", "ann@x.example.,Ann,1"]).codes == [(3, "address-invalid")]


@pytest.mark.parametrize("other", ["ann+x@x.example", "a.nn@x.example", "ann@y.example"])
def test_tags_and_dots_make_another_mailbox(load_text: Load, other: str) -> None:
    one, two = people(load_text, "ann@x.example,Ann,1", f"{other},Ann,1")
    assert one.mailbox != two.mailbox
    assert one.identity != two.identity


def test_a_key_tells_customers_apart_and_makes_no_second_letter_by_itself(load_text: Load) -> None:
    one, two = people(load_text, "ann@x.example,Ann,1", "ann@x.example,Ann,2", columns={"key": "account"})
    assert one.identity == two.identity
    assert None is not one.customer != two.customer is not None


def test_without_a_key_there_is_no_customer_s_number(load_text: Load) -> None:
    assert [each.customer for each in people(load_text, "ann@x.example,Ann,1")] == [None]


def test_each_customer_is_told_by_the_key_alone(load_text: Load) -> None:
    rows = ["ann@x.example,Ann,7", "new@x.example,Ann,7", "ann@x.example,Ann,8"]
    one, moved, other = people(load_text, *rows, columns={"key": "account"}, one_letter_per="customer")
    assert one.identity == moved.identity != other.identity
    assert one.mailbox == other.mailbox != moved.mailbox


def test_each_customer_is_told_by_mailbox_and_name_where_there_is_no_key(load_text: Load) -> None:
    rows = ["ann@x.example,Łucja Ek,7", "Ann@X.example,EK Lucja,8", "ann@x.example,Bo,9", "ann@x.example,,9"]
    one, same, other, unnamed = people(load_text, *rows, one_letter_per="customer")
    assert one.identity == same.identity
    assert len({one.identity, other.identity, unnamed.identity}) == 3
    assert unnamed.person is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Łucja Żak", "lucja zak"),
        ("Zoë Ä. Lee", "ZOË  Ä LEE"),
        ("Kowalska, Anna", "Anna Kowalska"),
        ("Anna-Maria Ek", "anna maria ek"),
        ("O'Neil", "O’Neil"),
        ("Jürgen Groß", "JURGEN GROSS"),
        ("Αγγελική", "ΑΓΓΕΛΙΚΗ"),
        ("Фёдор", "Федор"),
        ("Đorđe Søren", "dorde soren"),
        (unicodedata.normalize("NFD", "Łucja Żółć"), "Łucja Żółć"),
    ],
)
def test_spellings_of_one_name(one: str, other: str) -> None:
    assert folded_name(one) == folded_name(other) != ""


@pytest.mark.parametrize(
    ("one", "other"), [("Mr Smith", "Mrs Smith"), ("Anna", "Anna Ek"), ("Jan", "Jana"), ("राम", "रमा"), ("Ann", "")]
)
def test_names_that_are_two_persons(one: str, other: str) -> None:
    assert folded_name(one) != folded_name(other)


@given(st.text())
def test_any_text_has_a_folded_form(name: str) -> None:
    assert folded_name(f" {name}\t") == folded_name(name)
    identify("ann@x.example", name, name, each_customer=True)


def test_identities_are_the_same_in_every_run_and_fit_a_signed_column(load_text: Load) -> None:
    # Ledgers keep these numbers: they must not change from one version to the next.
    one, other = people(load_text, "ann@x.example,Łucja,1", "cid@x.example,,2", columns={"key": "account"})
    assert (one.identity, one.mailbox, one.customer, one.person) == (
        -3_199_713_382_665_024_687,
        -3_199_713_382_665_024_687,
        -5_526_918_664_383_122_074,
        3_714_029_892_909_952_679,
    )
    assert (other.identity, other.mailbox, other.customer, other.person) == (
        -816_093_762_638_380_352,
        -816_093_762_638_380_352,
        -2_926_735_470_116_597_746,
        None,
    )
