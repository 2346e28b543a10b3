"""Letters in doubt: which they are, what a relay's log proves of them, and those that a person releases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from mass_apology.ledger.came_back import Doubt, Proof
from mass_apology.ledger.in_sql import claims
from mass_apology.ledger.in_sql.connection import Connection, Writing
from mass_apology.model import Delivery
from mass_apology.quantities import counted, were


class SqlDoubts:
    """Implements ``port.Doubts``."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._queries = writing.statements("doubts.sql")

    def all(self) -> list[Doubt]:
        return self._writing.write(self._doubts)

    def acknowledged(self, since: float, until: float, limit: int) -> list[tuple[str, float]]:
        facts = {"since": since, "until": until, "limit": limit}
        return self._writing.write(
            lambda connection: connection.execute(self._queries["surely-taken"], facts).fetchall()
        )

    def on_their_way(self) -> int:
        (count,) = self._writing.write(lambda connection: connection.execute(self._queries["on-their-way"]).fetchone())
        return int(count)

    def settle(self, proofs: Sequence[Proof], now: float) -> int:
        return self._writing.change(lambda connection: self._settle(connection, proofs, now))

    def letters(self, wave: str, letters: Iterable[int]) -> list[Delivery]:
        queries = self._writing.statements("claims.sql")
        return self._writing.write(lambda connection: claims.in_doubt(connection, queries, wave, letters))

    def release(self, wave: str, letters: Collection[int], now: float) -> int:
        return self._writing.change_fenced(lambda connection: self._release(connection, wave, letters, now))

    def _doubts(self, connection: Connection) -> list[Doubt]:
        return [
            Doubt(delivery=delivery, message_id=message_id, address=address, handed_over_at=handed_over_at or 0.0)
            for delivery, message_id, address, handed_over_at in connection.execute(self._queries["doubts"])
        ]

    def _settle(self, connection: Connection, proofs: Sequence[Proof], now: float) -> int:
        settled = sum(
            connection.execute(
                self._queries["taken"],
                {"delivery": proof.delivery, "at": proof.at, "now": now, "reply": proof.reply},
            ).rowcount
            for proof in proofs
        )
        what = f"{counted(settled, 'letter')} in doubt {were(settled)} found in the relay's log and counted as accepted"
        self._note(connection, now, what)
        return settled

    def _release(self, connection: Connection, wave: str, letters: Collection[int], now: float) -> int:
        count = sum(
            connection.execute(self._queries["release"], {"wave": wave, "delivery": letter, "now": now}).rowcount
            for letter in letters
        )
        if count:
            released = f"{were(count)} released to be sent again"
            self._note(connection, now, f"{counted(count, 'letter')} of the wave {wave} in doubt {released}")
        return count

    def _note(self, connection: Connection, now: float, what: str) -> None:
        connection.execute(self._writing.statements("records.sql")["add-note"], {"now": now, "what": what})
