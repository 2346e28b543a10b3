"""The log names letters by where their rows stand in the file whose digest it names."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from live import Person, Row, customers, relay, send, write_rows
from smtp_fakes import Relay
from test_follow_up import ALWAYS, add_waves, armed, campaign, followed, sent_in

from mass_apology.flows.follow_up.affected import CorrectOptions
from mass_apology.flows.follow_up.correct import correct
from mass_apology.flows.plan.plan import file_part
from mass_apology.ledger.sqlite import SqliteRecords
from mass_apology.workspace.workspace import Workspace

Edit = Callable[[list[dict[str, str]]], None]


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


def moved_up(rows: list[dict[str, str]]) -> None:
    del rows[0]
    rows[3]["minutes"] = "777"


def in_another_order(rows: list[dict[str, str]]) -> None:
    rows.reverse()
    rows[3]["name"] = "Somebody Else"


def doubled(rows: list[dict[str, str]]) -> None:
    rows.insert(0, rows[4] | {"minutes": "778"})


EDITS = [moved_up, in_another_order, doubled]


class Files:
    """The recipients files that a campaign had, by their digests as the log names them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._addresses: dict[str, dict[int, str]] = {}
        self.keep()

    def keep(self) -> None:
        with Workspace.open(self._folder).recipients_file() as opened:
            (digest,) = file_part(opened).values()
        with (self._folder / "affected.csv").open(encoding="utf-8", newline="") as file:
            self._addresses[digest] = {line: row["email"] for line, row in enumerate(csv.DictReader(file), start=2)}

    def write(self, rows: list[dict[str, str]]) -> None:
        write_rows(self._folder / "affected.csv", rows)
        self.keep()

    def named_in(self, wave: str) -> Iterator[tuple[str, str]]:
        """Of each letter of the wave: to whom it went, and whose row stands on the line that the log names."""
        with SqliteRecords.open(self._folder / "ledger.sqlite", "trial") as records:
            owners = {each.message_id.strip("<").partition("@")[0]: each.address for each in records.results(wave)}
        run: dict[str, str] = {}
        for line in (self._folder / "log.jsonl").read_bytes().splitlines():
            event = msgspec.json.decode(line)
            run = event if event["event"] == "started" else run
            if event["event"] == "accepted" and run["wave"] == wave:
                for number in event["lines"]:
                    yield owners[event["letter"]], self._addresses[run["recipients"]].get(number, "nobody")


def rows_of(several: list[Row]) -> list[dict[str, str]]:
    return [dict(each) for each in several]


def started(folder: Path, live: Relay) -> Files:
    campaign(folder, live)
    add_waves(folder, live, ALWAYS, {"name": "later", "template": "later", "at": datetime(2020, 1, 1, tzinfo=UTC)})
    send(folder)
    return Files(folder)


@pytest.mark.parametrize("edit", EDITS)
def test_a_follow_up_after_the_file_was_edited_and_planned_from(tmp_path: Path, live: Relay, edit: Edit) -> None:
    folder = tmp_path / "trial"
    files = started(folder, live)
    rows = rows_of(customers(20))
    edit(rows)
    files.write(rows)
    assert send(folder).sent == 0
    people = len({row["email"] for row in rows})
    armed(folder, people)
    assert sent_in(followed(folder)) == people
    named = list(files.named_in("later"))
    assert len(named) >= people
    assert [owner for owner, on_the_line in named if owner != on_the_line] == []


@pytest.mark.parametrize("edit", EDITS)
def test_a_correction_from_a_file_that_was_not_planned_from(tmp_path: Path, live: Relay, edit: Edit) -> None:
    folder = tmp_path / "trial"
    files = started(folder, live)
    rows = rows_of(customers(20))
    edit(rows)
    files.write(rows)
    assert correct(Workspace.open(folder), CorrectOptions(template="later", changed=True), Person()).sent == 1
    ((owner, on_the_line),) = files.named_in("correction")
    assert owner == on_the_line
