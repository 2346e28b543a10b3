"""Which letters of a wave this process works on: each is claimed at most once until a mark of it is durable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from mass_apology.ledger.in_sql.connection import Connection, Facts
from mass_apology.model import Delivery, Mark

_DECODER = msgspec.json.Decoder(list[Delivery])


class Claims:
    """Remembers what was claimed; a process that starts has claimed nothing.

    No status leads back to PLANNED, so an id is enough to remember what was claimed of the planned letters. A deferred
    letter may become due again and again, so those are remembered one by one until their next mark is durable.
    """

    def __init__(self, queries: Mapping[str, str], wave: str) -> None:
        """``queries`` are the statements of claims.sql, each of which gives all its letters as one JSON array."""
        self._queries = queries
        self._wave = wave
        self._after = 0
        self._canary_after = 0
        self._deferred: set[int] = set()

    def marked(self, marks: Iterable[Mark]) -> None:
        """These marks are durable: their claims end; a letter that is DEFERRED now can be claimed when it is due."""
        if self._deferred:
            self._deferred.difference_update(mark.delivery for mark in marks)

    def claim(self, connection: Connection, limit: int, now: float, *, canary_only: bool) -> list[Delivery]:
        """At most ``limit`` letters: deferred ones that are due at ``now``, then planned ones in the file's order.

        Where it fails nothing has been claimed, so that it can be done again.
        """
        before = self._position()
        try:
            return self._claim(connection, limit, now, canary_only=canary_only)
        except BaseException:
            self.__dict__.update(before)
            raise

    def _position(self) -> dict[str, object]:
        """What is claimed: nothing that happens later changes it."""
        return {**self.__dict__, "_deferred": set(self._deferred)}

    def _claim(self, connection: Connection, limit: int, now: float, *, canary_only: bool) -> list[Delivery]:
        letters = self._claim_deferred(connection, limit, now, canary_only=canary_only)
        room = limit - len(letters)
        return letters + self._claim_planned(connection, room, canary_only=canary_only) if room else letters

    def claimed(self, connection: Connection, letters: Sequence[int]) -> list[Delivery]:
        """These letters, which were claimed before and have no durable mark since, in this order."""
        facts = {"wave": self._wave, "letters": msgspec.json.encode(list(letters)).decode()}
        found = {each.id: each for each in letters_of(connection, self._queries["claimed"], facts)}
        return [found[letter] for letter in letters if letter in found]

    def next_due_at(self, connection: Connection) -> float | None:
        """When the first deferred letter that is not claimed is due, in Unix seconds."""
        facts = {"wave": self._wave, "claimed": self._claimed()}
        (due_at,) = connection.execute(self._queries["next-due"], facts).fetchone()
        return None if due_at is None else float(due_at)

    def _claim_deferred(self, connection: Connection, limit: int, now: float, *, canary_only: bool) -> list[Delivery]:
        facts = {
            "wave": self._wave,
            "now": now,
            "canary": int(canary_only),
            "claimed": self._claimed(),
            "limit": limit,
        }
        letters = letters_of(connection, self._queries["deferred"], facts)
        self._deferred.update(letter.id for letter in letters)
        return letters

    def _claim_planned(self, connection: Connection, limit: int, *, canary_only: bool) -> list[Delivery]:
        facts = {"wave": self._wave, "after": self._after, "canary_after": self._canary_after, "limit": limit}
        letters = letters_of(connection, self._queries["canary" if canary_only else "planned"], facts)
        # Fewer than asked for: there are none up to the last row, and the next claim need not look through them again.
        after = letters[-1].id if len(letters) == limit else self._last(connection)
        if canary_only:
            self._canary_after = after
        else:
            self._after = after
        return letters

    def _claimed(self) -> str:
        return msgspec.json.encode(self._deferred).decode("ascii")

    def _last(self, connection: Connection) -> int:
        (last,) = connection.execute(self._queries["last"]).fetchone()
        return int(last)


def in_doubt(connection: Connection, queries: Mapping[str, str], wave: str, letters: Iterable[int]) -> list[Delivery]:
    """Those of these letters of the wave that are in doubt, in the order in which they were planned."""
    facts = {"wave": wave, "letters": msgspec.json.encode(list(letters)).decode()}
    return letters_of(connection, queries["in-doubt"], facts)


def letters_of(connection: Connection, query: str, facts: Facts) -> list[Delivery]:
    """The letters that one of the statements of a claims.sql gives as one JSON array."""
    (letters,) = connection.execute(query, facts).fetchone()
    return _DECODER.decode(letters)
