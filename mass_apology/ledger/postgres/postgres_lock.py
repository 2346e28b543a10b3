"""One sender per campaign: a row of the database, with an epoch.

The holder is a process: host, pid and start. A process on the same machine, as its boot tells, has lost the lock at
once when it has ended; any other has lost it when it has not renewed it for ``LEASE`` seconds by the database's clock.
Whoever changes anything of a campaign changes the lock's row first: so they come one after the other, each sees what
the one before did (READ COMMITTED), and a holder whose lock was taken over finds another epoch there.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import psycopg

from mass_apology.ledger.in_sql.holders import LEASE, fenced_out, locked, taken_over_from, this_process
from mass_apology.ledger.postgres.postgres_connections import Connection
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.ledger.sender_state import Holder
from mass_apology.system.processes import start_of

_QUERIES = statements("lock.sql")
_ADD_NOTE = statements("records.sql")["add-note"]


def may_be_taken(holder: Holder, *, here: Holder, idle: float) -> bool:
    """Whether the process ``here`` may take the lock from ``holder``, who renewed it ``idle`` seconds ago."""
    if _machine(holder) == _machine(here):
        return start_of(holder.pid) != holder.started
    return idle > LEASE


def _machine(holder: Holder) -> tuple[str, str]:
    """Two machines may have one name, but not one boot."""
    return holder.host, holder.started.partition("/")[0]


class PostgresLock:
    """Implements ``sql_ledger.Lock``: what the session holds."""

    def __init__(self) -> None:
        self.epoch: int | None = None
        self.epochs: list[int] = []  # all that this session ever had
        self.edition: int | None = None
        self.is_committing = False  # what a lost connection did not say is whether this was done

    def acquire(self, connection: Connection, now: float) -> None:
        with self._changing(connection) as (_, holder, idle):
            epoch = self._take(connection, holder, idle, now)
        self.epoch = epoch
        self.epochs.append(epoch)

    def release(self, connection: Connection) -> None:
        if self.epoch is not None:
            connection.execute(_QUERIES["free"], {"epoch": self.epoch})
        self.epoch = None

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[None]:
        with self._changing(connection):
            yield

    @contextmanager
    def fenced(self, connection: Connection) -> Iterator[None]:
        with self._changing(connection) as (epoch, holder, _):
            if epoch != self.epoch:
                raise fenced_out(holder, was_ours=self.epoch is not None)
            yield

    @contextmanager
    def momentary(self, connection: Connection, now: float) -> Iterator[None]:
        with self._changing(connection) as (_, holder, idle):
            epoch = self._take(connection, holder, idle, now)
            yield
            connection.execute(_QUERIES["free"], {"epoch": epoch})

    def held_epoch(self, connection: Connection) -> int | None:
        return self.epoch

    def make_from(self, connection: Connection, edition: int) -> None:
        self.edition = edition

    def renew(self, connection: Connection) -> None:
        """Show that we live, where we hold the lock. Raises ``FencedOut`` where it was taken over."""
        if self.epoch is None:
            return
        if not connection.execute(_QUERIES["renew"], {"epoch": self.epoch}).rowcount:
            self.require(connection)

    def resume(self, connection: Connection) -> None:
        """Go on with a new connection where the lock is still ours, in a new epoch: whatever the lost one has under way
        yet comes before this, or finds another epoch. Raises ``FencedOut``."""
        if self.epoch is None:
            return
        with self.fenced(connection):
            (epoch,) = connection.execute(_QUERIES["next-epoch"], {}).fetchone()
        self.epoch = epoch
        self.epochs.append(epoch)

    def require(self, connection: Connection) -> None:
        """Raise ``FencedOut`` unless the lock is ours."""
        with self.fenced(connection):
            pass

    @contextmanager
    def _changing(self, connection: Connection) -> Iterator[tuple[int, Holder | None, float]]:
        """A transaction that has the row: its epoch, who holds the lock, and the seconds since they renewed it."""
        self.is_committing = False
        connection.raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = on")
        try:
            epoch, host, pid, started, idle = connection.execute(_QUERIES["change"]).fetchone()
            holder = None if host is None else Holder(host=host, pid=pid, started=started)
            yield epoch, holder, 0.0 if idle is None else idle
            self.is_committing = True
            connection.execute("COMMIT")
            self.is_committing = False
        except BaseException:
            with suppress(psycopg.Error):  # a connection that is lost has rolled back
                connection.execute("ROLLBACK")
            raise

    def _take(self, connection: Connection, holder: Holder | None, idle: float, now: float) -> int:
        """Make this process the holder; its epoch. Raises ``LedgerLocked``."""
        here = this_process()
        if holder is not None:
            if not may_be_taken(holder, here=here, idle=idle):
                raise locked(holder)
            connection.execute(_ADD_NOTE, {"now": now, "what": taken_over_from(holder)})
        facts = {"host": here.host, "pid": here.pid, "started": here.started}
        (epoch,) = connection.execute(_QUERIES["take"], facts).fetchone()
        return int(epoch)
