"""A plan that was read and rendered is the next command's, too, as long as nothing that it is made from changed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, send, statuses
from msgspec.structs import replace
from smtp_fakes import Relay

from mass_apology.errors import ConfirmationError, LedgerError
from mass_apology.flows.check.check import CheckOptions
from mass_apology.flows.check.check import check as check_campaign
from mass_apology.flows.plan.plan_check import Check
from mass_apology.flows.purge.purge import PurgeOptions, purge
from mass_apology.suppression import Entry, Reason, Suppressions, shared_path
from mass_apology.workspace.workspace import Workspace

KEPT = "ledger.sqlite.plan"


class Watching(Person):
    """Knows which stages it saw."""

    def __init__(self, types: str | None = None) -> None:
        super().__init__(types)
        self.stages: list[str] = []

    def stage(self, name: str, done: int, total: int | None) -> None:
        self.stages.append(name)


def check(folder: Path, **options: object) -> tuple[Check, bool]:
    """A check, and whether it read the file."""
    person = Watching()
    checked = asyncio.run(
        check_campaign(
            Workspace.open(folder),
            CheckOptions(offline=True, **options),
            None,
            force=False,
            on_progress=person.stage,
        )
    )
    return checked, "reading rows" in person.stages


def append(path: Path, text: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + text, encoding="utf-8")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as live:
        yield live


@pytest.fixture
def folder(tmp_path: Path, live: Relay) -> Path:
    """With a row that cannot be used, one that shares a mailbox, and codes."""
    rows = [*customers(20), {"email": "nobody", "name": "Nobody", "minutes": "1"}, customers(1)[0]]
    folder = campaign_folder(tmp_path / "trial", live.sink.url, rows, codes={"file": "codes.csv"})
    edit(folder / "templates/sorry/en.md", "{{ customer.name }}", "{{ customer.name }} ({{ code }})")
    (folder / "codes.csv").write_text("\n".join(f"CODE{n}" for n in range(40)), encoding="utf-8")
    return folder


def test_the_next_check_says_the_same_without_reading_again(folder: Path) -> None:
    first, read = check(folder)
    assert read
    again, read = check(folder)
    assert not read
    assert replace(again, letters_before=None) == first
    assert (first.letters, first.set_aside, first.rows_merged, first.letters_before) == (20, 1, 1, None)


def test_the_letters_that_were_checked_are_sent(folder: Path, live: Relay) -> None:
    check(folder)
    person = Watching()
    assert send(folder, person, skip_bad_rows=True).sent == 20
    assert person.stages == []
    assert statuses(folder) == {"ACCEPTED": 20, "WITHHELD": 1}
    assert sorted(live.numbers) == list(range(20))
    assert not (folder / KEPT).exists()


def test_a_wrong_number_leaves_the_plan_for_the_next_attempt(folder: Path) -> None:
    with pytest.raises(ConfirmationError):
        send(folder, Person("7"), skip_bad_rows=True)
    person = Watching()
    assert send(folder, person, skip_bad_rows=True).sent == 20
    assert person.stages == []


def suppress(folder: Path) -> None:
    with Suppressions.open(shared_path()) as store:
        store.add(Entry.of(customers(1)[0]["email"], Reason.REQUESTED, at=1.0, source="test"))


def own_wording(folder: Path) -> None:
    (folder / "wording").mkdir()
    (folder / "wording/da.toml").write_text('language = "Danish"\n', encoding="utf-8")


def send_all(folder: Path) -> None:
    send(folder, skip_bad_rows=True)
    check(folder)
    append(folder / "affected.csv", "new@acme-post.net,New,3\n")


CHANGES: dict[str, Callable[[Path], object]] = {
    "a row": lambda folder: append(folder / "affected.csv", "new@acme-post.net,New,3\n"),
    "a letter": lambda folder: append(folder / "templates/sorry/en.md", "\nWe have mended it.\n"),
    "a fact": lambda folder: edit(folder / "campaign.toml", "Acme API", "Acme Mail"),
    "a setting": lambda folder: edit(folder / "campaign.toml", "[types]", "[columns]\ncountry = 'name'\n[types]"),
    "a legal pack": lambda folder: (folder / "templates/legal").mkdir(),
    "rules of wording": own_wording,
    "codes": lambda folder: append(folder / "codes.csv", "\nMORE1"),
    "suppressions": suppress,
    "a plan that left meanwhile": send_all,
    "the kept plan itself": lambda folder: (folder / KEPT).write_bytes(b"SQLite format 3\0 and no more"),
    "no kept plan": lambda folder: (folder / KEPT).unlink(),
}


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_is_read(folder: Path, what: str) -> None:
    check(folder)
    CHANGES[what](folder)
    assert check(folder)[1]
    assert not check(folder)[1]


def test_a_record_that_cannot_be_read_costs_another_reading(folder: Path) -> None:
    check(folder)
    with closing(sqlite3.connect(folder / KEPT)) as kept, kept:
        kept.execute("UPDATE kept SET record = x'00ff'")
    assert check(folder)[1]


@pytest.mark.parametrize(
    ("setting", "code"),
    [("[limits]\nmax_recipients = 3\n", "too-many-recipients"), ("[limits]\nmax_recipients = 30\n", None)],
)
def test_guards_are_asked_anew(folder: Path, setting: str, code: str | None) -> None:
    check(folder)
    append(folder / "campaign.toml", setting)
    checked, read = check(folder)
    assert not read
    assert (code in {group.code for group in checked.groups}) == (code is not None)


def test_the_clock_is_asked_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    began = datetime.now(UTC) - timedelta(hours=1)
    fact = f"started_at = {began:%Y-%m-%dT%H:%M:%SZ}"
    edit(folder / "campaign.toml", 'service = "Acme API"', f'service = "Acme API"\n{fact}')
    assert "impossible-dates" not in {group.code for group in check(folder)[0].groups}
    monkeypatch.setattr(time, "time", lambda: began.timestamp() - 365 * 86400)
    checked, read = check(folder)
    assert not read
    assert "impossible-dates" in {group.code for group in checked.groups}


def test_two_commands_never_share_a_plan(folder: Path) -> None:
    check(folder)

    class Second(Watching):
        def count(self, due: int) -> str:
            with ThreadPoolExecutor(1) as beside:
                assert beside.submit(check, folder).result()[1]
            return super().count(due)

    second = Second()
    assert send(folder, second, skip_bad_rows=True).sent == 20
    assert second.stages == []


def test_a_purge_deletes_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send(folder, skip_bad_rows=True)
    check(folder)
    assert (folder / KEPT).stat().st_mode & 0o777 == 0o600
    monkeypatch.setattr(time, "time", lambda: datetime.now(UTC).timestamp() + 100 * 86400)
    purge(Workspace.open(folder), PurgeOptions(older_than="90 days", confirm=21), lambda _: "")
    assert not (folder / KEPT).exists()


def test_a_campaign_may_be_renamed_after_its_check(folder: Path) -> None:
    check(folder)
    edit(folder / "campaign.toml", 'name = "trial"', 'name = "outage"')
    assert check(folder)[1]
    send(folder, skip_bad_rows=True)
    edit(folder / "campaign.toml", 'name = "outage"', 'name = "trial"')
    with pytest.raises(LedgerError, match='belongs to the campaign "outage"'):
        check(folder)
