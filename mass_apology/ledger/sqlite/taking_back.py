"""Refusals that a person takes back: which there are, and letting them be due again."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from mass_apology.ledger.recorded import Refusal
from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.connections import Writing
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("taking_back.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]


class SqliteRefusals:
    """Implements ``port.Refusals``."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    def of(self, wave: str) -> list[Refusal]:
        return self._writing.write(lambda connection: _refusals(connection, wave))

    def take_back(self, deliveries: Sequence[int], what: str, now: float) -> int:
        return self._writing.write(lambda connection: _take_back(connection, deliveries, what, now))


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
