"""A ledger of an earlier version becomes one of this version, with all that it holds."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, WAVE, planned_ledger

from mass_apology.errors import LedgerError
from mass_apology.ledger.local_file import VERSION
from mass_apology.ledger.sqlite.migrating import bring_up_to_date, steps
from mass_apology.ledger.sqlite.sqlite_store import SqliteStore
from mass_apology.ledger.sqlite.statements import read_sql

OLD = Path(__file__).with_name("schema_10.sql").read_text("utf-8")


def made(path: Path, schema: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(schema)
        connection.execute(
            "INSERT INTO campaign (id, name, key, created_at) VALUES (1, ?, ?, 0)", (CAMPAIGN, b"k" * 32)
        )
        connection.execute(
            "INSERT INTO origin (id, ledger, host, folder, device, inode) VALUES (1, 'x', 'h', '/', '', '')"
        )
        connection.commit()
        connection.execute("PRAGMA journal_mode = WAL")


def layout(path: Path) -> dict[str, object]:
    """Each table's columns, and what else there is."""
    with closing(sqlite3.connect(path)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        columns = {name: connection.execute(f"PRAGMA table_info({name})").fetchall() for name in tables}
        others = "SELECT name, sql FROM sqlite_schema WHERE type <> 'table' ORDER BY name"
        return {"others": connection.execute(others).fetchall(), **columns}


def test_the_steps_lead_to_this_version_without_a_gap() -> None:
    assert list(steps()) == list(range(11, VERSION + 1))


def test_an_old_ledger_becomes_as_a_new_one_is(tmp_path: Path) -> None:
    made(tmp_path / "old.sqlite", OLD)
    made(tmp_path / "new.sqlite", read_sql("schema.sql"))
    with SqliteStore(tmp_path / "old.sqlite").read(CAMPAIGN) as records:
        assert list(records.results(WAVE)) == []
    assert layout(tmp_path / "old.sqlite") == layout(tmp_path / "new.sqlite")
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_a_ledger_of_this_version_stays_as_it_is(tmp_path: Path) -> None:
    planned_ledger(tmp_path / "ledger.sqlite", 3).__exit__()
    before = (tmp_path / "ledger.sqlite").read_bytes()
    bring_up_to_date(tmp_path / "ledger.sqlite")
    assert (tmp_path / "ledger.sqlite").read_bytes() == before


def test_a_step_that_fails_leaves_the_old_ledger(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    made(path, OLD.replace("    same_id ", "    stays INTEGER, same_id "))  # no step can add that column again
    before = layout(path)
    with pytest.raises(LedgerError, match="duplicate column"):
        bring_up_to_date(path)
    assert layout(path) == before


@pytest.mark.parametrize("octets", [b"", b"email,name\n" * 100])
def test_another_file_is_left_to_whoever_opens_it(tmp_path: Path, octets: bytes) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(octets)
    bring_up_to_date(path)
    bring_up_to_date(tmp_path / "missing.sqlite")
    assert path.read_bytes() == octets
