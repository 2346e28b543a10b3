"""Brings the ledger of an earlier version up to date, step by step: ``migrations/N.sql`` leads from version N - 1 to N.

A sender of that earlier version may be running: a step adds what it does not know, and takes nothing away.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from functools import cache
from pathlib import Path

from mass_apology.ledger.local_file import APPLICATION_ID, connect, explained, transaction
from mass_apology.ledger.sqlite.write_lock import WriteLock

_FOLDER = Path(__file__).with_name("migrations")


@cache
def steps() -> Mapping[int, str]:
    """The version that a step leads to, and its statements."""
    return {int(file.stem): file.read_text("utf-8") for file in sorted(_FOLDER.glob("*.sql"))}


def bring_up_to_date(path: Path) -> None:
    """Take all steps that this ledger lacks, or none. Without effect on another file: who opens it says what it is.

    Raises ``LedgerError`` where it cannot be written.
    """
    if _version(path) + 1 not in steps():
        return
    with (
        closing(WriteLock(path, beside_others=True)) as write_lock,
        write_lock.held(),
        explained(path),
        closing(connect(path, "rw")) as connection,
        transaction(connection),
    ):
        (version,) = connection.execute("PRAGMA user_version").fetchone()  # another process may have been here
        while step := steps().get(version := version + 1):
            for statement in step.split(";"):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {version:d}")


def _version(path: Path) -> int:
    """The ledger's version; 0 for what is no ledger."""
    if not path.is_file():
        return 0
    try:
        with closing(connect(path, "ro")) as connection:
            (kind,) = connection.execute("PRAGMA application_id").fetchone()
            (version,) = connection.execute("PRAGMA user_version").fetchone()
    except sqlite3.Error:
        return 0
    return int(version) if kind == APPLICATION_ID else 0
