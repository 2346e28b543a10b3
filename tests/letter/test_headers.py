"""Header fields, with the standard library's parsers as the oracle."""

from __future__ import annotations

import email
import email.header
import email.policy
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mass_apology.errors import MessageError
from mass_apology.letter.message.headers import (
    Mailbox,
    field_name,
    mailbox_field,
    message_id_field,
    parse_mailbox,
    raw_field,
    text_field,
)

CONTROLS = ["\r", "\n", "\r\nBcc: evil@x.example", "\0", "\t", "\x1b", "\x7f", "\x85", "\u2028", "\u2029", "\ud800"]

safe_characters = st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp"))
safe_text = st.text(safe_characters, min_size=1, max_size=400).filter(lambda text: "=?" not in text)
ascii_text = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=400).filter(
    lambda text: "=?" not in text
)
words = st.lists(st.text("abcXYZ0189,.:;-'\"()<>@[]\\", min_size=1, max_size=30), min_size=1, max_size=40).map(" ".join)


def unfolded(field: str) -> str:
    return re.sub(r"\r\n(?=[ \t])", "", field).removesuffix("\r\n")


def read_by_decode_header(field: str) -> str:
    """What a reader of RFC 2047 alone sees, by the older of the two parsers."""
    value = email.message_from_bytes(unfolded(field).encode())[field.partition(":")[0]]
    return str(email.header.make_header(email.header.decode_header(value)))


def read_by_default_policy(field: str) -> str:
    message = email.message_from_bytes(field.encode(), policy=email.policy.default)
    return str(message[field.partition(":")[0]])


def assert_well_folded(field: str) -> None:
    assert field.endswith("\r\n")
    lines = field.removesuffix("\r\n").split("\r\n")
    assert all(line.isprintable() and line.isascii() and len(line) <= 76 for line in lines), lines
    assert all(line.startswith(" ") and line.strip() for line in lines[1:]), lines
    assert not any(len(word) > 75 for word in re.findall(r"=\?\S*", field))


@given(safe_text | ascii_text | words)
@example("Service outage on 20 November: what happened, what it meant for you, and what we are doing about it now")
@example("a" * 400)
@example("x  " * 40)
@example(" leading and trailing ")
@example("\N{NO-BREAK SPACE}edges\N{NO-BREAK SPACE}")
@example("👩‍👩‍👧‍👦" * 30)
@example("\N{IDEOGRAPHIC SPACE}")
@example("?= not an end of anything =")
def test_a_subject_comes_back_as_it_was(subject: str) -> None:
    field = text_field("Subject", subject)
    assert_well_folded(field)
    assert read_by_default_policy(field) == subject
    assert read_by_decode_header(field) == subject


@given(words.filter(lambda text: len(text) > 80))
def test_a_long_ascii_subject_of_short_words_stays_readable(subject: str) -> None:
    assert unfolded(text_field("Subject", subject)) == f"Subject: {subject}"


@given(safe_text)
def test_no_encoded_word_ends_inside_a_character(subject: str) -> None:
    for value, charset in email.header.decode_header(unfolded(text_field("Subject", subject)).partition(": ")[2]):
        assert charset is None or isinstance(value, str) or value.decode(charset)
    parts = re.findall(r"=\?utf-8\?b\?([A-Za-z0-9+/=]*)\?=", text_field("Subject", f"ż{subject}"))
    assert parts
    for part in parts:
        assert email.header.decode_header(f"=?utf-8?b?{part}?=")[0][0].decode("utf-8")


@given(safe_text | ascii_text | words)
@example("O'Neil & Sons")
@example("Smith, John")
@example('the "quoted" \\ one')
@example("Łukasz Żółć")
@example("Ольга-Мария " * 20)
@example("NA")
@example("a@x.example <b@y.example>")
@example("{{ 7*7 }}")
@example("=1+1")
@example("group: a@b.example;")
def test_a_display_name_comes_back_as_it_was(name: str) -> None:
    field = mailbox_field("To", name, "anna@acme.example")
    assert_well_folded(field)
    head, _, address = unfolded(field).rpartition(" ")
    assert address == "<anna@acme.example>"
    message = email.message_from_bytes(field.encode(), policy=email.policy.default)
    (only,) = message["To"].addresses
    assert only.addr_spec == "anna@acme.example"
    if head.count("=?") <= 1:
        assert only.display_name == name
    else:  # this parser, up to CPython 3.12, puts a space between the encoded-words of a phrase; RFC 2047 §6.2 has none
        assert read_by_decode_header(f"X: {head.partition(': ')[2]}\r\n") == name


@pytest.mark.parametrize("control", CONTROLS)
@pytest.mark.parametrize("make", [lambda v: text_field("Subject", v), lambda v: mailbox_field("To", v, "a@b.example")])
def test_controls_are_refused_wherever_they_stand(make, control: str) -> None:
    for value in (control, f"a{control}", f"{control}a", f"ż{control}a"):
        with pytest.raises(MessageError, match=r"control character U\+[0-9A-F]{4}"):
            make(value)


@pytest.mark.parametrize("trick", ["=?utf-8?q?=0D=0ABcc=3A_evil=40x?=", "=?utf-8?q?=22=3Cevil=40x=3E?=", "ż =?x"])
def test_encoded_word_tricks_are_refused(trick: str) -> None:
    for make in (lambda v: text_field("Subject", v), lambda v: mailbox_field("To", v, "a@b.example")):
        with pytest.raises(MessageError, match="=\\?"):
            make(trick)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "anna",
        "@acme.example",
        "anna@",
        "a b@acme.example",
        "a@b@acme.example",
        "a@x.example, b@y.example",
        "b@y.example <a@x.example>",
        "a@żółw.example",
        "a@x.example\r\nBcc: b@y.example",
        "a\N{IDEOGRAPHIC SPACE}b@acme.example",
        "=?utf-8?q?a?=@acme.example",
        '"a b"@acme.example',
        "a@[127.0.0.1]",
        f"{'a' * 65}@acme.example",
        f"a@{'b' * 256}",
    ],
)
def test_only_an_addr_spec_is_an_address(address: str) -> None:
    with pytest.raises(MessageError):
        mailbox_field("To", "Anna", address)


def test_a_non_ascii_local_part_is_raw_and_its_name_is_still_encoded() -> None:
    field = mailbox_field("To", "Żółw", "żółw@acme.example")
    assert field == "To: =?utf-8?b?xbvDs8WCdw==?= <żółw@acme.example>\r\n"


def test_a_long_address_gets_a_line_of_its_own() -> None:
    address = f"{'a' * 64}@{'b' * 60}.example"
    assert mailbox_field("To", "Anna", address) == f"To: Anna\r\n <{address}>\r\n"


@pytest.mark.parametrize(
    ("text", "name", "address"),
    [
        ("Anna Kowalska <anna@acme.example>", "Anna Kowalska", "anna@acme.example"),
        ('"Kowalska, \\"A\\"" <anna@acme.example>', 'Kowalska, "A"', "anna@acme.example"),
        (" <anna@ACME.example> ", "", "anna@acme.example"),
        ("anna@acme.example", "", "anna@acme.example"),
        ("Anna <anna@żółw.example>", "Anna", "anna@xn--w-uga1v8h.example"),
        ("Anna <żółw@żółw.example>", "Anna", "żółw@xn--w-uga1v8h.example"),
        ("a@x.example <b@y.example>", "a@x.example", "b@y.example"),
    ],
)
def test_a_sender_is_read_as_people_write_one(text: str, name: str, address: str) -> None:
    mailbox = parse_mailbox(text, "sender.from")
    assert mailbox == Mailbox(name=name, address=address)
    assert mailbox.domain == address.split("@")[1]


@pytest.mark.parametrize(
    "text",
    ["Anna", "Anna <anna>", "Anna <a@x.example> <b@x.example>", "a@x.example, b@x.example", "An\tna <a@x.example>", ""],
)
def test_a_sender_that_is_none_says_which_setting_to_mend(text: str) -> None:
    with pytest.raises(MessageError, match=r"sender\.from"):
        parse_mailbox(text, "sender.from")


@given(ascii_text.filter(str.strip))
def test_a_raw_field_is_one_line_exactly_as_written(value: str) -> None:
    assert raw_field("X-Tags", value) == f"X-Tags: {value}\r\n"


@pytest.mark.parametrize("value", ["", "  ", "ż", "a" * 1000, "a\r\nBcc: b@c.example", "=?utf-8?q?a?="])
def test_a_raw_field_that_cannot_be_one_line_is_refused(value: str) -> None:
    with pytest.raises(MessageError, match="X-Tags"):
        raw_field("X-Tags", value)


def test_a_raw_field_may_fill_a_line_to_the_last_octet() -> None:
    assert len(raw_field("X", "a" * 995)) == 998 + 2
    with pytest.raises(MessageError, match="998"):
        raw_field("X", "a" * 996)


@pytest.mark.parametrize("name", ["", "X Y", "X:", "X\r\n", "ż", "-X", "X" * 61])
def test_a_header_name_is_letters_digits_and_hyphens(name: str) -> None:
    with pytest.raises(MessageError, match="not a header's name"):
        field_name(name)


@pytest.mark.parametrize(
    "message_id", ["", f"<{'a' * 256}@b>", "a@b", "<a>", "<a@b>\r\nBcc: c@d.example", "<a b@c>", "<ż@c>", "<a@b><c@d>"]
)
def test_a_message_id_is_in_brackets_and_plain(message_id: str) -> None:
    with pytest.raises(MessageError, match="not a Message-ID"):
        message_id_field(message_id)
    assert message_id_field("<a@b.example>") == "Message-ID: <a@b.example>\r\n"
