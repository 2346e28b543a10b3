"""One sender per campaign: a row of the database, with an epoch.

The holder is a process: host, pid and start. A process on the same machine, as its boot tells, has lost the lock at
once when it has ended; any other has lost it when it has not renewed it for a lease by the database's clock.
Whoever changes anything of a campaign changes the lock's row first: so they come one after the other, each sees what
the one before did (READ COMMITTED), and a holder whose lock was taken over finds another epoch there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import msgspec
import psycopg
from msgspec import Struct

from mass_apology.errors import FencedOut
from mass_apology.ledger.in_sql.connection import Connection as SqlConnection
from mass_apology.ledger.in_sql.holders import fenced_out, locked, taken_over_from, this_process
from mass_apology.ledger.in_sql.moving_rows import relocation
from mass_apology.ledger.moving import require_in_use
from mass_apology.ledger.postgres.postgres_connections import Connection
from mass_apology.ledger.postgres.postgres_site import require_same_history
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.ledger.sender_state import Control, Holder, SharedWave
from mass_apology.system.processes import start_of

_QUERIES = statements("lock.sql")
_SHARING = statements("chunks.sql")
_CONFIRMED = statements("confirmed.sql")
_ADD_NOTE = statements("records.sql")["add-note"]


def may_be_taken(holder: Holder, *, here: Holder, idle: float, lease: float) -> bool:
    """Whether the process ``here`` may take the lock from ``holder``, who renewed it ``idle`` seconds ago."""
    if _machine(holder) == _machine(here):
        return start_of(holder.pid) != holder.started
    return idle > lease


def confirmed(connection: SqlConnection) -> SharedWave | None:
    """What a person confirmed and is not over."""
    row = connection.execute(_CONFIRMED["confirmed"], {}).fetchone()
    if row is None:
        return None
    wave, template, parts, terms, is_open, at = row
    return SharedWave(
        wave=wave,
        template=template,
        digest_parts=msgspec.json.decode(parts),
        terms=terms,
        is_open=is_open,
        confirmed_at=at,
    )


def _facts(wave: SharedWave, *, is_open: bool) -> dict[str, object]:
    return {
        "wave": wave.wave,
        "template": wave.template,
        "digest_parts": msgspec.json.encode(wave.digest_parts).decode(),
        "terms": wave.terms,
        "is_open": is_open,
    }


def _machine(holder: Holder) -> tuple[str, str]:
    """Two machines may have one name, but not one boot."""
    return holder.host, holder.started.partition("/")[0]


class Claimed(Struct, frozen=True, kw_only=True):
    """What a session has claimed before it shares the campaign."""

    until: int  # planned letters, as far as this chunk; -1 for none
    letters: list[int]  # and these


class PostgresLock:
    """Implements ``sql_ledger.Lock``: what the session holds."""

    def __init__(self, lease: float) -> None:
        self.lease = lease  # seconds
        self.epoch: int | None = None
        self.epochs: list[int] = []  # all that this session ever had
        self.edition: int | None = None
        self.is_shared = False  # others send letters of the campaign, too
        self.is_committing = False  # what a lost connection did not say is whether this was done

    def acquire(self, connection: Connection, now: float) -> None:
        with self._changing(connection) as (_, holder, idle):
            epoch = self._take(connection, holder, idle, now)
            connection.execute(_SHARING["unshare"])  # what was confirmed before is over
        self.epoch = epoch
        self.epochs.append(epoch)

    def release(self, connection: Connection) -> None:
        if self.epoch is not None and self.is_shared:
            with self._changing(connection):
                for statement in ("close-done", "end", "expire"):
                    connection.execute(_SHARING[statement], {"epoch": self.epoch})
        elif self.epoch is not None:
            connection.execute(_QUERIES["free"], {"epoch": self.epoch})
        self.epoch, self.is_shared = None, False
        self.epochs.clear()

    def share(self, connection: Connection, wave: SharedWave, claimed: Claimed) -> None:
        """From now on others may take part; what was claimed already stays this session's. Raises ``FencedOut``."""
        own = {"until": claimed.until, "claimed": msgspec.json.encode(claimed.letters).decode(), "lease": self.lease}
        with self.fenced(connection):
            self._begin(connection)
            for statement in ("sweep", "unshare"):
                connection.execute(_SHARING[statement])
            connection.execute(_CONFIRMED["reopen-wave"], {"wave": wave.wave})
            connection.execute(_SHARING["own"], {**own, "epoch": self.epoch})
            connection.execute(_CONFIRMED["confirm"], _facts(wave, is_open=True))
            connection.execute(_QUERIES["free"], {"epoch": self.epoch})
        self.is_shared = True

    def join(self, connection: Connection) -> SharedWave | None:
        """Take part in what is shared, in an epoch of one's own; ``None``, and nothing is done, where nothing is.

        Nothing is while somebody has the campaign for themselves, or the others have all that is left.
        """
        with self._changing(connection):
            shared = confirmed(connection)
            if shared is None or not shared.is_open:
                return None
            require_same_history(connection)
            self._living(connection)
            if not connection.execute(_SHARING["is-free"]).fetchone()[0]:
                return None
            (epoch,) = connection.execute(_QUERIES["next-epoch"]).fetchone()
            self.epoch = int(epoch)
            self._begin(connection)
        self.epochs.append(self.epoch)
        self.is_shared = True
        return shared

    def confirm(self, connection: Connection, wave: SharedWave) -> None:
        """See ``port.Sharing``, as of the next ones."""
        with self.fenced(connection):
            connection.execute(_SHARING["unshare"])
            connection.execute(_CONFIRMED["confirm"], _facts(wave, is_open=False))

    def withdraw(self, connection: Connection) -> None:
        with self.fenced(connection):
            connection.execute(_CONFIRMED["withdraw"])

    def take_up(self, connection: Connection, now: float) -> SharedWave | None:
        here = this_process()
        with self._changing(connection) as (_, holder, idle):
            found = confirmed(connection)
            (wanted,) = connection.execute(_QUERIES["requested"]).fetchone()
            if found is None or found.is_open or wanted != Control.RUN.value:
                return None
            if self._is_another_ones(connection, holder, idle):
                return None
            if holder is not None:
                connection.execute(_ADD_NOTE, {"now": now, "what": taken_over_from(holder)})
            facts = {"host": here.host, "pid": here.pid, "started": here.started}
            (epoch,) = connection.execute(_CONFIRMED["take-up"], facts).fetchone()
        self.epoch = int(epoch)
        self.epochs.append(self.epoch)
        return found

    def begin_closing(self, connection: Connection, doubt: Callable[[], object]) -> SharedWave | None:
        """What is over; others that call this wait until ``end_closing``, unless it is ``None``."""
        connection.execute(_CONFIRMED["begin-closing"])
        found = None
        try:
            with self._changing(connection) as (_, holder, idle):
                found = confirmed(connection)
                if found is not None and self._is_another_ones(connection, holder, idle):
                    found = None
                if found is not None:
                    (epoch,) = connection.execute(_QUERIES["next-epoch"]).fetchone()  # every earlier one has lapsed
                    doubt()
                    connection.execute(_QUERIES["free"], {"epoch": epoch})
                    (is_due,) = connection.execute(_CONFIRMED["due"], {"wave": found.wave}).fetchone()
                    found = None if is_due else found
        finally:
            if found is None:
                connection.execute(_CONFIRMED["end-closing"])
        return found

    def end_closing(self, connection: Connection, over: SharedWave | None, now: float) -> None:
        """``over`` is forgotten, if it is still what was confirmed last; ``None``: nothing is."""
        if over is not None:
            with self._changing(connection):
                facts = {"confirmed_at": over.confirmed_at}
                if connection.execute(_CONFIRMED["close"], facts).rowcount:
                    here = this_process()
                    what = f"the wave {over.wave} is over: process {here.pid} on {here.host} was the last"
                    connection.execute(_ADD_NOTE, {"now": now, "what": what})
        connection.execute(_CONFIRMED["end-closing"])

    def _is_another_ones(self, connection: Connection, holder: Holder | None, idle: float) -> bool:
        """Whether a living process has the campaign, or takes part in it."""
        if holder is not None and not may_be_taken(holder, here=this_process(), idle=idle, lease=self.lease):
            return True
        return bool(self._living(connection))

    def _begin(self, connection: Connection) -> None:
        here = this_process()
        facts = {"host": here.host, "pid": here.pid, "started": here.started, "epoch": self.epoch}
        connection.execute(_SHARING["begin"], facts)

    def _living(self, connection: Connection) -> list[Holder]:
        """The sessions that share the campaign; those that have ended are forgotten, and their chunks are free."""
        living: list[Holder] = []
        here = this_process()
        for epoch, host, pid, started, idle in connection.execute(_SHARING["sessions"]).fetchall():
            session = Holder(host=host, pid=pid, started=started)
            # What a process had that stands still is free, also on this machine; its lock alone would not be.
            if not may_be_taken(session, here=here, idle=idle, lease=self.lease) and idle <= self.lease:
                living.append(session)
                continue
            for statement in ("end", "expire"):  # one that takes a chunk just now has its own row
                connection.execute(_SHARING[statement], {"epoch": epoch})
        return living

    @contextmanager
    def transaction_beside_takeovers(self, connection: Connection, letters: Sequence[int]) -> Iterator[None]:
        """A transaction during which nobody takes over the chunks of these letters."""
        with self._changing(connection):
            connection.execute(_SHARING["lock-chunks"], {"letters": msgspec.json.encode(list(letters)).decode()})
            yield

    @contextmanager
    def transaction(self, connection: Connection) -> Iterator[None]:
        with self._changing(connection):
            yield

    @contextmanager
    def fenced(self, connection: Connection) -> Iterator[None]:
        with self._changing(connection) as (epoch, holder, _):
            if not (self._takes_part(connection) if self.is_shared else epoch in self.epochs):
                raise fenced_out(holder, was_ours=self.epoch is not None)
            yield

    @contextmanager
    def momentary(self, connection: Connection, now: float) -> Iterator[None]:
        with self._changing(connection) as (_, holder, idle):
            epoch = self._take(connection, holder, idle, now)
            yield
            connection.execute(_QUERIES["free"], {"epoch": epoch})

    def _takes_part(self, connection: Connection) -> bool:
        return any(row[0] in self.epochs for row in connection.execute(_SHARING["sessions"]).fetchall())

    def held_epoch(self, connection: Connection) -> int | None:
        return self.epoch

    def make_from(self, connection: Connection, edition: int) -> None:
        self.edition = edition

    def renew(self, connection: Connection) -> None:
        """Show that we live, where we hold the lock. Raises ``FencedOut`` where it was taken over."""
        if self.epoch is None:
            return
        queries = _SHARING if self.is_shared else _QUERIES
        if not connection.execute(queries["renew"], {"epoch": self.epoch}).rowcount:
            self.require(connection)
        if self.is_shared:
            connection.execute(_SHARING["renew-chunks"], {"epoch": self.epoch, "lease": self.lease})

    def resume(self, connection: Connection) -> None:
        """Go on with a new connection where the lock is still ours, in a new epoch: whatever the lost one has under way
        yet comes before this, or finds another epoch. Raises ``FencedOut``."""
        if self.epoch is None:
            return
        with self.fenced(connection):
            (epoch,) = connection.execute(_QUERIES["next-epoch"]).fetchone()
            if self.is_shared:
                for statement in ("next-session", "next-chunks"):
                    connection.execute(_SHARING[statement], {"epochs": self.epochs, "next": epoch})
            self.epochs.append(epoch)  # before the commit, which may be made and not answered
        self.epoch = epoch

    @contextmanager
    def taking(self, connection: SqlConnection) -> Iterator[None]:
        """A transaction whose second statement sees what was committed while the first one waited.

        Raises ``FencedOut`` where this session was declared dead: the campaign may be another one's alone by now. Who
        is about to declare it dead waits for the session's row, and then finds what it took.
        """
        connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED")
        try:
            self._require_session(connection)
            yield
        except BaseException:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _require_session(self, connection: SqlConnection) -> None:
        if not connection.execute(_SHARING["renew"], {"epoch": self.epoch}).rowcount:
            raise _stood_still()

    def require(self, connection: Connection) -> None:
        """Raise ``FencedOut`` unless the lock is ours."""
        with self.fenced(connection):
            pass

    def require_chunks(self, connection: Connection, letters: Sequence[int]) -> None:
        """Raise ``FencedOut`` unless the chunks of these letters are this session's."""
        facts = {"epoch": self.epoch, "letters": msgspec.json.encode(list(letters)).decode()}
        (others,) = connection.execute(_SHARING["count-others"], facts).fetchone()
        if others:
            raise _stood_still()

    @contextmanager
    def _changing(self, connection: Connection) -> Iterator[tuple[int, Holder | None, float]]:
        """A transaction that has the row: its epoch, who holds the lock, and the seconds since they renewed it."""
        self.is_committing = False
        connection.raw.execute("BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL enable_seqscan = on")
        try:
            epoch, host, pid, started, idle = connection.execute(_QUERIES["change"]).fetchone()
            require_in_use("The ledger", relocation(connection))
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
            if not may_be_taken(holder, here=here, idle=idle, lease=self.lease):
                raise locked(holder)
            connection.execute(_ADD_NOTE, {"now": now, "what": taken_over_from(holder)})
        if living := self._living(connection):
            raise locked(living[0])
        facts = {"host": here.host, "pid": here.pid, "started": here.started}
        (epoch,) = connection.execute(_QUERIES["take"], facts).fetchone()
        return int(epoch)


def _stood_still() -> FencedOut:
    return FencedOut(
        "This process stood still for so long that its letters are free, or another one's; it sends none.",
        next_step="Run the command again: it takes part anew.",
    )
