"""A plan that was met and confirmed becomes the ledger's, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping

from mass_apology.ledger.in_sql.connection import Connection, Facts
from mass_apology.ledger.staging.staged_rows import in_order

_STEPS = (
    "update-recipients",
    "update-lines",
    "rename-recipients",
    "update-deliveries",
    "drop-returned",
    "withhold-superseded",
    "withhold-missing",
    "leave",
    "come-back",
    "add-recipients",
    "drop-further-customers",
    "add-further-customers",
    "add-deliveries",
    "add-codes",
    "drop-withheld",
    "add-withheld",
    "set-plan",
    "forget-largest",
    "set-largest",
)


def commit(connection: Connection, queries: Mapping[str, str], facts: Facts, *, by_priority: bool = False) -> None:
    """In the ledger's transaction, on a connection that also has the plan's tables; ``queries`` are those of
    commit.sql, and ``facts`` what they name. ``by_priority``: letters are numbered by their priorities first."""
    (last,) = connection.execute(queries["last-recipient"]).fetchone()
    facts = {**facts, "last": last}
    for statement in _STEPS:
        text = in_order(queries[statement], by_priority=by_priority and statement == "add-deliveries")
        connection.execute(text, facts)
