"""Addresses: what is accepted, what is refused, what becomes of the domain."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mass_apology.recipients.address import envelope_address

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("ann@example.org", "ann@example.org"),
        ("Ann.Lee+news@Example.COM", "Ann.Lee+news@example.com"),
        ("o'neil@mail.shop.example", "o'neil@mail.shop.example"),
        ("a@x.c", "a@x.c"),
        ("a=?b@x.example", "a=?b@x.example"),
        ("Postmaster@x.example", "Postmaster@x.example"),
        ("ann@bücher.example", "ann@xn--bcher-kva.example"),
        ("ann@BÜCHER.example", "ann@xn--bcher-kva.example"),
        ("ann@XN--bcher-kva.example", "ann@xn--bcher-kva.example"),
        ("jõgi@x.example", "jõgi@x.example"),
        ("Jõgi@põld.example", "Jõgi@xn--pld-ona.example"),
        ("a" * 64 + "@x.example", "a" * 64 + "@x.example"),
        ("a@" + "b" * 63 + ".example", "a@" + "b" * 63 + ".example"),
    ],
)
def test_accepted(written: str, address: str) -> None:
    assert envelope_address(written) == address


@pytest.mark.parametrize(
    "written",
    [
        "ann",
        "ann@",
        "@x.example",
        "ann@localhost",
        "ann@x",
        "ann@x.test",
        "ann@printer.local",
        "ann@x.invalid",
        "ann@1.2.3.4",
        "ann@[1.2.3.4]",
        "ann@x.123",
        "ann@-x.example",
        "ann@x-.example",
        "ann@x_y.example",
        "ann@x..example",
        "ann@x.example.",
        "ann@.example",
        ".ann@x.example",
        "ann.@x.example",
        "an..n@x.example",
        "ann lee@x.example",
        "ann@x.example ",
        '"ann lee"@x.example',
        "Ann <ann@x.example>",
        "<ann@x.example>",
        "ann@x.example <bob@y.example>",
        "ann@x.example,bob@y.example",
        "ann@x.example;bob@y.example",
        "ann@bob@x.example",
        "ann@x.example\nBcc: evil@x.example",
        "ann@x.example\n",
        "ann\0@x.example",
        "ann＠x.example",
        "ann@xn--zzzz.example",
        "ann\u202e@x.example",
        "a" * 65 + "@x.example",
        "õ" * 33 + "@x.example",
        "a@" + "b" * 64 + ".example",
        "a@" + "b.c" * 90 + ".example",
        "a" * 100_000,
    ],
)
def test_refused_with_a_reason(written: str) -> None:
    with pytest.raises(ValueError, match="is not an e-mail address"):
        envelope_address(written)


_LOCAL = st.text("abZ09.+_-'=?@ \"õ", min_size=1, max_size=70)
_DOMAIN = st.lists(st.text("abZ09-üß_", min_size=1, max_size=8), min_size=1, max_size=4).map(".".join)


@settings(max_examples=500, deadline=None)
@given(_LOCAL, _DOMAIN)
@example("a", "a.test")
@example("a", "aa--b.example")
@example("a", "xn--a.example")
def test_the_fast_way_never_accepts_what_the_careful_way_refuses(local_part: str, domain: str) -> None:
    written = f"{local_part}@{domain}"
    try:
        accepted = envelope_address(written)
    except ValueError:
        return
    try:
        checked = validate_email(written, check_deliverability=False, strict=True)
    except EmailNotValidError as error:
        pytest.fail(f"{written!r} was accepted: {error}")
    assert accepted == f"{local_part}@{checked.ascii_domain}"
    assert envelope_address(accepted) == accepted


@given(st.text(max_size=40))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        address = envelope_address(text)
    except ValueError:
        return
    assert address.isprintable()
    assert address.count("@") == 1
