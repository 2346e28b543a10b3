"""Refusals that a person takes back: which there are, and letting them be due again."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from msgspec import Struct

from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.sqlite_ledger import Ledger
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("taking_back.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]


class Refusal(Struct, frozen=True, kw_only=True):
    """A letter that the relay refused for good."""

    delivery: int
    address: str
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects: the recipient's rows, non-empty fields only
    code: int | None  # None where the relay was not asked
    enhanced_code: str | None
    reply: str  # the reply's text, or what happened instead of one
    left_file: bool  # the recipients file has no usable row of theirs any more


def refusals(ledger: Ledger, wave: str) -> list[Refusal]:
    """All refused letters of a wave, in the order in which they were planned."""
    return ledger.write(lambda connection: _refusals(connection, wave))


def take_back(ledger: Ledger, deliveries: Sequence[int], what: str, now: float) -> int:
    """Make these due again at once, all with one commit, and note ``what`` was done; how many were still refused.

    Raises ``FencedOut`` without the lock.
    """
    return ledger.write(lambda connection: _take_back(connection, deliveries, what, now))


def _refusals(connection: Connection, wave: str) -> list[Refusal]:
    return [
        Refusal(
            delivery=delivery,
            address=address,
            lines=lines,
            rows=rows,
            code=code,
            enhanced_code=enhanced_code,
            reply=reply or "",
            left_file=bool(left_file),
        )
        for delivery, address, lines, rows, code, enhanced_code, reply, left_file in connection.execute(
            _QUERIES["refused"], {"wave": wave}
        )
    ]


def _take_back(connection: Connection, deliveries: Sequence[int], what: str, now: float) -> int:
    with lock.fenced(connection):
        taken = sum(
            connection.execute(_QUERIES["take-back"], {"delivery": delivery, "now": now}).rowcount
            for delivery in deliveries
        )
        connection.execute(_ADD_NOTE, {"now": now, "what": what})
        return taken
