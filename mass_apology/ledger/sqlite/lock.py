"""One sender per campaign: a lock in the ledger, with an epoch.

The holder is a process: host, pid and start. On its own host a process that ended, however it ended, has lost the lock
at once; a process on another host (a container, a shared disk) has lost it when it has not renewed it for ``LEASE``
seconds. Every holder gets a larger epoch, and ``fenced`` compares it inside each transaction. So whoever was paused or
cut off while the lock went to another one hands nothing over any more, since no final dot goes out without a durable
mark; what such a process writes yet are replies to the dots that had gone out before (see ``marks.apply_late``).
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from sqlite3 import Connection

from mass_apology.errors import FencedOut, LedgerError, LedgerLocked
from mass_apology.ledger.sender_state import Holder
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.system.processes import start_of

LEASE = 60.0  # seconds without a renewal after which another host may take the lock
RENEWAL = 10.0  # seconds between two renewals

_QUERIES = statements("lock.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]


def this_process() -> Holder:
    """Who we are."""
    pid = os.getpid()
    return Holder(host=socket.gethostname(), pid=pid, started=start_of(pid) or "")


def may_be_taken(holder: Holder, *, host: str, idle: float) -> bool:
    """Whether a process on ``host`` may take the lock from ``holder``, who renewed it ``idle`` seconds ago."""
    if holder.host != host:
        return idle > LEASE
    return start_of(holder.pid) != holder.started


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """BEGIN IMMEDIATE, and COMMIT or, on any error, ROLLBACK."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # some errors, such as a full disk, have rolled it back already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def fenced(connection: Connection) -> Iterator[None]:
    """A transaction that raises ``FencedOut`` and writes nothing unless the lock is ours."""
    with transaction(connection):
        if not is_held(connection):
            raise fenced_out(connection)
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


def fenced_out(connection: Connection) -> LedgerError:
    """Why we may not write: the lock is another one's, or was never taken."""
    holder, _ = _holder(connection)
    if connection.execute(_QUERIES["held-epoch"]).fetchone() is None:
        return FencedOut("This process does not hold the campaign's lock.", next_step="Run the command again.")
    if holder is None:  # whoever took it has given it back
        return FencedOut(
            "Another process took this campaign over and has ended meanwhile; nothing more is sent from here.",
            next_step="See where it stands with: mass-apology status",
        )
    return FencedOut(
        f"Process {holder.pid} on {holder.host} has taken this campaign over; nothing more is sent from here.",
        next_step="Watch it with: mass-apology status",
    )


def _take(connection: Connection, now: float) -> int:
    """Within a transaction: make this process the holder; its epoch. Raises ``LedgerLocked``."""
    me = this_process()
    holder, renewed_at = _holder(connection)
    if holder is not None:
        if not may_be_taken(holder, host=me.host, idle=now - renewed_at):
            raise _locked(holder)
        what = f"the lock was taken over from process {holder.pid} on {holder.host}, which had not given it back"
        connection.execute(_ADD_NOTE, {"now": now, "what": what})
    facts = {"host": me.host, "pid": me.pid, "started": me.started, "now": now}
    (epoch,) = connection.execute(_QUERIES["take"], facts).fetchone()
    return int(epoch)


def _locked(holder: Holder) -> LedgerLocked:
    return LedgerLocked(
        f"Process {holder.pid} on {holder.host} is working on this campaign.",
        next_step="Watch it with: mass-apology status. Stop it with: mass-apology stop",
        host=holder.host,
        pid=holder.pid,
    )


def _holder(connection: Connection) -> tuple[Holder | None, float]:
    """Who holds the lock, if anybody, and when it was renewed."""
    _, host, pid, started, renewed_at = connection.execute(_QUERIES["holder"]).fetchone()
    if host is None:
        return None, 0.0
    return Holder(host=host, pid=pid, started=started), renewed_at
