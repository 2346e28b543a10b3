"""Numbers that people read aloud: each person once, the same on every surface, and the parts are the whole."""

from __future__ import annotations

import csv
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import Row, campaign_folder, customers, relay, results, send, write_rows, write_toml
from msgspec.structs import replace
from smtp_fakes import FaultyConversation, Relay
from test_bounces import ABUSE, bounce, box, id_of, read_all

from mass_apology.cli import results as screen
from mass_apology.cli import status_screen
from mass_apology.errors import CountingError
from mass_apology.flows.report.campaign_status import campaign_status
from mass_apology.flows.report.report import Report, report
from mass_apology.ledger.recorded import People
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.model import Status
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

DONE = {"withhold_missing": True, "skip_bad_rows": True}


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def told(folder: Path) -> Report:
    return report(Workspace.open(folder), None, None, force=False)


def counted(folder: Path) -> dict[str, int]:
    return {status.value: count for status, count in told(folder).counts.items()}


def test_a_bounced_person_is_not_withheld_besides(tmp_path: Path, live: Relay) -> None:
    """The bounce suppresses the address, so that the next plan sets the row aside: it is one person all the same."""
    folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(5))
    send(folder)
    read_all(folder, box(tmp_path, bounce(3, id_of(live, 3))))
    write_rows(folder / "affected.csv", [*customers(5), *customers(7)[5:]])
    send(folder, **DONE)
    assert counted(folder) == {"ACCEPTED": 6, "BOUNCED": 1}
    found = told(folder)
    assert (found.people, found.set_aside, found.rows_set_aside) == (7, 0, 1)


def test_three_rows_of_one_person_are_one_person(tmp_path: Path, live: Relay) -> None:
    with Suppressions.open(shared_path()) as store:
        store.add(Entry.of("customer1@d1.example", Reason.REQUESTED, at=time.time(), source="by hand"))
    one, two = customers(3)[1:]
    bad: Row = {**two, "email": "Bob@@d.example"}
    rows = [customers(1)[0], one, two, {**one, "email": "Customer1@D1.example"}, one, bad, bad, {**bad, "email": "n/a"}]
    folder = campaign_folder(tmp_path / "trial", live.sink.url, [*rows, {**bad, "email": "n/a"}])
    send(folder, skip_bad_rows=True)
    found = told(folder)
    assert counted(folder) == {"ACCEPTED": 2, "WITHHELD": 4}  # "n/a" is nobody's address: those two are two
    assert (found.people, found.letters, found.set_aside, found.rows_set_aside) == (6, 2, 4, 7)
    lines = [each.lines for each in results(folder) if each.status is Status.WITHHELD]
    assert lines == ["[3,5,6]", "[7,8]", "[9]", "[10]"]


def test_a_spoilt_row_of_somebody_who_has_a_letter_makes_nobody_else(tmp_path: Path, live: Relay) -> None:
    rows = customers(3)
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows)
    send(folder)
    write_rows(folder / "affected.csv", [rows[0], {**rows[1], "minutes": "many"}, rows[2]])
    send(folder, **DONE)
    assert counted(folder) == {"ACCEPTED": 3}
    assert told(folder).rows_set_aside == 1


def test_a_row_that_was_mended_is_forgotten(tmp_path: Path, live: Relay) -> None:
    rows = customers(3)
    folder = campaign_folder(tmp_path / "trial", live.sink.url, [*rows[:2], {**rows[2], "minutes": "many"}])
    send(folder, skip_bad_rows=True)
    assert counted(folder) == {"ACCEPTED": 2, "WITHHELD": 1}
    write_rows(folder / "affected.csv", rows)
    send(folder)
    assert counted(folder) == {"ACCEPTED": 3}


def test_whoever_left_the_file_with_a_spoilt_row_is_told_why(tmp_path: Path, live: Relay) -> None:
    rows = customers(2)
    live.fault = lambda _, verb, argument: b"550 5.7.1 blocked" if verb == "MAIL" else None
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows)
    send(folder)
    live.fault = None
    write_rows(folder / "affected.csv", [rows[0], {**rows[1], "minutes": "many"}])
    send(folder, **DONE)
    assert counted(folder) == {"ACCEPTED": 1, "WITHHELD": 1}
    assert "many" in (results(folder)[1].reply or "")


# Every status, and every surface


def moods(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
    if verb == "RCPT" and b"customer1@" in argument:
        return b"550 5.1.1 no such user"
    if verb == "RCPT" and b"customer2@" in argument:
        return b"450 4.2.1 later"  # it expires at once
    if verb == "." and b"customer3@" in argument:
        return conversation.close()
    return None


@pytest.fixture
def everything(tmp_path: Path, live: Relay) -> Path:
    """A campaign with somebody in every status that a campaign at rest can have; its last row cannot be used."""
    with Suppressions.open(shared_path()) as store:
        store.add(Entry.of("customer6@d6.example", Reason.REQUESTED, at=time.time(), source="by hand"))
    live.fault = moods
    rows = [*customers(9), {"email": "nobody at all", "name": "Nobody", "minutes": "1"}]
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows, limits={"give_up_after": "1 second"})
    send(folder, skip_bad_rows=True)
    live.fault = lambda _, verb, __: b"550 5.7.1 blocked" if verb == "MAIL" else None
    read_all(folder, box(tmp_path, bounce(4, id_of(live, 4)), ABUSE.format(id_of(live, 5))))
    write_rows(folder / "affected.csv", [*rows[:9], *customers(12)[9:], rows[9]])
    write_toml(folder, live.sink.url, limits={"give_up_after": "3 days"})
    send(folder, skip_bad_rows=True)
    return folder


EXPECTED = {
    "PLANNED": 0,
    "DEFERRED": 0,
    "ACCEPTED": 3,  # 0, 7, 8
    "REFUSED": 1,
    "EXPIRED": 1,
    "IN_DOUBT": 1,
    "BOUNCED": 1,
    "COMPLAINED": 1,
    "WITHHELD": 2,  # 6, and the row without an address
}


def test_every_surface_says_the_same(everything: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found, now = told(everything), campaign_status(Workspace.open(everything))
    counts = {status.value: count for status, count in found.counts.items()}
    due = counts.pop("PLANNED", 0) + counts.pop("DEFERRED", 0)
    assert due == 3
    assert counts == {status: count for status, count in EXPECTED.items() if count}
    assert (found.people, found.due) == (13, 3)
    assert {status: count for status, count in now.counts.items() if count} == dict(found.counts)
    assert (now.people, now.due) == (found.people, found.due)
    with SqliteRecords.open(everything / "ledger.sqlite", "trial") as records:
        assert {status: count for status, count in records.counts("first").items() if count} == dict(found.counts)
    for name in ("all.csv", "all.json", "report.html"):
        report(Workspace.open(everything), tmp_path / name, tmp_path / "unreached.csv", force=True)
    with (tmp_path / "all.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == found.people
    assert len(json.loads((tmp_path / "all.json").read_text(encoding="utf-8"))) == found.people
    with (tmp_path / "unreached.csv").open(encoding="utf-8", newline="") as file:
        assert len(list(csv.DictReader(file))) == 6  # refused, expired, in doubt, bounced, two withheld
    screen.show_report(found)
    status_screen.show_status(now)
    shown = capsys.readouterr().out
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    for text in (shown, page):
        (equation,) = set(re.findall(r"13 people = [^.;]*", text))
        assert sum(map(int, re.findall(r"\d+", equation)[1:])) == 13
    assert "due: 3" in shown


def test_what_send_says_last_is_what_status_says(everything: Path, live: Relay) -> None:
    live.fault = None
    ended = send(everything, skip_bad_rows=True)
    assert (ended.sent, ended.due) == (3, 0)
    assert ended.counts == dict(campaign_status(Workspace.open(everything)).counts)


def test_numbers_that_do_not_add_up_are_not_shown(everything: Path) -> None:
    found = told(everything)
    with pytest.raises(CountingError, match="The numbers do not add up: people are 14, and not"):
        replace(found, people=14)
    counts = dict.fromkeys(Status, 0) | {Status.ACCEPTED: 2}
    with pytest.raises(CountingError, match="the people of the wave are 3, and not 2 ACCEPTED"):
        People(counts=counts, letters=2, set_aside=1, rows_set_aside=1)
