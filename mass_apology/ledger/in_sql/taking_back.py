"""Refusals that a person takes back: which there are, and letting them be due again."""

from __future__ import annotations

from collections.abc import Sequence

from mass_apology.ledger.in_sql.connection import Connection, Writing
from mass_apology.ledger.recorded import Refusal


class SqlRefusals:
    """Implements ``port.Refusals``."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._queries = writing.statements("taking_back.sql")

    def of(self, wave: str) -> list[Refusal]:
        return self._writing.write(lambda connection: self._refusals(connection, wave))

    def take_back(self, deliveries: Sequence[int], what: str, now: float) -> int:
        return self._writing.change_fenced(lambda connection: self._take_back(connection, deliveries, what, now))

    def _refusals(self, connection: Connection, wave: str) -> list[Refusal]:
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
                self._queries["refused"], {"wave": wave}
            )
        ]

    def _take_back(self, connection: Connection, deliveries: Sequence[int], what: str, now: float) -> int:
        taken = sum(
            connection.execute(self._queries["take-back"], {"delivery": delivery, "now": now}).rowcount
            for delivery in deliveries
        )
        connection.execute(self._writing.statements("records.sql")["add-note"], {"now": now, "what": what})
        return taken
