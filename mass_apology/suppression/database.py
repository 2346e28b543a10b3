"""The store's file: where it is, how it is made and opened, and SQLite's errors as sentences."""

from __future__ import annotations

import os
import re
import secrets
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from sqlite3 import Connection

from platformdirs import user_state_path

from mass_apology.errors import SuppressionError

FILE_NAME = "suppressions.sqlite"
STATE_VARIABLE = "MASS_APOLOGY_STATE"  # the environment variable that names another folder for what a machine keeps
APPLICATION_ID = 1832997717  # as in schema.sql
VERSION = 1  # as in schema.sql
OLDEST_SQLITE = (3, 37, 0)  # STRICT tables
PATIENCE = 30.0  # seconds to wait for another process's transaction: a list of a million addresses needs half of it

# FULL: a change is on the disk when it is confirmed, on macOS only with fullfsync. secure_delete: what is removed
# is overwritten in the file, not only marked as free space.
_SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -8000;
"""

_HEADING = re.compile(r"^-- name: ([a-z-]+)\n", re.MULTILINE)
_AGAIN = "then run the command again."
_RESTORE = "Keep it, and restore a copy, or import the last export: without it, suppressed people would be written to."
# By the beginning of SQLite's error name (sqlite.org/rescode.html): what is wrong, and what to do.
_SENTENCES = (
    ("SQLITE_FULL", "cannot be written: the disk is full", f"Free some space, {_AGAIN}"),
    (
        "SQLITE_IOERR",
        "cannot be read or written: the disk reports an error",
        f"Look after the disk and its space, {_AGAIN}",
    ),
    ("SQLITE_READONLY", "cannot be written: it is read-only for us", f"Make it and its folder writable, {_AGAIN}"),
    ("SQLITE_CANTOPEN", "cannot be opened", f"Make the file readable and its folder writable, {_AGAIN}"),
    ("SQLITE_BUSY", "is in use by another program", f"Wait for the other program to end, {_AGAIN}"),
    ("SQLITE_CORRUPT", "is damaged", _RESTORE),
    ("SQLITE_NOTADB", "is not a store of suppressions, or it is damaged", _RESTORE),
)


def default_path() -> Path | None:
    """The store that all campaigns of this machine share; ``None`` for a user without a home directory."""
    if given := os.environ.get(STATE_VARIABLE):
        return Path(given).absolute() / FILE_NAME
    try:
        state = user_state_path("mass-apology", appauthor=False)
    except RuntimeError:
        return None
    return state / FILE_NAME if state.is_absolute() else None  # older versions of platformdirs leave "~" as it is


def statements(file: str) -> Mapping[str, str]:
    """The statements of an ``.sql`` file of this package, each under a heading such as ``-- name: put``."""
    _, *parts = _HEADING.split(_read_sql(file))
    return dict(zip(parts[::2], parts[1::2], strict=True))


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors with this file into ``SuppressionError``."""
    try:
        yield
    except sqlite3.Error as error:
        raise _told(error, path) from error
    except OSError as error:
        raise SuppressionError(
            f"{path} cannot be used: {error.strerror or error}.",
            next_step=f"Make its folder readable and writable, with room on its disk, {_AGAIN}",
        ) from error


def make(path: Path) -> None:
    """Make an empty store, for its owner only (0600); one that another process has just made stays.

    It gets its name only when it is whole: so an empty or short file is never a new store, but a lost one.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    os.close(descriptor)
    try:
        with closing(_connect(Path(name))) as connection:
            connection.executescript(f"{_SETTINGS} BEGIN; {_read_sql('schema.sql')}")
            connection.execute(statements("queries.sql")["make"], (secrets.token_bytes(32),))
            connection.execute("COMMIT")
        try:
            os.link(name, path)
        except FileExistsError:
            if not path.exists():  # a symbolic link to nowhere
                raise
    finally:
        Path(name).unlink()


def open_existing(path: Path) -> Connection:
    """A connection in autocommit mode, for one thread at a time. Raises ``SuppressionError`` for anything but a store.

    Without the permission to write it can still read.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        needed = ".".join(map(str, OLDEST_SQLITE))
        raise SuppressionError(
            f"Python's SQLite is version {sqlite3.sqlite_version}; suppressions need {needed}.",
            next_step="Use a newer Python or a newer SQLite library.",
        )
    connection = _connect(path)
    try:
        connection.executescript(_SETTINGS)
        _require_store(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _connect(path: Path) -> Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=PATIENCE, check_same_thread=False)


def _require_store(connection: Connection, path: Path) -> None:
    (application_id,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (objects,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if not objects:
        raise SuppressionError(f"{path} is empty, which no store of suppressions ever is.", next_step=_RESTORE)
    if application_id != APPLICATION_ID:
        raise SuppressionError(
            f"{path} is a database, but not a store of suppressions.",
            next_step="Name the right file, or move this one.",
        )
    if version != VERSION:
        raise SuppressionError(
            f"{path} is a store of version {version}; this program reads version {VERSION}.",
            next_step="Use the newest mass-apology on this machine.",
        )


def _told(error: sqlite3.Error, path: Path) -> SuppressionError:
    name = getattr(error, "sqlite_errorname", "")
    for prefix, problem, next_step in _SENTENCES:
        if name.startswith(prefix):
            return SuppressionError(f"{path} {problem} ({error}).", next_step=next_step)
    return SuppressionError(f"{path} cannot be used: SQLite says {error}.", next_step=f"Look after the file, {_AGAIN}")


def _read_sql(file: str) -> str:
    return (files(__package__) / file).read_text("utf-8")
