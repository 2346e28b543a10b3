"""Personal data out of a campaign's ledger, once nobody needs it any more."""

from __future__ import annotations

from sqlite3 import Connection

from mass_apology.ledger import lock
from mass_apology.ledger.reading import Records
from mass_apology.ledger.sqlite import Ledger
from mass_apology.ledger.statements import statements

NOTE = "personal data purged"

_QUERIES = statements("purging.sql")


def newest(ledger: Ledger) -> float | None:
    """When anything last happened to a letter, Unix seconds; ``None`` where there is none."""
    return ledger.write(lambda connection: _number(connection, "newest"))


def unfinished(ledger: Ledger) -> int:
    """Letters that could not be sent after a purge."""
    return int(ledger.write(lambda connection: _number(connection, "due")) or 0)


def purge(ledger: Ledger, now: float) -> None:
    """Forget addresses, names, rows, subjects and what servers said; raises ``FencedOut`` unless the lock is held.

    What stays proves what was done, and keeps a customer who is in the file again from being written to twice.
    """
    ledger.write(_purge)
    ledger.note(now, NOTE)


def is_purged(records: Records) -> bool:
    """Whether the people of this ledger were forgotten."""
    return any(note.what == NOTE for note in records.notes())


def _purge(connection: Connection) -> None:
    with lock.fenced(connection):
        for statement in ("recipients", "replies", "letters", "withheld", "feedback"):
            connection.execute(_QUERIES[statement])
    connection.execute(_QUERIES["compact"])
    connection.execute(_QUERIES["checkpoint"])


def _number(connection: Connection, query: str) -> float | None:
    row: tuple[float | None] = connection.execute(_QUERIES[query]).fetchone()
    return row[0]
