"""What every SQLite file has in common, tried with the two kinds there are."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

import mass_apology.ledger.sqlite
import mass_apology.suppression
from mass_apology.errors import LedgerError, SuppressionError
from mass_apology.ledger.local_file import LEDGER
from mass_apology.suppression.suppression_file import STORE
from mass_apology.system import sqlite_file
from mass_apology.system.statement_files import read_sql

KINDS = [pytest.param(LEDGER, id="ledger"), pytest.param(STORE, id="suppressions")]
AnyDatabase = sqlite_file.Database[LedgerError] | sqlite_file.Database[SuppressionError]


def sqlite_error(name: str) -> sqlite3.Error:
    error = sqlite3.OperationalError("what SQLite says")
    error.sqlite_errorname = name
    return error


def schema_of(kind: AnyDatabase) -> str:
    if kind.error is LedgerError:
        return read_sql(mass_apology.ledger.sqlite.__name__, "schema.sql")
    return read_sql(mass_apology.suppression.__name__, "suppression_schema.sql")


def made(kind: AnyDatabase, path: Path) -> Path:
    path.touch()
    with closing(kind.connect(path, "rw")) as connection:
        connection.executescript(schema_of(kind))
    return path


def nothing(_: sqlite3.Connection) -> None: ...


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "problem", "next_step"),
    [
        ("SQLITE_FULL", "the disk is full", "Free some space, then run"),
        ("SQLITE_IOERR_FSYNC", "the disk reports an error", "then run"),
        ("SQLITE_READONLY_DIRECTORY", "read-only for us", "Make the file and its folder writable, then run"),
        ("SQLITE_CANTOPEN_ISDIR", "cannot be opened", "readable"),
        ("SQLITE_PERM", "the permission is missing", "writable"),
        ("SQLITE_BUSY_SNAPSHOT", "in use by another program", "Wait for the other program"),
        ("SQLITE_CORRUPT_INDEX", "is damaged", "restore a copy"),
        ("SQLITE_NOTADB", "is not {what}, or it is damaged", "restore a copy"),
        ("SQLITE_TOOBIG", "cannot be used: SQLite says what SQLite says.", "Look after the file, then run"),
        ("", "cannot be used: SQLite says what SQLite says.", "Look after the file, then run"),
    ],
)
def test_an_error_of_sqlite_becomes_a_sentence(kind: AnyDatabase, name: str, problem: str, next_step: str) -> None:
    told = kind.to_error(sqlite_error(name), Path("/srv/it.sqlite"))
    assert type(told) is kind.error
    assert told.problem.startswith("/srv/it.sqlite ")
    assert problem.format(what=kind.what) in told.problem
    assert ("what SQLite says" in told.problem) == ("cannot be used" in told.problem)  # where nothing better is known
    assert next_step in told.next_step
    assert all(sentence.endswith(".") for sentence in (told.problem, told.next_step))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("error", [PermissionError(13, "Permission denied"), OSError("no room")])
def test_an_error_of_the_system_becomes_one_too(kind: AnyDatabase, error: OSError) -> None:
    told = kind.to_error(error, Path("/srv/it.sqlite"))
    assert type(told) is kind.error
    assert told.problem == f"/srv/it.sqlite cannot be used: {error.strerror or 'no room'}."


@pytest.mark.parametrize("kind", KINDS)
def test_an_old_sqlite_is_told_before_any_file_is_touched(kind: AnyDatabase, tmp_path: Path) -> None:
    demanding = replace(kind, oldest_sqlite=(9, 8, 7))
    with pytest.raises(kind.error, match=r"needs 9\.8\.7"):
        demanding.open(tmp_path / "none", "rw", nothing)


def test_a_ledger_is_no_store_of_suppressions_and_the_other_way_round(tmp_path: Path) -> None:
    ledger = made(LEDGER, tmp_path / "ledger.sqlite")
    store = made(STORE, tmp_path / "suppressions.sqlite")
    LEDGER.open(ledger, "ro", nothing).close()
    STORE.open(store, "ro", nothing).close()
    with pytest.raises(SuppressionError, match="a database, but not a store of suppressions"):
        STORE.open(ledger, "ro", nothing)
    with pytest.raises(LedgerError, match="a database, but not a ledger"):
        LEDGER.open(store, "ro", nothing)


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_file_and_one_of_another_version(kind: AnyDatabase, tmp_path: Path) -> None:
    path = tmp_path / "it.sqlite"
    path.touch()
    with pytest.raises(kind.error, match=f"is empty{kind.empty[0]}"):
        kind.open(path, "rw", nothing)
    made(kind, path)
    for version, next_step in ((99, "the newest mass-apology"), (0, "the mass-apology that made it")):
        with closing(kind.connect(path, "rw")) as connection:
            connection.execute(f"PRAGMA user_version = {version}")
        with pytest.raises(
            kind.error, match=f"of version {version}; this program reads version {kind.version}"
        ) as told:
            kind.open(path, "rw", nothing)
        assert next_step in told.value.next_step


def test_a_file_is_closed_where_the_beginning_fails(tmp_path: Path) -> None:
    path = made(STORE, tmp_path / "it.sqlite")
    begun: list[sqlite3.Connection] = []

    def fail(connection: sqlite3.Connection) -> None:
        begun.append(connection)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        STORE.open(path, "rw", fail)
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        begun[0].execute("SELECT 1")


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        STORE.open(tmp_path / "none.sqlite", "rw", nothing)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_names_the_kind_and_the_version(kind: AnyDatabase) -> None:
    schema = schema_of(kind)
    assert f"PRAGMA application_id = {kind.application_id};" in schema
    assert f"PRAGMA user_version = {kind.version};" in schema


def test_nothing_and_octets_come_back_as_they_are() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        row = connection.execute("SELECT ?, ?, typeof(?), typeof(?)", (None, b"\0\xff", None, b"")).fetchone()
    assert row == (None, b"\0\xff", "null", "blob")
