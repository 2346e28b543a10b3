"""The writing connection to the database, as a ledger's writer has it: how marks become durable."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import psycopg

from mass_apology.errors import IllegalTransition, LedgerError
from mass_apology.ledger.in_sql.connection import Facts
from mass_apology.ledger.postgres.postgres_connections import Connection, Server, is_lost
from mass_apology.ledger.postgres.postgres_lock import PostgresLock
from mass_apology.ledger.postgres.postgres_site import cluster_of
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.model import TRANSITIONS, Mark, Status

FOLD_EVERY = 20_000  # marks: a fold of so many takes a tenth of a second

_QUERIES = statements("marks.sql")
_APPLY, _APPLY_SHARED = (
    "WITH " + ", ".join(_QUERIES[part] for part in ("given", held, "insert")) for held in ("held", "held-shared")
)
_LEGAL = [f"{before}>{after}" for before, afters in TRANSITIONS.items() for after in sorted(afters)]

# What the writing connection is told. A commit is on the disk when it returns, whatever the database's own setting is.
# The statements for each letter look a few up by an index, also where they were planned while the tables were empty. A
# process that stands still within a transaction holds up all others, so the server ends it before a lease is over.
_WRITING = """
SET synchronous_commit = on;
SET enable_seqscan = off;
SET idle_in_transaction_session_timeout = {milliseconds:d};
"""

T = TypeVar("T")


def writing_connection(server: Server, campaign: int) -> psycopg.Connection[Any]:
    """A connection for one session's writing. Raises ``LedgerError``."""
    return prepared(server, server.connect(campaign))


def prepared(server: Server, raw: psycopg.Connection[Any]) -> psycopg.Connection[Any]:
    """The connection, told what a writing one needs to know."""
    try:
        with server.explained():
            raw.execute(_WRITING.format(milliseconds=round(server.lease * 1000 / 4)).encode())
    except BaseException:
        raw.close()
        raise
    return raw


class PostgresBackend:
    """Implements ``writer.Backend``. The connection is its own from now on; it closes it."""

    largest_group = 1024

    def __init__(self, server: Server, campaign: int, connection: Connection, lock: PostgresLock) -> None:
        self._server = server
        self._campaign = campaign
        self._connection = connection
        self._lock = lock
        self._cluster = cluster_of(connection)
        self._unfolded = 0  # marks
        self._last: Mark | None = None  # that became durable

    @property
    def place(self) -> str:
        return self._server.place

    @property
    def renewal(self) -> float:
        return self._server.lease / 6

    def apply(self, marks: Sequence[Mark]) -> None:
        for group in _of_different_letters(marks):
            self._apply(group)
        self._unfolded += len(marks)

    def apply_late(self, marks: Sequence[Mark]) -> list[Mark]:
        late: list[Mark] = []
        outcomes = [mark for mark in marks if mark.status is not Status.HANDING_OVER]
        letters = [mark.delivery for mark in outcomes]
        with self._server.explained(), self._lock.transaction_beside_takeovers(self._connection, letters):
            for group in _of_different_letters(outcomes):
                rows = self._run(_QUERIES["apply-late"], {**_columns(group), "epochs": self._lock.epochs}).fetchall()
                recorded = {delivery for (delivery,) in rows}
                late += [mark for mark in group if mark.delivery in recorded]
        return late

    def perform(self, act: Callable[[Connection], T]) -> T:
        """What a lost connection had not begun to commit is undone, so it is done again by another one."""
        self._lock.is_committing = False
        return self._persistently(lambda: act(self._connection), may_repeat=lambda: not self._lock.is_committing)

    def perform_last(self, act: Callable[[Connection], None]) -> None:
        with self._server.explained():
            try:
                with suppress(psycopg.Error):  # whoever writes next folds it
                    self._fold()
                act(self._connection)
            finally:
                self.close()

    def renew(self) -> None:
        self._persistently(lambda: self._lock.renew(self._connection))
        if self._unfolded > FOLD_EVERY:
            self._persistently(self._fold)

    def close(self) -> None:
        self._connection.raw.close()

    def end(self) -> None:
        """Nothing else is held."""

    def _apply(self, group: Sequence[Mark]) -> None:
        tries = itertools.count()

        def insert() -> int:
            again = next(tries) > 0
            return len(group) if again and self._is_recorded(group[0]) else self._insert(group)  # all of them, or none

        if self._persistently(insert) != len(group):
            with self._server.explained():
                self._lock.require(self._connection)
                if self._lock.is_shared:
                    self._lock.require_chunks(self._connection, [mark.delivery for mark in group])
                raise self._illegal(group)
        self._last = group[-1]

    def _persistently(self, act: Callable[[], T], *, may_repeat: Callable[[], bool] = lambda: True) -> T:
        """Do it, by one connection after the other: a server that restarts may end the first new ones, too."""
        lost_at: float | None = None
        with self._server.explained():
            while True:
                try:
                    if lost_at is not None:
                        self._connect_again()
                    return act()
                except psycopg.Error as error:
                    lost_at = lost_at or time.monotonic()
                    if not is_lost(error) or not may_repeat() or time.monotonic() > lost_at + self._server.patience:
                        raise

    def _insert(self, group: Sequence[Mark]) -> int:
        """How many were: all or none."""
        facts = {**_columns(group), "epoch": self._lock.epoch, "edition": self._lock.edition}
        if self._lock.is_shared:
            return self._run(_APPLY_SHARED, {**facts, "lease": self._lock.lease}).rowcount
        return self._run(_APPLY, facts).rowcount

    def _is_recorded(self, mark: Mark) -> bool:
        """Whether it is the last that became of its letter: read after ``resume``, so nothing of an older connection
        comes any more."""
        facts = {"delivery": mark.delivery, "status": mark.status.value, "at": mark.at, "attempts": mark.attempts}
        (recorded,) = self._connection.execute(_QUERIES["is-recorded"], facts).fetchone()
        return bool(recorded)

    def _connect_again(self) -> None:
        """By a new connection, in a new epoch.

        Raises ``LedgerError`` where the server stays away, or another one answers that may lack what was recorded last,
        and ``FencedOut`` where the lock was taken over.
        """
        self.close()
        self._connection.raw = prepared(self._server, self._server.connect_again(self._campaign))
        if cluster_of(self._connection) != self._cluster or not self._has_last():
            raise LedgerError(
                f"{self.place} is not the server that it was a moment ago: a standby that took over may lack what was "
                "recorded last. Nothing more is sent.",
                next_step="Let the ledger learn what has left: mass-apology reconcile --from-log log.jsonl. Then run "
                "the same command again.",
            )
        self._lock.resume(self._connection)

    def _has_last(self) -> bool:
        """Whether what this session recorded last is there: a server whose files were put back lacks it."""
        if self._last is None:
            return True
        facts = {"delivery": self._last.delivery, "attempts": self._last.attempts}
        return bool(self._connection.execute(_QUERIES["is-known"], facts).fetchone()[0])

    def _illegal(self, group: Sequence[Mark]) -> IllegalTransition:
        """Why nothing of the group was recorded."""
        rows = self._run(_QUERIES["statuses"], {"delivery": [mark.delivery for mark in group]}).fetchall()
        statuses = {delivery: Status(status) for delivery, status in rows}
        wrong = next(
            mark
            for mark in group
            if mark.delivery not in statuses or mark.status not in TRANSITIONS[statuses[mark.delivery]]
        )
        before = statuses.get(wrong.delivery)
        problem = (
            f"There is no delivery {wrong.delivery} to become {wrong.status}."
            if before is None
            else f"Delivery {wrong.delivery} is {before} and cannot become {wrong.status}."
        )
        return IllegalTransition(
            f"{problem} Nothing of its group was recorded, and sending has stopped.",
            next_step="Run send again, and report this as a mistake in mass-apology.",
        )

    def _fold(self) -> None:
        if not self._unfolded:
            return
        self._connection.execute(_QUERIES["fold"])
        self._unfolded = 0
        self._connection.execute(_QUERIES["vacuum"])

    def _run(self, query: str, facts: Facts) -> psycopg.Cursor[Any]:
        """By a cursor that has the statement prepared, and sends arrays as octets."""
        return psycopg.Cursor(self._connection.raw).execute(query, {"legal": _LEGAL, **facts}, prepare=True)


def _of_different_letters(marks: Sequence[Mark]) -> Iterator[list[Mark]]:
    """In their order, cut where a letter comes again: its second mark needs the first one."""
    group: list[Mark] = []
    seen: set[int] = set()
    for mark in marks:
        if mark.delivery in seen:
            yield group
            group, seen = [], set()
        group.append(mark)
        seen.add(mark.delivery)
    if group:
        yield group


def _columns(marks: Sequence[Mark]) -> Mapping[str, object]:
    return {
        "delivery": [mark.delivery for mark in marks],
        "status": [mark.status.value for mark in marks],
        "at": [mark.at for mark in marks],
        "attempts": [mark.attempts for mark in marks],
        "due_at": [mark.due_at for mark in marks],
        "code": [mark.code for mark in marks],
        "enhanced_code": [mark.enhanced_code for mark in marks],
        "reply": [mark.reply for mark in marks],
        "sha256": [mark.sha256 for mark in marks],
        "subject": [mark.subject for mark in marks],
        "relay": [mark.relay for mark in marks],
    }
