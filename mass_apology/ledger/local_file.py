"""SQLite files of a ledger: its own, where it is kept in one, and those of its plans, wherever it is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.errors import IllegalTransition, LedgerError
from mass_apology.system.sqlite_file import Database

APPLICATION_ID = 1833062479  # as in sqlite/schema.sql
VERSION = 13  # as in sqlite/schema.sql

ILLEGAL = "illegal transition"
"""What the triggers of schema.sql say when a letter is to go where ``model.TRANSITIONS`` has no way."""

LEDGER = Database(
    error=LedgerError,
    what="a ledger",
    application_id=APPLICATION_ID,
    version=VERSION,
    oldest_sqlite=(3, 38, 0),  # STRICT tables, RETURNING and the JSON functions
    patience=10.0,
    empty=(
        ": making it was interrupted, and nothing was recorded in it",
        "Delete the file, then run the command again.",
    ),
    again="then run the command again: it continues where it stopped.",
    restore="Keep it, and restore a copy; without one, nobody can say who was written to.",
)

connect = LEDGER.connect


def ledger_error(error: sqlite3.Error | OSError, path: Path) -> LedgerError:
    """The ``LedgerError`` for what SQLite or the system said about this file."""
    if isinstance(error, sqlite3.IntegrityError) and str(error) == ILLEGAL:
        return IllegalTransition(
            f"{path}: a letter was to change to a status that cannot follow its own; nothing was recorded.",
            next_step="Run the command again, and report this as a mistake in mass-apology.",
        )
    return LEDGER.to_error(error, path)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn SQLite's errors with this file into ``LedgerError``."""
    try:
        yield
    except sqlite3.Error as error:
        raise ledger_error(error, path) from error


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE, and COMMIT or, on any error, ROLLBACK."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors, such as a full disk, have rolled it back already
            connection.execute("ROLLBACK")
        raise
