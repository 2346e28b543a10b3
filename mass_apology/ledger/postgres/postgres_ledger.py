"""The ledger of one campaign in a database, open for reading or for writing."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from mass_apology.errors import LedgerError
from mass_apology.ledger.in_sql import connection as in_sql
from mass_apology.ledger.in_sql.claims import Claims
from mass_apology.ledger.in_sql.leaving import SqlLeaving
from mass_apology.ledger.in_sql.sql_ledger import SqlLedger
from mass_apology.ledger.in_sql.sql_records import SqlRecords
from mass_apology.ledger.postgres.postgres_backend import PostgresBackend
from mass_apology.ledger.postgres.postgres_claims import PostgresClaims
from mass_apology.ledger.postgres.postgres_connections import Connection, PostgresReading
from mass_apology.ledger.postgres.postgres_limits import PostgresLimits
from mass_apology.ledger.postgres.postgres_lock import PostgresLock
from mass_apology.ledger.postgres.postgres_moving import leave
from mass_apology.ledger.postgres.postgres_sender import PostgresSenderRow
from mass_apology.ledger.postgres.postgres_site import PostgresSite
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.ledger.sender_state import Control, SharedWave


class PostgresRecords(SqlRecords):
    """Implements ``port.Records``."""

    def __init__(self, name: str, reading: PostgresReading, folder: Path) -> None:
        super().__init__(name, reading.server.place, reading, PostgresSite(folder), PostgresSenderRow(reading))
        self._own = reading

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._own.close()


class PostgresLedger(SqlLedger[Connection]):
    """Implements ``port.Ledger``."""

    def __init__(
        self,
        name: str,
        reading: PostgresReading,
        writing: psycopg.Connection[Any],
        folder: Path,
    ) -> None:
        self.session = PostgresLock(reading.server.lease)
        self.own_reading = reading
        self._wanted = Control.RUN
        self._own_claims: dict[str, PostgresClaims] = {}
        backend = PostgresBackend(reading.server, reading.campaign, Connection(writing), self.session)
        super().__init__(
            name,
            reading,
            site=PostgresSite(folder),
            sender=PostgresSenderRow(reading),
            backend=backend,
            lock=self.session,
        )

    def confirm(self, wave: SharedWave) -> None:
        self.write(lambda connection: self.session.confirm(connection, wave))

    def withdraw(self) -> None:
        if not self.session.is_shared:
            self.write(self.session.withdraw)

    def take_up(self, now: float) -> SharedWave | None:
        return self.write(lambda connection: self.session.take_up(connection, now))

    @contextmanager
    def closing(self, now: float) -> Iterator[SharedWave | None]:
        def begin(connection: Connection) -> SharedWave | None:
            return self.session.begin_closing(connection, lambda: self._doubt(connection, now))

        over = self.write(begin)
        if over is None:
            yield None
            return
        done = None
        try:
            yield over
            done = over
        finally:
            self.write(lambda connection: self.session.end_closing(connection, done, now))

    def share(self, wave: SharedWave) -> bool:
        def act(connection: Connection) -> None:
            self._claims_of(wave.wave)
            self.session.share(connection, wave, self._own_claims[wave.wave].before_sharing())

        self.write(act)
        return True

    def join(self) -> SharedWave | None:
        return self.write(self.session.join)

    def limits(self) -> PostgresLimits:
        return PostgresLimits(self.own_reading.server, self.own_reading.campaign, self.session)

    def _new_claims(self, wave: str) -> Claims:
        self._own_claims[wave] = PostgresClaims(self.statements("claims.sql"), wave, self.session)
        return self._own_claims[wave]

    async def wanted(self) -> Control:
        with suppress(LedgerError):  # a server that is away: the next mark tells, if it stays away
            self._wanted = await asyncio.to_thread(self.requested)  # a network may be in between
        return self._wanted

    def lost_sight(self) -> str | None:
        """Whatever is committed, the next run finds."""
        return None

    def require_kept(self) -> None:
        """As ``lost_sight``."""

    def leaving(self) -> SqlLeaving[Connection]:
        """For ``MovableStore.leaving``."""
        compact = statements("moving.sql")["compact"]
        return SqlLeaving(self, self._reading, leave, lambda connection: connection.execute(compact))

    def _compact(self, connection: in_sql.Connection) -> None:
        connection.execute(statements("purging.sql")["compact"])

    def _give_back(self, connection: Connection) -> None:
        self.own_reading.close()
        # Where even this cannot be written, the next sender sees that this process has ended.
        with suppress(psycopg.Error):
            self._settle_waiting(connection)
            self._lock.release(connection)
