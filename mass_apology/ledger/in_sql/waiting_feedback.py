"""What came back gives letters their status: at once, or as soon as their own sender has recorded its reply.

A report can come while the letter is still HANDING_OVER, or be faster than the mark of its reply. The status waits then
in the row of the report, and is settled by what comes first: the end of the run, the next reading, or the next sender.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mass_apology.ledger.in_sql.connection import Connection
from mass_apology.model import Status


def settle(connection: Connection, queries: Mapping[str, str], now: float) -> Counter[Status]:
    """Within a transaction: give letters the statuses that wait for them and are legal now; how many got which."""
    changed: Counter[Status] = Counter()
    for statement in ("settle-doubts", "settle-failures"):
        rows = connection.execute(queries[statement], {"now": now}).fetchall()
        changed.update(Status(status) for (status,) in rows)
    connection.execute(queries["settled"])
    return changed


def waiting(connection: Connection, queries: Mapping[str, str]) -> int:
    """Letters for which a status waits."""
    (count,) = connection.execute(queries["waiting"]).fetchone()
    return int(count)
