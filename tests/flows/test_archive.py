"""[message] archive: one letter of each language is copied to oneself, and a copy's fate is no letter's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import cast

import pytest
from live import Person, campaign_folder, customers, relay, results, send, statuses, write_rows, write_toml
from smtp_fakes import FaultyConversation, Received, Relay

from mass_apology.cli.watching import Summary
from mass_apology.flows.feedback.bounces import settle
from mass_apology.flows.follow_up.correct import CorrectOptions, correct
from mass_apology.flows.plan.plan import Remaining
from mass_apology.ledger.purged_notes import kept_of_note
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.workspace.source_digests import wave_digest
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

ARCHIVE = "archive@acme.example"
LANGUAGES = {"languages": ["en", "pl"]}


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def rows(count: int, language: str = "en") -> list[Mapping[str, str]]:
    return [{**each, "language": language} for each in customers(count)]


def campaign(folder: Path, live: Relay, count: int = 6, **message: object) -> Path:
    campaign_folder(
        folder, live.sink.url, rows(count), top=LANGUAGES, message={"archive": f"Archive <{ARCHIVE}>", **message}
    )
    polish = "Subject: Łączymy się\n\n{{ salutation }}\n\nPrzepraszamy. {{ customer.minutes }} minut.\n"
    (folder / "templates" / "sorry" / "pl.md").write_text(polish, encoding="utf-8")
    return folder


def copies(live: Relay) -> list[EmailMessage]:
    return [
        cast(EmailMessage, message_from_bytes(each.data, policy=policy.default))
        for each in live.received
        if each.recipients == (ARCHIVE,)
    ]


def letters(live: Relay) -> list[Received]:
    return [each for each in live.received if each.recipients != (ARCHIVE,)]


def test_one_letter_of_each_language_is_copied_octet_for_octet(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live)
    write_rows(folder / "affected.csv", [*rows(6)[:3], *rows(6, "pl")[3:]])
    ended = send(folder)
    assert statuses(folder) == {"ACCEPTED": 6}
    assert ended.sent == 6
    assert ended.archived.sentence == f"2 copies (en, pl) went to Archive <{ARCHIVE}>."
    sent = {each.data for each in letters(live)}
    raw = [each.data for each in live.received if each.recipients == (ARCHIVE,)]
    assert len(raw) == 2
    for data in raw:
        (letter,) = [each for each in sent if each in data]
        inner = message_from_bytes(letter)["Message-ID"]
        outer = cast(EmailMessage, message_from_bytes(data, policy=policy.default))
        assert outer["Message-ID"] != inner
        (part,) = list(outer.iter_attachments())
        assert part.get_content()["Message-ID"] == inner
    assert [each["Subject"] for each in copies(live)] == [
        "trial, first: copy of the letter in en",
        "trial, first: copy of the letter in pl",
    ]


def test_a_run_that_goes_on_copies_only_what_no_run_has_copied(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live)
    send(folder)
    send(folder)
    write_rows(folder / "affected.csv", [*rows(6), *rows(9, "pl")[6:]])
    ended = send(folder)
    assert ended.archived.languages == ("pl",)
    assert len(copies(live)) == 2
    assert len(letters(live)) == 9


def test_a_correction_is_a_wave_of_its_own(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live)
    send(folder)
    again = folder / "templates" / "again"
    again.mkdir()
    for language in ("en", "pl"):
        (again / f"{language}.md").write_text("Subject: Corrected\n\n{{ salutation }}\n\nSorry.\n", encoding="utf-8")
    ended = correct(Workspace.open(folder), CorrectOptions(template="again", name="correction"), Person())
    assert ended.archived.languages == ("en",)
    assert [each["Subject"] for each in copies(live)][1:] == ["trial, correction: copy of the letter in en"]


def test_a_copy_that_is_refused_changes_no_letter_and_is_tried_by_the_next_run(tmp_path: Path) -> None:
    refusing = [True]

    def fault(_: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        refused = refusing and verb == "RCPT" and ARCHIVE.encode() in argument
        return b"550 5.1.1 no such user archive@acme.example\r\n" if refused else None

    with relay(fault=fault) as live:
        folder = campaign(tmp_path, live)
        person = Person()
        ended = send(folder, person)
        assert statuses(folder) == {"ACCEPTED": 6}
        assert (ended.due, ended.unreached, ended.reason) == (0, 0, None)
        (finding,) = [each for each in person.notices if each.code == "archive-failed"]
        assert finding.problem == "The copy of the letter in en was not sent: the relay answered 550."
        refusing.clear()
        write_rows(folder / "affected.csv", rows(7))
        assert send(folder).archived.languages == ("en",)


def test_a_bounce_of_the_copy_is_nobodys_bounce(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live)
    send(folder)
    (raw,) = [each.data for each in live.received if each.recipients == (ARCHIVE,)]
    head = (
        "From: MAILER-DAEMON@mx.example\r\nTo: anna@acme.example\r\nSubject: Undelivered\r\nMIME-Version: 1.0\r\n"
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry.\r\n--b\r\n"
        "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; {ARCHIVE}\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n--b\r\n"
        "Content-Type: message/rfc822\r\n\r\n"
    )
    (folder / "bounce.eml").write_bytes(head.encode() + raw + b"\r\n--b--\r\n")
    settled = settle(Workspace.open(folder), str(folder / "bounce.eml"), on_progress=lambda *_: None)
    assert (settled.read, settled.bounced) == (1, 0)
    assert statuses(folder) == {"ACCEPTED": 6}


def test_the_note_survives_a_purge_and_names_nobody(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live)
    send(folder)
    with SqliteRecords.open(folder / "ledger.sqlite", "trial") as ledger:
        (note,) = [each.what for each in ledger.notes() if each.what.startswith("archive")]
    assert note == "archive of the wave first: a copy of the letter in en was sent"
    assert kept_of_note(note) == note


def test_it_is_shown_before_the_number_is_asked_for_and_changes_no_plan(tmp_path: Path, live: Relay) -> None:
    workspace = Workspace.open(campaign(tmp_path, live))
    assert ("  copies", f"one letter of each language, to Archive <{ARCHIVE}>") in Summary.of(
        Remaining(languages={"en": 6}, set_aside=0), 6, workspace.campaign
    ).rows
    before = wave_digest(workspace.campaign)
    write_toml(tmp_path, live.sink.url, top=LANGUAGES)
    assert wave_digest(Workspace.open(tmp_path).campaign) == before


def test_without_the_setting_nobody_gets_a_copy(tmp_path: Path, live: Relay) -> None:
    folder = campaign(tmp_path, live)
    write_toml(folder, live.sink.url, top=LANGUAGES)
    send(folder)
    assert copies(live) == []
    assert len(results(folder)) == 6
