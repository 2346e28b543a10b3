"""A ledger that is moved between a file and a database: all of it travels, and one of the two counts at any moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from ledger_samples import (
    CAMPAIGN,
    KINDS,
    NOON,
    WAVE,
    WAYS,
    bring,
    claim,
    ids,
    mark,
    outside,
    plan_in,
    recipient,
    record,
    statuses_in,
)
from msgspec.structs import replace
from postgres_server import shared_server
from postgres_stores import installation

from mass_apology.errors import LedgerError
from mass_apology.ledger.in_sql.moved_tables import TABLES, Row, TableDigest
from mass_apology.ledger.moving import Contents, Copied, MovableStore, Relocation, Stage, Standing
from mass_apology.ledger.postgres.postgres_connections import SCHEMA, Server
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.ledger.sqlite.sqlite_store import SqliteStore
from mass_apology.ledger.sqlite.statements import read_sql
from mass_apology.model import Status

THERE = Relocation(stage=Stage.ARRIVING, place="the former place", at=NOON)
OWN_WAY = {
    "campaign": {"id"},
    "origin": {"id", "host", "folder", "device", "inode", "cluster"},
    "lock": {"id", "host", "pid", "started", "acquired_at", "renewed_at", "wanted", "changes"},
    "note": {"rowid"},
    "transition": {"before", "after"},
    "relocation": {"id", "stage", "place", "at"},
}
"""Columns that each database writes itself: they say where a ledger is and who holds it, or come with the program."""

FURTHER = (
    "sender_report (id, epoch, report) VALUES (1, 1, '{}')",
    "further_customer (recipient, customer) VALUES (2, -5)",
    "largest_letter (wave, octets, encoded, line) VALUES ('later', 5000, 7000, 3)",
    "code (code, recipient) VALUES ('A-1', 2), ('0', 1)",
    "choice (delivery, remedy, chosen_at, source) VALUES (4, 'refund', 1.5, 'x.csv')",
    "withheld (wave, line, identity, recipient, address, reason, row, withheld_at) "
    "VALUES ('first', 9, NULL, NULL, 'x', 'bad', '{}', 2.25), ('first', 9, NULL, NULL, 'x', 'bad', '{}', 2.25)",
    "armed (wave, at, by, letters, digest_parts) VALUES ('later', 0.1, 'anna', 7, '{}')",
    "feedback (key, part, read_at, at, kind, cause, delivery, proven, address, detail, becomes, said) "
    "VALUES ('aa', 0, 1, NULL, 'failure', 'no-such-user', 4, 1, 'x', '', NULL, NULL)",
)
"""A row for each table that is not filled otherwise."""


@pytest.fixture(params=["there", "back"])
def way(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[MovableStore, MovableStore]:
    """From where to where."""
    found = [KINDS["SQLite"](tmp_path), KINDS["PostgreSQL"](tmp_path)]
    source, target = found if request.param == "there" else reversed(found)
    return source, target  # type: ignore[return-value]


def filled(store: MovableStore) -> None:
    """A letter in every status, and something in every table."""
    with store.create(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        people = [recipient(number) for number in range(len(WAYS) + 3)]
        people[1] = replace(people[1], customer=17)
        plan_in(store, ledger, people, canary=[2])
        ledger.begin_edition(WAVE, {"the template": "11"}, NOON)
        ledger.begin_edition(WAVE, {"the template": "22"}, NOON + 1)
        for delivery, status in enumerate(WAYS, start=1):
            if status is not Status.HANDING_OVER:
                bring(ledger, delivery, status)
        ledger.note(NOON, "two notes, ")
        ledger.note(NOON, "in this order: \u0142\U0001f642\t\\N 'x' \"y\"\n")
        ledger.continuity.begin_run("a" * 32, NOON)
        ledger.continuity.use_suppressions("/etc/list", 3)
        ledger.continuity.take_place_of(["b" * 32], NOON)
        ledger.letter_files.keep(WAVE, {"campaign.toml": b"\0\x01\n\\", "a.pdf": bytes(range(256))})
        ledger.letter_files.keep("later", {"templates/ä/en.md": b"\0\x01\n\\"})
        for row in FURTHER:
            ledger.change_fenced(lambda connection, row=row: connection.execute(f"INSERT INTO {row}"))  # type: ignore[attr-defined]


def moved(source: MovableStore, target: MovableStore, require: object = lambda _: None) -> Copied:
    """All steps of a move."""
    with source.open(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        leaving = source.leaving(ledger)
        with leaving.contents() as contents:
            copied = target.arrive(CAMPAIGN, contents, THERE, require)  # type: ignore[arg-type]
        leaving.leave(target.place, NOON)
    target.put_to_use("it was moved", NOON)
    return copied


def contents_of(store: MovableStore) -> dict[str, str]:
    """A digest of each table, but for the notes, to which a move adds, and the lock."""
    with store.open(CAMPAIGN) as ledger, store.leaving(ledger).contents() as contents:
        names = (table.name for table in TABLES if table.name not in {"note", "lock"})
        return {name: TableDigest().exhaust(contents.rows(name)).value for name in names}


LIMITS = {"pace", "halt", "window_use", "window_hold"}
"""What sessions keep together while they send: made of the letters and the settings when a wave is shared."""


def test_every_table_and_column_travels(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "x.sqlite")) as file:
        file.executescript(read_sql("schema.sql"))
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        in_file = {name: {row[1] for row in file.execute(f"PRAGMA table_info({name})")} for name in tables}
    SqliteStore(tmp_path / "ledger.sqlite").create(CAMPAIGN).__exit__()
    PostgresStore(installation(), str(tmp_path), tmp_path).create(CAMPAIGN).__exit__()
    columns = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = %s"
    in_database: dict[str, set[str]] = {}
    with psycopg.connect(installation().conninfo) as connection:
        for table, column in connection.execute(columns, (SCHEMA,)).fetchall():
            in_database.setdefault(table, set()).add(column)
    travels = {table.name: set(table.columns) for table in TABLES}
    assert {name: found - OWN_WAY.get(name, set()) for name, found in in_file.items() if name in travels} == travels
    assert set(in_file) - set(travels) == {"transition", "relocation"}
    assert {name: in_database[name] - OWN_WAY.get(name, set()) for name in travels} == travels
    # What one campaign has in no view of its own is either what letters are made of, or says where the ledger is.
    kept = {name.removeprefix("all_") for name in in_database if name.startswith("all_")}
    assert kept - set(travels) == {"mark", "outcome", "relocation", "chunk", "session", "shared_wave", *LIMITS}


def test_all_of_it_is_as_it_was(way: tuple[MovableStore, MovableStore]) -> None:
    source, target = way
    filled(source)
    before, statuses = contents_of(source), statuses_in(source)
    with source.read(CAMPAIGN) as records:
        results, notes, key = list(records.results(WAVE)), records.notes(), records.key
    copied = moved(source, target)
    assert contents_of(target) == before
    assert statuses_in(target) == statuses
    assert sum(copied.letters[WAVE].values()) == len(statuses)
    with target.read(CAMPAIGN) as records:
        assert (list(records.results(WAVE)), records.key) == (results, key)
        assert [note.what for note in records.notes()] == [*(note.what for note in notes), "it was moved"]
        assert records.continuity.knows_run("a" * 32)
        assert records.continuity.copied_from() == ""
        assert records.continuity.is_settled_here()
        assert [each.digest_parts for each in records.editions()] == [{"the template": "11"}, {"the template": "22"}]


def test_what_is_due_goes_on_there_and_only_there(way: tuple[MovableStore, MovableStore]) -> None:
    source, target = way
    filled(source)
    with source.open(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        due = ids(claim(ledger, now=NOON + 700))
    moved(source, target)
    with target.open(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        assert ids(claim(ledger, now=NOON + 700)) == due
        record(ledger, *(mark(due[0], each) for each in WAYS[Status.ACCEPTED]))
    assert statuses_in(target)[due[0]] is Status.ACCEPTED
    for use in (source.open, source.read):
        with pytest.raises(LedgerError, match="is not in use any more: the campaign's ledger was moved to"):
            use(CAMPAIGN)


def test_and_back_again(way: tuple[MovableStore, MovableStore]) -> None:
    source, target = way
    filled(source)
    before = contents_of(source)
    moved(source, target)
    moved(target, source)
    assert contents_of(source) == before
    with pytest.raises(LedgerError, match="is not in use any more"):
        target.open(CAMPAIGN)
    moved(source, target)
    assert contents_of(target) == before


def test_nobody_is_named_where_it_was(tmp_path: Path) -> None:
    source, target = KINDS["SQLite"](tmp_path), KINDS["PostgreSQL"](tmp_path)
    filled(source)  # type: ignore[arg-type]
    with source.open(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        leaving = source.leaving(ledger)  # type: ignore[attr-defined]
        with leaving.contents() as contents:
            target.arrive(CAMPAIGN, contents, THERE, lambda _: None)  # type: ignore[attr-defined]
        leaving.leave(target.place, NOON)
        leaving.compact()
    left = b"".join(path.read_bytes() for path in tmp_path.iterdir() if path.is_file())
    assert b"customer1@example.org" not in left
    assert b"relocation" in left


def test_a_process_that_had_it_open_before_sends_nothing(way: tuple[MovableStore, MovableStore]) -> None:
    source, target = way
    filled(source)
    with source.open(CAMPAIGN) as waits:
        moved(source, target)
        with pytest.raises(LedgerError, match="is not in use any more"):
            waits.acquire(NOON)
        with pytest.raises(LedgerError, match="is not in use any more"):
            waits.recover_unless_held(NOON)
        with pytest.raises(LedgerError, match="is not in use any more"):
            waits.feedback.record([], NOON)


def test_until_it_has_gone_the_new_one_cannot_be_opened_and_the_old_one_counts(
    way: tuple[MovableStore, MovableStore],
) -> None:
    source, target = way
    filled(source)
    before = contents_of(source)
    with source.open(CAMPAIGN) as ledger:
        ledger.acquire(NOON)
        with source.leaving(ledger).contents() as contents:
            target.arrive(CAMPAIGN, contents, THERE, lambda _: None)
    for use in (target.open, target.read):
        with pytest.raises(LedgerError, match="is not in use yet: moving the campaign's ledger there from"):
            use(CAMPAIGN)
    assert contents_of(source) == before
    with source.open(CAMPAIGN) as ledger:  # what happens to it meanwhile is in the copy that is made anew
        ledger.acquire(NOON)
        bring(ledger, len(WAYS) + 1, Status.REFUSED)
    after = contents_of(source)
    moved(source, target)
    assert contents_of(target) == after != before


class Fails:
    """Contents that cannot be read to their end, or change on the way."""

    def __init__(self, contents: Contents, table: str, after: int) -> None:
        self._contents, self._table, self._after = contents, table, after

    def rows(self, table: str) -> Iterator[Row]:
        for number, row in enumerate(self._contents.rows(table)):
            if table == self._table and number == self._after:
                raise LedgerError("The disk is gone.", next_step="Mend it.")
            yield row

    def letters(self) -> dict[str, dict[str, int]]:
        return {wave: dict(statuses) for wave, statuses in self._contents.letters().items()}


class Miscounts(Fails):
    def letters(self) -> dict[str, dict[str, int]]:
        return {WAVE: {"ACCEPTED": 1}}


def arrive_in_vain(source: MovableStore, target: MovableStore, contents: type[Fails], *place: object) -> str:
    with source.open(CAMPAIGN) as ledger, source.leaving(ledger).contents() as whole:
        with pytest.raises(LedgerError) as told:
            target.arrive(CAMPAIGN, contents(whole, *place), THERE, lambda _: None)  # type: ignore[arg-type]
        return told.value.problem


@pytest.mark.parametrize("table", [table.name for table in TABLES if not table.is_one_row])
def test_what_fails_on_the_way_leaves_nothing(way: tuple[MovableStore, MovableStore], table: str) -> None:
    source, target = way
    filled(source)
    before = contents_of(source)
    assert arrive_in_vain(source, target, Fails, table, 0) == "The disk is gone."
    there = target.standing()
    assert there is None or (there.is_unused and there.relocation is None)
    moved(source, target)
    assert contents_of(target) == before


def test_what_is_counted_differently_is_not_taken(way: tuple[MovableStore, MovableStore]) -> None:
    source, target = way
    filled(source)
    assert "numbers of letters in each status differs" in arrive_in_vain(source, target, Miscounts, "", 0)
    there = target.standing()
    assert there is None or there.is_unused


def test_what_is_written_down_differently_is_not_taken(
    way: tuple[MovableStore, MovableStore], monkeypatch: pytest.MonkeyPatch
) -> None:
    source, target = way
    filled(source)
    over = TableDigest.over
    seen: list[int] = []

    def tampered(self: TableDigest, rows: Iterable[Row]) -> Iterator[Row]:
        for row in over(self, rows):
            seen.append(1)
            yield (*row[:-1], "other") if row[-1] == "two notes, " else row

    monkeypatch.setattr(TableDigest, "over", tampered)
    assert "the table note differs" in arrive_in_vain(source, target, Fails, "", 0)
    assert seen


def test_it_is_not_written_over_what_must_stay(way: tuple[MovableStore, MovableStore]) -> None:
    source, target = way
    filled(source)
    with target.create(CAMPAIGN) as other:
        other.acquire(NOON)
        plan_in(target, other, [recipient(99)])
    before = contents_of(target)

    def refuse(there: Standing) -> None:
        assert not there.is_unused
        raise LedgerError("That one stays.", next_step="")

    with pytest.raises(LedgerError, match="That one stays"):
        moved(source, target, refuse)
    assert contents_of(target) == before
    assert source.standing() is not None
    source.open(CAMPAIGN).__exit__()


def test_other_campaigns_of_the_database_stay_as_they_are(tmp_path: Path) -> None:
    source, target = KINDS["SQLite"](tmp_path), KINDS["PostgreSQL"](tmp_path)
    (tmp_path / "beside").mkdir()
    beside = PostgresStore(installation(), f"{tmp_path} beside", tmp_path / "beside")
    filled(source)  # type: ignore[arg-type]
    filled(beside)
    before = contents_of(beside)
    moved(source, target)  # type: ignore[arg-type]
    moved(target, source)  # type: ignore[arg-type]
    assert contents_of(beside) == before


def test_an_older_schema_is_brought_up_to_date_and_a_newer_one_is_left(tmp_path: Path) -> None:
    from mass_apology.ledger.postgres import postgres_schema

    server = Server(conninfo=shared_server().new_database(), place="its database")
    store = PostgresStore(server, "x", tmp_path)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(postgres_schema, "VERSION", 1)
        with closing(server.connect()) as raw:
            postgres_schema.bring_up_to_date(server, postgres_schema.Connection(raw))
    assert not store.exists()
    filled(store)
    assert statuses_in(store)
    with psycopg.connect(server.conninfo) as connection:
        connection.execute("INSERT INTO mass_apology.migration (version) VALUES (99)")
    for use in (store.exists, store.standing, lambda: store.open(CAMPAIGN), lambda: store.create(CAMPAIGN)):
        with pytest.raises(LedgerError, match="holds ledgers of version 99"):
            use()  # type: ignore[operator]


def test_a_file_of_an_older_version_is_moved_too(tmp_path: Path) -> None:
    source, target = KINDS["SQLite"](tmp_path), KINDS["PostgreSQL"](tmp_path)
    filled(source)  # type: ignore[arg-type]
    for table in ("relocation", "letter_content", "letter_file"):
        outside(tmp_path / "ledger.sqlite", f"DROP TABLE {table}")
    outside(tmp_path / "ledger.sqlite", "PRAGMA user_version = 11")
    before = statuses_in(source)
    moved(source, target)  # type: ignore[arg-type]
    assert statuses_in(target) == before


def test_two_that_make_a_ledger_at_once_are_told_what_to_do(tmp_path: Path) -> None:
    store = KINDS["PostgreSQL"](tmp_path)
    store.create(CAMPAIGN).__exit__()
    with pytest.raises(LedgerError, match="already") as told:
        store.create(CAMPAIGN)
    assert told.value.next_step.startswith("If another command has just made it, run this one again.")
