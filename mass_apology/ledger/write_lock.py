"""One writing transaction at a time on a ledger, whichever process it belongs to.

SQLite 3.7.0 to 3.51.2 can damage a WAL database when two connections write or checkpoint at the same moment
(sqlite.org/wal.html, "The WAL-Reset Bug"). So whatever writes, checkpoints, opens for writing or closes again does it
under an exclusive lock on a file beside the ledger, taken for each transaction: other processes read, and record what
came back, while letters are sent. Who waits for it just waits: SQLite's own busy timeout would be an error for a sender
with letters on their way. The system gives the lock back when its process ends, however it ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mass_apology.ledger.database import ledger_error

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        while True:
            try:
                msvcrt.locking(descriptor, msvcrt.LK_LOCK, 1)
            except OSError:  # it gives up after ten seconds
                continue
            return

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)


def write_lock_file(ledger: Path) -> Path:
    """The file beside this ledger. It is empty, and stays."""
    return ledger.with_name(f"{ledger.name}.write")


class WriteLock:
    """One connection's way to the lock; for one thread at a time.

    Two of them exclude each other also within one process: the lock belongs to the opened file, not to the process.
    """

    def __init__(self, ledger: Path) -> None:
        """Raises ``LedgerError`` where the file can neither be opened nor made."""
        self._ledger = ledger
        self._depth = 0
        try:
            self._descriptor = os.open(write_lock_file(ledger), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ledger_error(error, write_lock_file(ledger)) from error

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else writes meanwhile; waits for as long as another one does. May be nested."""
        if not self._depth:
            try:
                _lock(self._descriptor)
            except OSError as error:
                raise ledger_error(error, write_lock_file(self._ledger)) from error
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                _unlock(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)
