"""What came back gives letters their status: at once, or as soon as their own sender has recorded its reply.

A report can come while the letter is still HANDING_OVER, or be faster than the mark of its reply. The status waits then
in the row of the report, and is settled by what comes first: the end of the run, the next reading, or the next sender.
"""

from __future__ import annotations

from collections import Counter
from sqlite3 import Connection

from mass_apology.ledger.sqlite.statements import statements
from mass_apology.model import Status

_QUERIES = statements("feedback.sql")


def settle(connection: Connection, now: float) -> Counter[Status]:
    """Within a transaction: give letters the statuses that wait for them and are legal now; how many got which."""
    changed: Counter[Status] = Counter()
    for statement in ("settle-doubts", "settle-failures"):
        rows = connection.execute(_QUERIES[statement], {"now": now}).fetchall()
        changed.update(Status(status) for (status,) in rows)
    connection.execute(_QUERIES["settled"])
    return changed


def waiting(connection: Connection) -> int:
    """Letters for which a status waits."""
    (count,) = connection.execute(_QUERIES["waiting"]).fetchone()
    return int(count)
