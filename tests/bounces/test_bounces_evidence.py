"""What our own letter says is no evidence: its subject, its text and its sender's name change nothing in a notice."""

from __future__ import annotations

import re
import tomllib
from email.header import Header
from pathlib import Path

import pytest
from awkward_subjects import SUBJECTS

from mass_apology.bounces.bounce_report import Cause, Kind
from mass_apology.bounces.evidence import Evidence, ReturnedLetter
from mass_apology.bounces.mail_reading import read

CORPUS = Path(__file__).parent / "corpus"
EXPECTED = {
    name: entry
    for file in ("corpus.toml", "shapes.toml")
    for name, entry in tomllib.loads((CORPUS / file).read_text(encoding="utf-8")).items()
}
pytestmark = pytest.mark.slow

OURS = "We are sorry: the outage of 20 November"
_TEXT_ONLY = re.compile(rb"^Content-Type: *(?:message/delivery-status|message/feedback-report)", re.M | re.I)
NOTICES = {
    name: raw
    for name, entry in EXPECTED.items()
    if entry["kind"] in {"failure", "delay"}
    and not name.startswith("sns-")  # SES's JSON: no text
    and not _TEXT_ONLY.search(raw := (CORPUS / f"{name}.eml").read_bytes())
}
QUOTED = (
    "Subject: {}",
    "    Subject: {}",
    "Betreff: {}",
    "Objet : {}",
    "Temat: {}",
    "Θέμα: {}",
    "Тема: {}",
    "件名:{}",
    "> Subject: Re: {}",
    'Your message with the subject "{}" could not be delivered.',
    "Ihre Nachricht „{}“ wurde nicht zugestellt.",
    "The following message was not delivered:\n\n    {}\n",
)


def meaning(raw: bytes) -> list[object]:
    report = read(raw)
    return [report.kind, *((one.kind, one.cause, one.address, one.status) for one in report.affected)]


def with_subject(raw: bytes, old: str, new: str) -> bytes:
    """The notice as it would be, had our letter had another subject: in fields as RFC 2047 has it, plain in texts."""
    encoded = new if new.isascii() else Header(new, "utf-8", maxlinelen=70).encode()
    head, blank, body = raw.partition(b"\n\n")
    field = re.compile(rb"^((?:>? ?)Subject: .*)?" + re.escape(old.encode()) + rb"$", re.M)
    head = head.replace(old.encode(), encoded.encode())
    body = field.sub(lambda match: (match[1] or b"") + (encoded if match[1] else new).encode(), body)
    return head + blank + body.replace(old.encode(), new.encode())


def test_there_are_many_subjects_and_notices() -> None:
    assert len(SUBJECTS) >= 200
    assert len(NOTICES) >= 60


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_our_subject_changes_nothing(name: str) -> None:
    raw = NOTICES[name]
    wanted = meaning(raw)
    wrong = [subject for subject in SUBJECTS if meaning(with_subject(raw, OURS, subject)) != wanted]
    assert not wrong


@pytest.mark.parametrize("name", sorted(NOTICES))
def test_a_quoted_subject_changes_nothing(name: str) -> None:
    """In each notice the subject stands at the beginning, too, in one of twelve ways; each notice takes every fifth."""
    raw = NOTICES[name]
    if b"base64" in raw or b"iso-8859-2" in raw:
        return
    ways = QUOTED if OURS.encode() in raw else QUOTED[:10]
    wanted, wrong = meaning(raw), []
    for number, subject in enumerate(SUBJECTS[len(name) % 5 :: 5]):
        quoted = ways[number % len(ways)].format(subject)
        head, _, body = with_subject(raw, OURS, subject).partition(b"\n\n")
        at = body.find(b"\n\n") + 2 if body.startswith((b"This is a MIME", b"--")) else 0
        if meaning(head + b"\n\n" + body[:at] + f"{quoted}\n\n".encode() + body[at:]) != wanted:
            wrong.append(quoted)
    assert not wrong


DAEMON = (
    b"Return-Path: <>\nFrom: MAILER-DAEMON@relay.example\nTo: bounces@acme.example\nSubject: %s\nMIME-Version: 1.0\n"
)


def notice(text: str, letter: str = "", subject: str = "failure notice") -> bytes:
    """A text notice with the letter as a part."""
    encoded = Header(subject, "utf-8").encode().encode()
    head = DAEMON.replace(b"%s", encoded) + b'Content-Type: multipart/mixed; boundary="b"\n\n--b\n'
    own = f"Content-Type: message/rfc822\n\nFrom: Anna <anna@acme.example>\nTo: zofia@customer.example\n{letter}"
    return head + f"Content-Type: text/plain; charset=utf-8\n\n{text}\n--b\n{own}\n--b--\n".encode()


@pytest.mark.parametrize(
    "shown",
    [
        "Your delivery of the blue chair was delayed by us",
        "Your delivery of the blue\n   chair was delayed by us",
        "> Your delivery of the blue chair was delayed by us",
        '"Your delivery of the blue chair was..."',
        "Your delivery of the blue chair was delayed…",
        "Re: Your delivery of the blue chair was delayed by us",
    ],
)
def test_the_subject_is_known_wrapped_and_cut(shown: str) -> None:
    letter = ReturnedLetter(subjects=("Your delivery of the blue chair was delayed by us",))
    text = Evidence("", f"Not delivered:\n\n{shown}\n\n<a@b.example>:\nNo such user here.\n", letter).text
    assert "delay" not in text
    assert "No such user here" in text


def test_a_servers_sentence_stays_though_our_subject_says_the_same() -> None:
    raw = notice("<zofia@customer.example>:\nUser unknown in our table\n", "Subject: User unknown in our table\n\nx\n")
    assert read(raw).affected[0].cause is Cause.DEAD


def test_the_text_of_our_letter_is_no_evidence() -> None:
    letter = "Subject: x\n\nYour account was deleted by mistake on Friday.\nThe user was unknown to our shop.\n"
    text = "The message could not be delivered to zofia@customer.example.\n\n" + letter.partition("\n\n")[2]
    for shown in (text, text.replace("\nYour", "\n> Your").replace("\nThe user", "\n> The user")):
        affected = read(notice(shown, letter)).affected
        assert [(one.address, one.cause) for one in affected] == [("zofia@customer.example", Cause.UNKNOWN)]


def test_a_notices_own_subject_repeats_ours() -> None:
    text = "zofia@customer.example: no such user\n"
    for subject in ("Undeliverable: your delivery was delayed", "Unzustellbar: Ihre Lieferung hat sich verzögert"):
        assert read(notice(text, "Subject: x\n\nx\n", subject)).kind is Kind.FAILURE


@pytest.mark.parametrize(
    "said",
    [
        "550 5.1.1 unknown user <anna@acme.example>",
        "550 Domain acme.example does not exist",
        "550 5.1.1 <anna@acme.example>: no such user",
    ],
)
def test_a_sentence_about_us_is_not_about_the_recipient(said: str) -> None:
    raw = notice(f"<zofia@customer.example>:\nRemote host said: {said}\n", "Subject: x\n\nx\n")
    assert read(raw).affected[0].cause is Cause.BLOCKED


def test_a_sentence_that_names_us_and_the_recipient_is_about_the_recipient() -> None:
    said = "550 mail from anna@acme.example to zofia@customer.example: no such user"
    raw = notice(f"<zofia@customer.example>:\nRemote host said: {said}\n", "Subject: x\n\nx\n")
    assert read(raw).affected[0].cause is Cause.DEAD


def test_a_colleague_at_our_own_domain_can_be_dead() -> None:
    raw = notice("<zofia@acme.example>:\n550 no such user at acme.example\n").replace(b"zofia@customer", b"zofia@acme")
    assert read(raw).affected[0].cause is Cause.DEAD
