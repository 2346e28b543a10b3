"""A plan that was met and confirmed becomes the ledger's, all of it or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from sqlite3 import Connection

from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.statements import statements

_COMMIT = statements("commit.sql")


def commit(connection: Connection, plan: Path, facts: Mapping[str, object]) -> None:
    """Make it durable on the ledger's writing connection; ``plan`` is its file, ``facts`` what the statements name.

    Raises ``FencedOut`` unless the ledger's lock is held.
    """
    connection.execute(_COMMIT["attach"], (f"{plan.absolute().as_uri()}?mode=ro",))
    try:
        with lock.fenced(connection):
            _write(connection, facts)
    finally:
        connection.execute(_COMMIT["detach"])
    connection.execute(_COMMIT["checkpoint"])


def _write(connection: Connection, facts: Mapping[str, object]) -> None:
    """In the ledger's transaction, with the plan attached."""
    (last,) = connection.execute(_COMMIT["last-recipient"]).fetchone()
    facts = {**facts, "last": last}
    for statement in (
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
        "set-largest",
    ):
        connection.execute(_COMMIT[statement], facts)
