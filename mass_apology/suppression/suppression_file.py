"""Finds, creates and opens the file of the suppression list."""

from __future__ import annotations

import os
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.errors import SuppressionError
from mass_apology.system.sqlite_file import Database
from mass_apology.system.state_folder import STATE_VARIABLE, state_folder
from mass_apology.system.statement_files import read_sql, statements
from mass_apology.system.temporary_files import hidden_beside, remove_abandoned, temporary_file

FILE_NAME = "suppressions.sqlite"
APPLICATION_ID = 1832997717  # as in suppression_schema.sql
VERSION = 1  # as in suppression_schema.sql

# FULL: a change is on the disk when it is confirmed, on macOS only with fullfsync. secure_delete: what is removed
# is overwritten in the file, not only marked as free space.
_SETTINGS = """
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA secure_delete = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -8000;
"""

_RESTORE = "Keep it, and restore a copy, or import the last export: without it, suppressed people would be written to."
STORE = Database(
    error=SuppressionError,
    what="a store of suppressions",
    application_id=APPLICATION_ID,
    version=VERSION,
    oldest_sqlite=(3, 37, 0),  # STRICT tables
    patience=30.0,  # a list of a million addresses needs half of it
    empty=(", which no store of suppressions ever is", _RESTORE),
    again="then run the command again.",
    restore=_RESTORE,
)

QUERIES = statements(__package__, "suppression_queries.sql")


def default_path() -> Path | None:
    """The path of the list that all campaigns of this machine share; ``None`` without a home directory."""
    state = state_folder()
    return state / FILE_NAME if state else None


def shared_path() -> Path:
    """``default_path`` for whoever needs one. Raises ``SuppressionError`` for a user without a home directory."""
    path = default_path()
    if path is None:
        raise SuppressionError(
            "There is no place for the suppression list: this user has no home directory.",
            next_step=f"Name a folder in the environment variable {STATE_VARIABLE}.",
        )
    return path


@contextmanager
def wrap_errors(path: Path) -> Iterator[None]:
    """Turn SQLite's and the system's errors with this file into ``SuppressionError``."""
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise STORE.to_error(error, path) from error


def make(path: Path) -> None:
    """Create an empty store, for its owner only (0600), unless another process has just created it.

    The file gets its name only when it is complete, so an empty or short file is always a damaged store.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    prefix = hidden_beside(path)
    remove_abandoned(prefix)
    new = temporary_file(prefix)
    try:
        with closing(STORE.connect(new, "rw")) as connection:
            connection.executescript(f"{_SETTINGS} BEGIN; {read_sql(__package__, 'suppression_schema.sql')}")
            connection.execute(QUERIES["make"], (secrets.token_bytes(32),))
            connection.execute("COMMIT")
        try:
            os.link(new, path)
        except FileExistsError:
            if not path.exists():  # a symbolic link to nowhere
                raise
    finally:
        new.unlink()


def open_existing(path: Path) -> Connection:
    """Connect in autocommit mode, for one thread at a time. Raises ``SuppressionError`` if it is not a store.

    Without write permission the connection can still read.
    """
    return STORE.open(path, "rw", lambda connection: connection.executescript(_SETTINGS))
