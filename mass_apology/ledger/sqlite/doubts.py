"""Letters in doubt: which they are, what a relay's log proves of them, and those that a person releases."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from sqlite3 import Connection

import msgspec

from mass_apology.ledger.came_back import Doubt, Proof
from mass_apology.ledger.sqlite import claims
from mass_apology.ledger.sqlite.connections import Writing
from mass_apology.ledger.sqlite.lock import fenced, transaction
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.model import Delivery
from mass_apology.quantities import counted, were

_QUERIES = statements("doubts.sql")
_RELEASE = statements("queries.sql")["release"]
_ADD_NOTE = statements("queries.sql")["add-note"]


class SqliteDoubts:
    """Implements ``port.Doubts``."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    def all(self) -> list[Doubt]:
        return self._writing.write(_doubts)

    def acknowledged(self, since: float, until: float, limit: int) -> list[tuple[str, float]]:
        facts = {"since": since, "until": until, "limit": limit}
        return self._writing.write(lambda connection: connection.execute(_QUERIES["surely-taken"], facts).fetchall())

    def on_their_way(self) -> int:
        (count,) = self._writing.write(lambda connection: connection.execute(_QUERIES["on-their-way"]).fetchone())
        return int(count)

    def settle(self, proofs: Sequence[Proof], now: float) -> int:
        return self._writing.write(lambda connection: _settle(connection, proofs, now))

    def letters(self, wave: str, letters: Iterable[int]) -> list[Delivery]:
        return self._writing.write(lambda connection: claims.in_doubt(connection, wave, letters))

    def release(self, wave: str, letters: Collection[int], now: float) -> int:
        return self._writing.write(lambda connection: _release(connection, wave, letters, now))


def _doubts(connection: Connection) -> list[Doubt]:
    return [
        Doubt(delivery=delivery, message_id=message_id, address=address, handed_over_at=handed_over_at or 0.0)
        for delivery, message_id, address, handed_over_at in connection.execute(_QUERIES["doubts"])
    ]


def _settle(connection: Connection, proofs: Sequence[Proof], now: float) -> int:
    with transaction(connection):
        settled = sum(
            connection.execute(
                _QUERIES["taken"], {"delivery": proof.delivery, "at": proof.at, "now": now, "reply": proof.reply}
            ).rowcount
            for proof in proofs
        )
        what = f"{counted(settled, 'letter')} in doubt {were(settled)} found in the relay's log and counted as accepted"
        connection.execute(_ADD_NOTE, {"now": now, "what": what})
        return settled


def _release(connection: Connection, wave: str, letters: Collection[int], now: float) -> int:
    facts = {"wave": wave, "letters": msgspec.json.encode(list(letters)).decode(), "now": now}
    with fenced(connection):
        count = connection.execute(_RELEASE, facts).rowcount
        if count:
            released = f"{were(count)} released to be sent again"
            what = f"{counted(count, 'letter')} of the wave {wave} in doubt {released}"
            connection.execute(_ADD_NOTE, {"now": now, "what": what})
        return count
