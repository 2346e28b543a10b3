"""Nobody who wrote to us is forgotten: who waits for an answer is listed, until somebody says that they got one."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes
from email.utils import formatdate
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from openpyxl import load_workbook
from smtp_fakes import Relay

from mass_apology.errors import ConfirmationError, InputError
from mass_apology.flows.feedback.answers import answers
from mass_apology.flows.feedback.bounces import settle
from mass_apology.flows.purge.purge import PurgeOptions, purge
from mass_apology.flows.report.report import report
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def sent(tmp_path: Path, live: Relay) -> Path:
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10))
    assert send(folder).sent == 10
    return folder


def reply(live: Relay, number: int, subject: str, *, sender: str = "", ago: float = 0.0) -> str:
    mails = (message_from_bytes(each.data) for each in live.received)
    letter = next(mail["Message-ID"] for mail in mails if f"customer{number}@" in mail["To"])
    return (
        f"From: {sender or f'customer{number}@d{number % 7}.example'}\nTo: anna@acme.example\nSubject: {subject}\n"
        f"Date: {formatdate(time.time() - ago)}\nIn-Reply-To: {letter}\n"
        f"Message-ID: <{time.time_ns()}@x.example>\n\nHm.\n"
    )


def read_mail(folder: Path, *mails: str) -> int:
    made = folder.parent / f"box{time.time_ns()}"
    made.mkdir()
    for number, mail in enumerate(mails):
        (made / f"{number}.eml").write_text(mail, encoding="utf-8")
    return settle(Workspace.open(folder), str(made), on_progress=lambda *_: None).waiting_total


def who_waits(folder: Path) -> list[str]:
    return [one.who for one in answers(Workspace.open(folder), [], None, None, force=False).waiting]


def test_people_who_wrote_wait_the_longest_first(tmp_path: Path, sent: Path, live: Relay) -> None:
    assert (
        read_mail(
            sent,
            reply(live, 3, "Re: and now?", ago=60),
            reply(live, 5, "Re: my invoice", sender="Office <office@firm.example>", ago=7200),
            reply(live, 3, "Re: hello?", ago=30),
        )
        == 2
    )
    found = answers(Workspace.open(sent), [], None, tmp_path / "waiting.csv", force=False)
    assert [(one.who, one.address, one.subject) for one in found.waiting] == [
        ("office@firm.example", "customer5@d5.example", "Re: my invoice"),
        ("customer3@d3.example", "customer3@d3.example", "Re: and now?"),
    ]
    assert found.waiting[0].hours == 2.0
    with (tmp_path / "waiting.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["address"], row["messages"], row["minutes"], row["answered"]) for row in rows] == [
        ("customer5@d5.example", "1", "6", ""),
        ("customer3@d3.example", "2", "4", ""),
    ]
    assert report(Workspace.open(sent), None, None, force=False).waiting_for_answer == 2


def test_who_was_answered_waits_no_more_until_they_write_again(sent: Path, live: Relay) -> None:
    read_mail(
        sent, reply(live, 3, "Re: one"), reply(live, 5, "Re: two", sender="other@x.example"), reply(live, 6, "Re: 3")
    )
    assert (
        answers(Workspace.open(sent), ["Other@X.example", "customer6@d6.example"], None, None, force=False).total == 1
    )
    assert who_waits(sent) == ["customer3@d3.example"]
    read_mail(sent, reply(live, 5, "Re: again", sender="other@x.example"))
    assert who_waits(sent) == ["customer3@d3.example", "other@x.example"]
    assert answers(Workspace.open(sent), ["other@x.example"], None, None, force=False).total == 1  # a second time


def test_the_list_comes_back_filled_in(tmp_path: Path, sent: Path, live: Relay) -> None:
    read_mail(sent, *(reply(live, number, "Re: help") for number in (1, 2, 3)))
    place = tmp_path / "waiting.csv"
    answers(Workspace.open(sent), [], None, place, force=False)
    rows = list(csv.reader(place.read_text(encoding="utf-8").splitlines()))
    at = rows[0].index("answered")
    filled = [list(row) for row in rows]
    filled[1][at], filled[3][at] = "Eva, phone", " yes"
    with place.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(filled)
    assert answers(Workspace.open(sent), [], place, None, force=False).total == 1
    assert who_waits(sent) == [rows[2][0]]


def test_the_list_comes_back_from_a_workbook_too(tmp_path: Path, sent: Path, live: Relay) -> None:
    read_mail(sent, *(reply(live, number, "Re: help") for number in (1, 2, 3)))
    place = tmp_path / "waiting.xlsx"
    answers(Workspace.open(sent), [], None, place, force=False)
    with closing(load_workbook(place)) as book:
        sheet = book.active
        assert sheet is not None
        column = [cell.value for cell in sheet[1]].index("answered") + 1
        sheet.cell(2, column).value = "yes"
        answered = sheet.cell(2, 1).value
        book.save(place)
    found = answers(Workspace.open(sent), [], place, None, force=False)
    assert found.total == 2
    assert answered not in {each.address for each in found.waiting}


def test_an_address_that_never_wrote_is_named_and_the_others_are_noted(sent: Path, live: Relay) -> None:
    read_mail(sent, reply(live, 3, "Re: one"))
    with pytest.raises(ConfirmationError, match=r"Nobody wrote from nobody@x\.example"):
        answers(Workspace.open(sent), ["customer3@d3.example", "nobody@x.example"], None, None, force=False)
    assert who_waits(sent) == []


@pytest.mark.parametrize("octets", [b"a;b\n1;2\n", b"\xff\xfe\x00", b"address\nanna@x.example\n", b""])
def test_another_file_is_refused(tmp_path: Path, sent: Path, octets: bytes) -> None:
    (tmp_path / "other.csv").write_bytes(octets)
    with pytest.raises(InputError, match=r"other\.csv"):
        answers(Workspace.open(sent), [], tmp_path / "other.csv", None, force=False)


def test_automatic_replies_and_bounces_wait_for_nothing(sent: Path, live: Relay) -> None:
    away = reply(live, 3, "Automatic reply: away").replace("\n\n", "\nAuto-Submitted: auto-replied\n\n", 1)
    assert read_mail(sent, away) == 0


def test_after_a_purge_nobody_is_named(sent: Path, live: Relay) -> None:
    read_mail(sent, reply(live, 3, "Re: one"))
    time.sleep(1.1)
    purge(Workspace.open(sent), PurgeOptions(older_than="1 second", confirm=10), lambda _: "")
    assert answers(Workspace.open(sent), [], None, None, force=False).total == 0
