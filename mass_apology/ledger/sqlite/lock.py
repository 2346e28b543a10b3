"""One sender per campaign: a lock in the ledger, with an epoch.

The holder is a process: host, pid and start. On its own host a process that ended, however it ended, has lost the lock
at once; a process on another host (a container, a shared disk) has lost it when it has not renewed it for ``LEASE``
seconds. Every holder gets a larger epoch, and ``fenced`` compares it inside each transaction. So whoever was paused or
cut off while the lock went to another one hands nothing over any more, since no final dot goes out without a durable
mark; what such a process writes yet are replies to the dots that had gone out before (see ``marks.apply_late``).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection

from mass_apology.errors import FencedOut
from mass_apology.ledger.in_sql.holders import LEASE, fenced_out, locked, taken_over_from, this_process
from mass_apology.ledger.in_sql.moving_rows import relocation
from mass_apology.ledger.local_file import transaction
from mass_apology.ledger.moving import require_in_use
from mass_apology.ledger.sender_state import Holder
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.system.processes import start_of

_QUERIES = statements("lock.sql")
_EDITIONS = statements("editions.sql")
_ADD_NOTE = statements("records.sql")["add-note"]


def may_be_taken(holder: Holder, *, host: str, idle: float) -> bool:
    """Whether a process on ``host`` may take the lock from ``holder``, who renewed it ``idle`` seconds ago."""
    if holder.host != host:
        return idle > LEASE
    return start_of(holder.pid) != holder.started


@contextmanager
def fenced(connection: Connection) -> Iterator[None]:
    """A transaction that raises ``FencedOut`` and writes nothing unless the lock is ours."""
    with transaction(connection):
        if not is_held(connection):
            raise why_fenced_out(connection)
        yield


def acquire(connection: Connection, now: float) -> None:
    """Take the lock for this process. Raises ``LedgerLocked`` while somebody else holds it."""
    with transaction(connection):
        epoch = _take(connection, now)
    connection.execute(_QUERIES["forget"])
    connection.execute(_QUERIES["keep"], (epoch,))


@contextmanager
def momentary(connection: Connection, now: float) -> Iterator[None]:
    """A transaction for the length of which the lock is ours: others never see it taken.

    Raises ``LedgerLocked``, and writes nothing, while somebody else holds it.
    """
    with transaction(connection):
        _take(connection, now)
        yield
        connection.execute(_QUERIES["free"])


def renew(connection: Connection, now: float) -> None:
    """Show that we are alive, if we hold the lock. Raises ``FencedOut`` if it was taken over."""
    if connection.execute(_QUERIES["held-epoch"]).fetchone() is None:
        return
    with fenced(connection):
        connection.execute(_QUERIES["renew"], {"now": now})


def release(connection: Connection) -> None:
    """Give the lock back; without effect where it is not ours."""
    with transaction(connection):
        if is_held(connection):
            connection.execute(_QUERIES["free"])
    connection.execute(_QUERIES["forget"])


def is_held(connection: Connection) -> bool:
    """Whether the lock is ours, as of now or of the current transaction."""
    (held,) = connection.execute(_QUERIES["is-held"]).fetchone()
    return bool(held)


def why_fenced_out(connection: Connection) -> FencedOut:
    """Why we may not write: the lock is another one's, or was never taken."""
    holder, _ = _holder(connection)
    return fenced_out(holder, was_ours=connection.execute(_QUERIES["held-epoch"]).fetchone() is not None)


def _take(connection: Connection, now: float) -> int:
    """Within a transaction: make this process the holder; its epoch. Raises ``LedgerLocked``."""
    me = this_process()
    _require_used_here(connection)
    holder, renewed_at = _holder(connection)
    if holder is not None:
        if not may_be_taken(holder, host=me.host, idle=now - renewed_at):
            raise locked(holder)
        connection.execute(_ADD_NOTE, {"now": now, "what": taken_over_from(holder)})
    facts = {"host": me.host, "pid": me.pid, "started": me.started, "now": now}
    (epoch,) = connection.execute(_QUERIES["take"], facts).fetchone()
    return int(epoch)


def _holder(connection: Connection) -> tuple[Holder | None, float]:
    """Who holds the lock, if anybody, and when it was renewed."""
    _, host, pid, started, renewed_at = connection.execute(_QUERIES["holder"]).fetchone()
    if host is None:
        return None, 0.0
    return Holder(host=host, pid=pid, started=started), renewed_at


def _require_used_here(connection: Connection) -> None:
    """Within a transaction: a process may have opened the ledger before it was moved."""
    if found := relocation(connection):
        (_, _, place) = connection.execute("PRAGMA database_list").fetchone()
        require_in_use(place, found)


@contextmanager
def _changing(connection: Connection) -> Iterator[None]:
    with transaction(connection):
        _require_used_here(connection)
        yield


class SqliteLock:
    """Implements ``sql_ledger.Lock``: what the connection holds is kept in its own temporary tables."""

    acquire = staticmethod(acquire)
    release = staticmethod(release)
    transaction = staticmethod(_changing)
    fenced = staticmethod(fenced)
    momentary = staticmethod(momentary)

    @staticmethod
    def held_epoch(connection: Connection) -> int | None:
        row = connection.execute(_QUERIES["held-epoch"]).fetchone()
        return None if row is None else int(row[0])

    @staticmethod
    def make_from(connection: Connection, edition: int) -> None:
        connection.execute(_EDITIONS["forget"])
        connection.execute(_EDITIONS["keep"], {"edition": edition})
