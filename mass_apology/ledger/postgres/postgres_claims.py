"""Which letters this session works on, where it may share the campaign with others."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mass_apology.ledger.in_sql.claims import Claims, letters_of
from mass_apology.ledger.in_sql.connection import Connection as AnyConnection
from mass_apology.ledger.postgres.postgres_lock import Claimed, PostgresLock
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.model import Delivery

CHUNK = 1000
"""Letters of a chunk, by their ids: as in the statements."""

_SHARING = statements("chunks.sql")


class PostgresClaims(Claims):
    """As ``Claims`` while the session has the campaign for itself; otherwise it takes chunks, one after the other.

    It keeps what it took until it ends, so that letters that are due again are its own. No canary: who shares a
    campaign has sent it.
    """

    def __init__(self, queries: Mapping[str, str], wave: str, session: PostgresLock) -> None:
        super().__init__(queries, wave)
        self._session = session
        self._chunk: int | None = None  # whose planned letters are claimed now
        self._until = -1  # the last chunk whose letters were claimed before the campaign was shared
        self._begun: set[int] = set()  # other chunks of which letters were claimed

    def _claim(self, connection: AnyConnection, limit: int, now: float, *, canary_only: bool) -> list[Delivery]:
        if not self._session.is_shared:
            return super()._claim(connection, limit, now, canary_only=canary_only)
        if canary_only:
            return []
        letters = self._claim_due(connection, limit, now)
        while len(letters) < limit:
            if self._chunk is not None:
                letters += self._claim_of_chunk(connection, limit - len(letters))
            elif not self._take(connection, "take", now):
                break
        while not letters and self._take(connection, "take-late", now):
            letters = self._claim_due(connection, limit, now)
        return letters

    def next_due_at(self, connection: AnyConnection) -> float | None:
        if not self._session.is_shared:
            return super().next_due_at(connection)
        facts = {"wave": self._wave, "claimed": self._claimed(), "epochs": self._session.epochs}
        (due_at,) = connection.execute(_SHARING["next-due"], facts).fetchone()
        return None if due_at is None else float(due_at)

    def before_sharing(self) -> Claimed:
        """What is claimed, and where claiming goes on."""
        self._chunk = (self._after - 1) // CHUNK if self._after else None
        self._until = -1 if self._chunk is None else self._chunk
        return Claimed(until=self._until, letters=sorted(self._deferred))

    def _position(self) -> dict[str, object]:
        return {**super()._position(), "_begun": set(self._begun)}

    def _claim_due(self, connection: AnyConnection, limit: int, now: float) -> list[Delivery]:
        facts = {
            "wave": self._wave,
            "now": now,
            "claimed": self._claimed(),
            "limit": limit,
            "epoch": self._session.epoch,
        }
        letters = letters_of(connection, _SHARING["deferred"], facts)
        self._deferred.update(letter.id for letter in letters)
        return letters

    def _claim_of_chunk(self, connection: AnyConnection, limit: int) -> list[Delivery]:
        facts = {"wave": self._wave, "after": self._after, "chunk": self._chunk, "limit": limit}
        letters = letters_of(connection, _SHARING["planned"], facts)
        if letters:
            self._after = letters[-1].id
        if len(letters) < limit:
            self._chunk = None
        return letters

    def _take(self, connection: AnyConnection, which: str, now: float) -> bool:
        """Take the next chunk that is nobody's; false where there is none with anything to do."""
        facts = {
            "epoch": self._session.epoch,
            "epochs": self._session.epochs,
            "lease": self._session.lease,
            "now": now,
            "until": self._until,
            "begun": msgspec.json.encode(self._begun).decode(),
        }
        with self._session.taking(connection):
            row = connection.execute(_SHARING[which], facts).fetchone()
            if row is not None:
                self._chunk, self._after = int(row[0]), int(row[0]) * CHUNK
                self._begun.add(self._chunk)
                connection.execute(_SHARING["doubt"], {**facts, "chunk": self._chunk})
        return row is not None
