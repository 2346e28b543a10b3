"""The writing connection to a ledger's file, as its writer has it.

One connection is what keeps the file whole, together with the lock that is held for each transaction and for closing:
other processes record what came back while this one sends (see write_lock.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import TypeVar

from mass_apology.ledger.in_sql.holders import RENEWAL
from mass_apology.ledger.local_file import explained
from mass_apology.ledger.sqlite import lock, marks
from mass_apology.ledger.sqlite.on_disk import overwritten
from mass_apology.ledger.sqlite.write_lock import WriteLock
from mass_apology.model import Mark

CHECKPOINT_EVERY = 50  # groups: only in every such one SQLite may put the -wal into the ledger (see write_lock.py)

_PAGES = 1000  # of the -wal, after which SQLite puts it into the ledger: its own default

T = TypeVar("T")


class SqliteBackend:
    """Implements ``writer.Backend``. Connection and lock are its own from now on; it closes both."""

    largest_group = marks.LARGEST_GROUP
    renewal = RENEWAL

    def __init__(self, connection: Connection, path: Path, write_lock: WriteLock) -> None:
        self._connection = connection
        self._path = path
        self._write_lock = write_lock
        self._groups = 0  # of marks, that were committed
        self._checkpoint = True  # whether SQLite may put the -wal into the ledger, as it does by itself at 1000 pages

    @property
    def place(self) -> str:
        return str(self._path)

    def apply(self, group: Sequence[Mark]) -> None:
        self._groups += 1
        with self._alone(checkpoint=self._groups % CHECKPOINT_EVERY == 0):
            marks.apply(self._connection, self._path, group)

    def apply_late(self, group: Sequence[Mark]) -> list[Mark]:
        with self._alone(checkpoint=False):
            return marks.apply_late(self._connection, group)

    def perform(self, act: Callable[[Connection], T]) -> T:
        with self._alone():
            self._require_ours()
            return act(self._connection)

    def perform_last(self, act: Callable[[Connection], None]) -> None:
        with self._alone():
            try:
                act(self._connection)
            finally:
                self.close()
            self._require_ours()

    def renew(self) -> None:
        with self._alone(checkpoint=False):
            lock.renew(self._connection, time.time())

    def close(self) -> None:
        self._connection.close()

    def end(self) -> None:
        self._write_lock.close()

    @contextmanager
    def _alone(self, *, checkpoint: bool = True) -> Iterator[None]:
        with explained(self._path), self._write_lock.held(checkpoint=checkpoint):
            checkpoint = checkpoint and not self._write_lock.overwritten  # no newer pages into an older copy
            if checkpoint is not self._checkpoint:
                self._checkpoint = checkpoint
                self._connection.execute(f"PRAGMA wal_autocheckpoint = {_PAGES if checkpoint else 0}")
            yield

    def _require_ours(self) -> None:
        """No letter is claimed any more from a file that something else has written to; marks go on into the -wal."""
        if self._write_lock.overwritten:
            raise overwritten(self._path)
