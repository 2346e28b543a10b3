"""Messages, with the standard library's parser as the oracle: what went in comes out, and nothing else."""

from __future__ import annotations

import email
import email.policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mass_apology.errors import MessageError
from mass_apology.letter.message.compose import Attachment, Composed, Skeleton, rfc5322_date
from mass_apology.letter.message.headers import Mailbox
from mass_apology.letter.message.unsubscribe_fields import unsubscribe_fields
from mass_apology.model import Content

DATE = "Fri, 20 Nov 2026 09:12:00 +0000"
MESSAGE_ID = "<abcdefghijklmnop@acme.example>"
SENDER = Mailbox(name="Anna Kowalska", address="anna@acme.example")
FIELDS = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "MIME-Version",
    "Auto-Submitted",
    "Content-Language",
    "Content-Type",
]
PIXEL = Attachment(filename="logo.png", content_type="image/png", data=b"\x89PNG\r\n\x1a\n\0", content_id="logo")
TERMS = Attachment(filename="Zażółć – terms.pdf", content_type="application/pdf", data=bytes(range(256)) * 40)

body_characters = st.characters(exclude_categories=("Cs",), exclude_characters="\0")
awkward = ["\n", "\r\n", "\r", ".\n", "\n.\n", "From me\n", " \n", "\t\n", "=\n", "=3D", "--\n", "\x0b", "\x0c", "\x1c"]
boundaries = ["--=_mass-apology_0_", "\n--=_mass-apology_0_alternative--\n", "\n--=_mass-apology_1_related\n"]
pieces = st.text(body_characters, max_size=60) | st.sampled_from([*awkward, *boundaries, "a" * 1200, "ж" * 700])
bodies = st.lists(pieces, max_size=40).map("".join)
skeletons = st.sampled_from(
    [
        Skeleton(sender=SENDER, language="en", attachments=attachments)
        for attachments in ([], [PIXEL], [TERMS], [PIXEL, TERMS, TERMS])
    ]
)


def composed(content: Content, *, skeleton: Skeleton | None = None, eightbit: bool = True, **changes: Any) -> Composed:
    given_ = {"to_address": "jan@customer.example", "to_name": "Jan", "date": DATE, "message_id": MESSAGE_ID} | changes
    return (skeleton or Skeleton(sender=SENDER, language="en")).compose(content, **given_, eightbit=eightbit)


def letter(text: str = "Dear Jan,\n", html: str = "<p>Dear Jan,</p>\n", subject: str = "Sorry") -> Content:
    return Content(subject=subject, text=text, html=html)


def parsed(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    assert not any(part.defects for part in message.walk())
    return message


def body_of(message: EmailMessage, subtype: str) -> str:
    (part,) = [each for each in message.walk() if each.get_content_type() == f"text/{subtype}"]
    octets = part.get_payload(decode=True)
    assert isinstance(octets, bytes)
    return octets.decode().replace("\r\n", "\n")


def as_sent(body: str) -> str:
    lines = body.replace("\r\n", "\n").replace("\r", "\n")
    return lines if lines.endswith("\n") else f"{lines}\n"


def assert_fit_for_smtp(message: Composed) -> None:
    assert message.data.endswith(b"\r\n")
    lines = message.data.split(b"\r\n")
    assert not any(b"\r" in line or b"\n" in line or b"\0" in line for line in lines)
    assert max(map(len, lines)) <= 998
    if not (message.eightbit or message.smtputf8):
        assert message.data.isascii()


@given(skeletons, bodies, bodies, st.booleans())
@example(Skeleton(sender=SENDER, language="en"), "x" * 998, "x" * 999, True)
@example(Skeleton(sender=SENDER, language="en"), "ż" * 499 + "\n", "ż" * 499 + "z\n", True)
@example(Skeleton(sender=SENDER, language="en"), "", "\n", False)
def test_bodies_come_back_as_they_were(skeleton: Skeleton, text: str, html: str, eightbit: bool) -> None:
    message = composed(letter(text, html), skeleton=skeleton, eightbit=eightbit)
    assert_fit_for_smtp(message)
    read = parsed(message.data)
    assert read.keys()[: len(FIELDS)] == FIELDS
    assert body_of(read, "plain") == as_sent(text)
    if html:
        assert body_of(read, "html") == as_sent(html)
    else:
        assert {"html", "related", "alternative"}.isdisjoint(each.get_content_subtype() for each in read.walk())
    if not eightbit:
        assert message.data.isascii()


@given(bodies)
def test_a_message_does_not_depend_on_when_it_is_composed(text: str) -> None:
    assert composed(letter(text)) == composed(letter(text))


def test_the_head_reads_as_intended() -> None:
    skeleton = Skeleton(
        sender=Mailbox(name="Kowalska, Anna", address="anna@acme.example"),
        language="pl",
        headers={"X-Campaign": "acme-outage", "X-Tags": '{"kind": ["apology"]}', "X-Team": "Żółw"},
    )
    unsubscribe = unsubscribe_fields(
        ["mailto:stop@acme.example?subject=stop", f"https://acme.example/{'u' * 200}"], names_recipient=True
    )
    subject = letter(subject="Przepraszamy – żółw")
    answered = Mailbox(name="", address="help@acme.example")
    data = composed(subject, skeleton=skeleton, to_name="Łukasz Żółć", unsubscribe=unsubscribe, reply_to=answered).data
    assert data.decode().split("Content-Type")[0].split("\r\n") == [
        "Date: Fri, 20 Nov 2026 09:12:00 +0000",
        'From: "Kowalska, Anna" <anna@acme.example>',
        "To: =?utf-8?b?xYF1a2FzeiDFu8OzxYLEhw==?= <jan@customer.example>",
        "Reply-To: help@acme.example",
        "Subject: =?utf-8?b?UHJ6ZXByYXN6YW15IOKAkyDFvMOzxYJ3?=",
        "Message-ID: <abcdefghijklmnop@acme.example>",
        "MIME-Version: 1.0",
        "Auto-Submitted: auto-generated",
        "Content-Language: pl",
        "X-Campaign: acme-outage",
        'X-Tags: {"kind": ["apology"]}',
        "X-Team: =?utf-8?b?xbvDs8WCdw==?=",
        f"List-Unsubscribe: <mailto:stop@acme.example?subject=stop>, <https://acme.example/{'u' * 200}>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "",
    ]
    assert parsed(data)["Subject"] == "Przepraszamy – żółw"


def test_one_click_needs_an_https_address_that_names_the_recipient() -> None:
    assert unsubscribe_fields([], names_recipient=True) == ""
    for urls, names in ((["mailto:stop@acme.example"], True), (["https://acme.example/stop"], False)):
        read = parsed(composed(letter(), unsubscribe=unsubscribe_fields(urls, names_recipient=names)).data)
        assert read["List-Unsubscribe"] == f"<{urls[0]}>"
        assert "List-Unsubscribe-Post" not in read


@pytest.mark.parametrize(
    "url",
    ["http://acme.example", "https://acme.example/>, <https://evil.example", "https://acme.example/" + "u" * 1000],
)
def test_what_is_no_address_for_unsubscribing(url: str) -> None:
    with pytest.raises(MessageError):
        unsubscribe_fields([url], names_recipient=True)


@pytest.mark.parametrize(
    ("body", "eightbit", "encoding"),
    [
        ("plain\n", False, "7bit"),
        ("plain\n", True, "7bit"),
        ("mostly Latin, z jednym ż\n", True, "8bit"),
        ("mostly Latin, z jednym ż\n", False, "quoted-printable"),
        ("Здравствуйте\n", True, "8bit"),
        ("Здравствуйте\n", False, "base64"),
        ("x" * 998, True, "7bit"),
        ("x" * 999, True, "quoted-printable"),
        ("ok\n" * 900 + "x" * 999 + "\n", True, "quoted-printable"),
        ("ж" * 500, True, "base64"),
    ],
)
def test_each_part_travels_in_the_plainest_encoding_that_fits(body: str, eightbit: bool, encoding: str) -> None:
    message = composed(letter(text=body), eightbit=eightbit)
    (part,) = [each for each in parsed(message.data).walk() if each.get_content_type() == "text/plain"]
    assert part["Content-Transfer-Encoding"] == encoding
    assert message.eightbit == (encoding == "8bit")


def test_only_a_non_ascii_local_part_asks_for_smtputf8() -> None:
    assert not composed(letter(), to_name="Żółw", to_address="zolw@xn--w-uga1v8h.example").smtputf8
    message = composed(letter(), to_name="Żółw", to_address="żółw@acme.example")
    assert message.smtputf8
    assert "<żółw@acme.example>\r\n".encode() in message.data
    skeleton = Skeleton(sender=Mailbox(name="", address="żółw@acme.example"), language="en")
    assert composed(letter(), skeleton=skeleton).smtputf8


def test_images_are_related_to_the_html_and_files_are_beside_it() -> None:
    skeleton = Skeleton(sender=SENDER, language="en", attachments=[TERMS, PIXEL])
    read = parsed(composed(letter(), skeleton=skeleton).data)

    def tree(part: EmailMessage) -> object:
        kind = part.get_content_type()
        return (kind, *map(tree, part.iter_parts())) if part.is_multipart() else kind  # type: ignore[arg-type]

    related = ("multipart/related", "text/html", "image/png")
    alternative = ("multipart/alternative", "text/plain", related)
    assert tree(read) == ("multipart/mixed", alternative, "application/pdf")
    image, terms = [part for part in read.walk() if part.get_filename()]
    assert (image["Content-ID"], image.get_content_disposition()) == ("<logo>", "inline")
    assert image.get_content() == PIXEL.data
    assert (terms.get_filename(), terms.get_content_disposition()) == ("Zażółć – terms.pdf", "attachment")
    assert terms.get_content() == TERMS.data


def test_a_body_that_quotes_a_boundary_moves_the_boundary() -> None:
    plain = composed(letter())
    quoting = composed(letter(text=plain.data.decode()))
    assert parsed(plain.data).get_boundary() != parsed(quoting.data).get_boundary()
    twice = composed(letter(text=plain.data.decode(), html=quoting.data.decode()))
    assert body_of(parsed(twice.data), "html") == as_sent(quoting.data.decode())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"to_name": "Jan\r\nBcc: evil@x.example"}, "To"),
        ({"to_name": "=?utf-8?q?=22=3Cevil=40x=3E?="}, "To"),
        ({"to_address": "a@x.example\nBcc: evil@x.example"}, "To"),
        ({"message_id": "a@b.example"}, "Message-ID"),
    ],
)
def test_nothing_from_a_row_becomes_a_header(change: dict[str, str], said: str) -> None:
    with pytest.raises(MessageError, match=said) as caught:
        composed(letter(), **change)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (letter(subject="Sorry\r\nBcc: evil@x.example"), "Subject holds the control character U\\+000D"),
        (letter(subject="=?utf-8?q?=0D=0ABcc=3A_evil=40x?="), "Subject"),
        (letter(subject=" "), "subject is empty"),
        (letter(text="a\0b"), "text part holds a NUL"),
        (letter(html="a\0b"), "HTML part holds a NUL"),
        (letter(html="a\ud800b"), "HTML part holds the lone surrogate U\\+D800"),
    ],
)
def test_a_letter_that_cannot_be_sent_says_why(content: Content, said: str) -> None:
    with pytest.raises(MessageError, match=said):
        composed(content)


@pytest.mark.parametrize(
    "settings",
    [
        {"headers": {"bcc": "evil@x.example"}},
        {"headers": {"Content-Type": "text/plain"}},
        {"headers": {"Resent-To": "evil@x.example"}},
        {"headers": {"X-A": "1", "x-a": "2"}},
        {"headers": {"X-A": "1\r\nBcc: evil@x.example"}},
        {"headers": {"X:A": "1"}},
        {"language": "pl\r\nBcc: evil@x.example"},
        {"attachments": [Attachment(filename="a", content_type="a/b\r\nBcc: e@x.example", data=b"")]},
        {"attachments": [Attachment(filename="a", content_type="image/png", data=b"", content_id="a>\r\nBcc: e")]},
        {"attachments": [Attachment(filename="\ud800", content_type="image/png", data=b"")]},
        {"sender": Mailbox(name="A\r\nBcc: evil@x.example", address="anna@acme.example")},
    ],
)
def test_settings_cannot_forge_headers(settings: dict[str, object]) -> None:
    with pytest.raises(MessageError):
        Skeleton(**({"sender": SENDER, "language": "en"} | settings))  # type: ignore[arg-type]


# The parser of the standard library strips a name that begins or ends with white space.
@given(st.text(st.characters(exclude_categories=("Cs",)), min_size=1).filter(lambda name: name == name.strip()))
@example('"; name="x')
@example("a\r\nBcc: evil@x.example")
@example("=?utf-8?q?a?=.pdf")
@example("ж" * 2000)
def test_a_file_keeps_its_name(filename: str) -> None:
    attachment = Attachment(filename=filename, content_type="application/pdf", data=b"%PDF")
    message = composed(letter(), skeleton=Skeleton(sender=SENDER, language="en", attachments=[attachment]))
    assert_fit_for_smtp(message)
    (part,) = [each for each in email.message_from_bytes(message.data).walk() if each.get_filename()]
    assert part.get_filename() == filename


@given(st.floats(min_value=0, max_value=2**33))
@example(0.0)
@example(1_795_165_920.999)
def test_a_date_is_utc_and_reads_back(at: float) -> None:
    date = rfc5322_date(at)
    assert date.endswith(" +0000")
    assert parsedate_to_datetime(date).timestamp() == at // 1
