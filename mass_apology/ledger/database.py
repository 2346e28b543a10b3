"""Opening the ledger's file, and SQLite's errors as sentences."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.errors import LedgerError
from mass_apology.ledger.statements import read_sql, statements

APPLICATION_ID = 1833062479  # as in schema.sql
VERSION = 3  # as in schema.sql
OLDEST_SQLITE = (3, 38, 0)  # STRICT tables, RETURNING and the JSON functions are used
PATIENCE = 10.0  # seconds to wait for another process's transaction

# What the writing connection is told. FULL: a commit is on the disk when it returns, on macOS only with fullfsync.
# The size limit gives the disk back what a large plan needed.
_WRITING = """
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -8000;
PRAGMA journal_size_limit = 67108864;
"""

_QUERIES = statements("queries.sql")

_AGAIN = "then run the command again: it continues where it stopped."
# By the beginning of SQLite's error name (sqlite.org/rescode.html): what is wrong, and what to do.
_SENTENCES = (
    ("SQLITE_FULL", "cannot be written: the disk is full", f"Free some space, {_AGAIN}"),
    (
        "SQLITE_IOERR",
        "cannot be read or written: the disk reports an error",
        f"Look after the disk and its space, {_AGAIN}",
    ),
    (
        "SQLITE_READONLY",
        "cannot be written: it is read-only for us",
        f"Make the file and its folder writable, {_AGAIN}",
    ),
    (
        "SQLITE_CANTOPEN",
        "cannot be opened",
        f"Make the file readable and its folder writable for SQLite's -wal and -shm, {_AGAIN}",
    ),
    ("SQLITE_PERM", "cannot be opened: the permission is missing", f"Make the file and its folder writable, {_AGAIN}"),
    ("SQLITE_BUSY", "is in use by another program", f"End the other program, {_AGAIN}"),
    ("SQLITE_CORRUPT", "is damaged", "Keep it, and restore a copy; without one, nobody can say who was written to."),
    ("SQLITE_NOTADB", "is not a ledger, or it is damaged", "Keep it, and restore a copy of the ledger."),
)


def ledger_error(error: sqlite3.Error, path: Path) -> LedgerError:
    """The sentence for SQLite's error with this file."""
    name = getattr(error, "sqlite_errorname", "")
    for prefix, problem, next_step in _SENTENCES:
        if name.startswith(prefix):
            return LedgerError(f"{path} {problem} ({error}).", next_step=next_step)
    return LedgerError(f"{path} cannot be used: SQLite says {error}.", next_step=f"Look after the file, {_AGAIN}")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors with this file into ``LedgerError``."""
    try:
        yield
    except sqlite3.Error as error:
        raise ledger_error(error, path) from error


def connect(path: Path, mode: str) -> Connection:
    """A connection in autocommit mode to an existing file, for one thread at a time; ``mode`` is "ro" or "rw"."""
    uri = f"{path.absolute().as_uri()}?mode={mode}"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False)


def create(path: Path, name: str, now: float) -> None:
    """Make the ledger of the campaign ``name``, mode 0600, complete or not at all.

    Raises ``LedgerError`` if the file holds anything already. An empty file, which a crash in here leaves, is used.
    """
    _require_sqlite()
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its -wal and -shm the mode of the file
    except OSError as error:
        raise LedgerError(
            f"{path} cannot be written: {error.strerror}.", next_step=f"Make its folder writable, {_AGAIN}"
        ) from error
    with explained(path), closing(connect(path, "rw")) as connection:
        if _objects(connection):
            raise LedgerError(
                f"{path} exists already.", next_step="Use it, or choose another folder for a new campaign."
            )
        connection.executescript(f"BEGIN EXCLUSIVE; {read_sql('schema.sql')}")
        facts = {"name": name, "key": secrets.token_bytes(32), "now": now}
        connection.execute(_QUERIES["add-campaign"], facts)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


def open_writing(path: Path, name: str | None) -> Connection:
    """The one writing connection of this process; ``name`` is the campaign's, where it is known."""
    with explained(path):
        connection = _open(path, "rw", name)
        if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise LedgerError(
                f"{path} is on a file system that SQLite cannot keep it on safely.",
                next_step="Move the campaign's folder to a local disk.",
            )
        connection.executescript(_WRITING)
        return connection


def open_reading(path: Path, name: str | None) -> Connection:
    """A read-only connection. It sees every commit, and works while another process writes."""
    with explained(path):
        return _open(path, "ro", name)


def _open(path: Path, mode: str, name: str | None) -> Connection:
    _require_sqlite()
    if not path.is_file():
        raise LedgerError(f"There is no ledger at {path}.", next_step="Make one by running: mass-apology send")
    connection = connect(path, mode)
    try:
        _require_ledger(connection, path)
        _require_campaign(connection, path, name)
    except BaseException:
        connection.close()
        raise
    return connection


def _require_ledger(connection: Connection, path: Path) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if not _objects(connection):
        raise LedgerError(
            f"{path} is empty: making it was interrupted, and nothing was recorded in it.",
            next_step="Delete the file, then run the command again.",
        )
    if application_id != APPLICATION_ID:
        raise LedgerError(
            f"{path} is a database, but not a ledger.",
            next_step="Move it out of the campaign's folder, and look at what it is.",
        )
    if version != VERSION:
        raise LedgerError(
            f"{path} is a ledger of version {version}; this program reads version {VERSION}.",
            next_step="Use the newest mass-apology for this campaign.",
        )


def _require_campaign(connection: Connection, path: Path, name: str | None) -> None:
    (found, *_) = connection.execute(_QUERIES["campaign"]).fetchone()
    if name is not None and found != name:
        raise LedgerError(
            f'{path} belongs to the campaign "{found}", not to "{name}".',
            next_step="Put the name in campaign.toml back, or make a new folder for the new campaign.",
        )


def _require_sqlite() -> None:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise LedgerError(
            f"Python's SQLite is version {sqlite3.sqlite_version}; the ledger needs {needed}.",
            next_step="Use a newer Python or a newer SQLite library.",
        )


def _objects(connection: Connection) -> int:
    (count,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return int(count)
