"""Subjects: whose mail programs marked them as answers, and which a program writes that answers for a person."""

from __future__ import annotations

import pytest

from mass_apology.bounces.auto_replies import is_from_daemon
from mass_apology.bounces.bounce_report import Kind
from mass_apology.bounces.mail_reading import read
from mass_apology.bounces.subjects import OTHERS_AWAY, has_reply_prefix, is_away_subject
from mass_apology.languages import SHIPPED
from mass_apology.mail_parts import take_apart

MARKS = ("Re", "AW", "SV", "Antw", "VS", "YNT", "ATB", "ODP", "BLS", "RIF", "RES", "TR", "WG", "FS", "VB", "Vá", "Σχετ")
MORE_MARKS = (
    "ΑΠ",
    "НА",
    "Отв",
    "Ответ",
    "回复",
    "答复",
    "返信",
    "답장",
    "TL",
    "SL",
    "İLT",
    "תגובה",
    "رد",
    "Odg",
    "Fwd",
)
TAGS = ("", "[EXT] ", "[EXTERNAL]", "[SPAM] ", "***SPAM*** ", "{Spam?} ", "EXTERNAL: ", "[EXT] [SPAM] ", "(ext) ")


@pytest.mark.parametrize("mark", [*MARKS, *MORE_MARKS])
def test_a_reply_is_known_by_the_mark_of_any_language(mark: str) -> None:
    for tag in TAGS:
        for colon in (":", " :", "\u00a0:", "：", "[2]:", "(3):", "^2:"):
            for subject in (f"{tag}{mark}{colon} We are sorry", f"{tag}{mark.lower()}{colon}{tag}Re: We are sorry"):
                assert has_reply_prefix(subject), subject


@pytest.mark.parametrize(
    "subject",
    [
        "We are sorry: Re",
        "Reply: x",
        "Reference: x",
        "Regarding: x",
        "[EXT] We are sorry",
        "",
        "[",
        "***",
        "Re",
        "Na: "[2:],
    ],
)
def test_a_word_that_is_no_mark_is_none(subject: str) -> None:
    assert not has_reply_prefix(subject)


def test_automatic_answers_are_known_in_forty_languages() -> None:
    assert len(OTHERS_AWAY) + sum(bool(each.reading.away) for each in SHIPPED) >= 40


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize(
    "subject",
    [
        *(
            "Automatic reply: x",
            "Out of Office AutoReply: x",
            "Out of office until Monday",
            "Out of office",
            "(Auto-Reply) x",
        ),
        *("Automatische Antwort: x", "Abwesend bis 3.5.", "Abwesenheitsnotiz", "Réponse automatique : x"),
        *("Automatyczna odpowiedź: x", "Автоответ: x", "自動応答: x", "自动回复您的邮件", "自動回覆:x", "자동 회신: x"),
        *(
            "\u200fתשובה אוטומטית: x",
            "ตอบกลับอัตโนมัติ: x",
            "OTOMATiK YANIT: x",
            "Autosvar: x",
            "I am away",
        ),
    ],
)
def test_an_automatic_answer_is_known_by_its_subject(tag: str, subject: str) -> None:
    assert is_away_subject(tag + subject)


@pytest.mark.parametrize(
    "subject",
    [
        *(
            "Out of office is not enough!",
            "Automatic reply is what I got from you",
            "Out of office?",
            "Absence of service",
        ),
        *(
            "Abwesend sind immer die anderen",
            "Automatische Antwort ist alles",
            "I am out of money",
            "I am away too often",
        ),
        *("Re: Automatic reply: x", "[EXT] AW: Automatische Antwort: x", "Autosvar är inte nog", "Urlop zepsuty"),
    ],
)
def test_a_sentence_about_automatic_answers_is_a_persons(subject: str) -> None:
    assert not is_away_subject(subject)
    mail = f"From: a@customer.example\nIn-Reply-To: <x@acme.example>\nSubject: {subject}\n\nHelp me.\n"
    assert read(mail.encode()).kind is Kind.REPLY


@pytest.mark.parametrize(
    ("sender", "is_daemon"),
    [
        ("Mail Delivery Subsystem <x@customer.example>", True),
        ('"Mail Delivery System (Postfix)" <x@customer.example>', True),
        ("Postmaster <x@customer.example>", True),
        ("post_master@customer.example", True),
        ("System Administrator", True),
        ("Mail Delivery Service <x@customer.example>", True),
        ('"Postmaster General Smith" <smith@customer.example>', False),
        ("Mail Delivery Ltd <office@customer.example>", False),
        ("Mail Router Lovers <club@customer.example>", False),
    ],
)
def test_a_name_that_only_begins_as_a_daemons_needs_more(sender: str, is_daemon: bool) -> None:
    address = sender.rpartition("<")[2].strip(">")
    message = f"From: {sender}\nSubject: x\n\nx\n".encode()
    assert is_from_daemon(take_apart(message), address) is is_daemon
    for mark in (b"Return-Path: <>\n", b"Auto-Submitted: auto-replied\n", b"X-Failed-Recipients: a@b.example\n"):
        assert is_from_daemon(take_apart(mark + message), address)


def test_a_daemon_answers_with_re_and_a_postmaster_may() -> None:
    text = "Your message could not be delivered:\n\n<b@customer.example>: 550 5.1.1 user unknown\n"
    mail = "From: {}@customer.example\nTo: us@acme.example\nSubject: Re: We are sorry\n\n" + text
    assert read(mail.format("postmaster").encode()).kind is Kind.REPLY
    for name in ("post_master", "Post-Master", "mailer-daemon", "MDaemon"):
        report = read(mail.format(name).encode())
        assert (report.kind, report.affected[0].address) == (Kind.FAILURE, "b@customer.example"), name


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ("X-AutoReply: no", Kind.REPLY),
        ("Auto-Submitted: no", Kind.REPLY),
        ("Auto-Submitted: notified", Kind.UNREAD),
        ("X-Auto-Response-Suppress: All", Kind.AUTO_REPLY),
        ("X-Yandex-Autoreply: yes", Kind.AUTO_REPLY),
        ("Precedence: list", Kind.AUTO_REPLY),
        ("Precedence: first-class", Kind.REPLY),
        ("X-Mailer: Outlook", Kind.REPLY),
        ("Return-Path: <>", Kind.AUTO_REPLY),
    ],
)
def test_fields_tell_programs_from_people(fields: str, kind: Kind) -> None:
    mail = f"{fields}\nFrom: a@customer.example\nIn-Reply-To: <x@acme.example>\nSubject: Yours\n\nHello.\n"
    assert read(mail.encode()).kind is kind
