"""One writing transaction at a time on a ledger, whichever process it belongs to.

SQLite 3.7.0 to 3.51.2 can damage a WAL database when two connections write or checkpoint at the same moment
(sqlite.org/wal.html, "The WAL-Reset Bug"). So whatever writes, checkpoints, opens for writing or closes again does it
under an exclusive lock on a file beside the ledger, taken for each transaction: other processes read, and record what
came back, while letters are sent. Who waits for it just waits: SQLite's own busy timeout would be an error for a sender
with letters on their way. The system gives the lock back when its process ends, however it ends.

Whoever gives the lock back leaves in its file how the ledger looks now. Where it looks otherwise when the lock is taken
next, something else wrote to it: a copy was put over the file in place, whose inode stays the same.
"""

from __future__ import annotations

import os
import struct
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from mass_apology.ledger.local_file import ledger_error
from mass_apology.system.file_lock import lock, unlock
from mass_apology.system.regular_file import file_stamp

_LOOK = struct.Struct("<Qqq")  # of the ledger: its ``file_stamp``
_NOT_SEEN = (0, 0, 0)
_HELD = bytes(_LOOK.size)  # while the lock is held, and after a holder was killed: nobody knows


def write_lock_file(ledger: Path) -> Path:
    """The file beside this ledger. It says how the ledger looked last, and stays."""
    return ledger.with_name(f"{ledger.name}.write")


class WriteLock:
    """One connection's way to the lock; for one thread at a time.

    Two of them exclude each other also within one process: the lock belongs to the opened file, not to the process.
    """

    def __init__(self, ledger: Path, *, beside_others: bool = False) -> None:
        """``beside_others`` who have the ledger open, it must look as they left it, the first time too.

        Raises ``LedgerError`` where the file can neither be opened nor made.
        """
        self.overwritten = False
        """Whether something else wrote to the ledger since the lock was first held here."""
        self._ledger = ledger
        self._file = str(ledger)
        self._depth = 0
        self._known = beside_others  # whether it was held here before, or by those whom it is to be compared with
        self._left = _HELD  # how the last holder left the ledger
        self._found = _HELD  # how the ledger looked when it was taken
        try:
            self._descriptor = os.open(write_lock_file(ledger), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise ledger_error(error, write_lock_file(ledger)) from error

    @contextmanager
    def held(self, *, checkpoint: bool = True) -> Iterator[None]:
        """Nobody else writes meanwhile; waits for as long as another one does. May be nested.

        Without ``checkpoint`` the holder writes to the -wal alone, so that a change of the ledger is not its own.
        """
        if not self._depth:
            try:
                lock(self._descriptor)
            except OSError as error:
                raise ledger_error(error, write_lock_file(self._ledger)) from error
            self._compare()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                self._conclude(checkpoint=checkpoint)
                unlock(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _compare(self) -> None:
        """With how the last holder left the ledger. One that is gone or replaced is told by ``OpenedFile``."""
        if sys.platform != "win32":  # the time of a write shows there when the file is closed
            left, self._found = os.pread(self._descriptor, _LOOK.size, 0), self._look()
            self._left = left if len(left) == _LOOK.size else _HELD
            if self._known and self._left != _HELD:
                self.overwritten |= _same_file(self._left, self._found) and self._left != self._found
            self._known = True
            self._leave(_HELD)

    def _conclude(self, *, checkpoint: bool) -> None:
        now = self._look()
        if not checkpoint and _same_file(self._found, now):
            self.overwritten |= self._found != now
        self._leave(self._left if self.overwritten else now)  # whoever knew the ledger is to see it, too

    def _look(self) -> bytes:
        return _LOOK.pack(*(file_stamp(self._file) or _NOT_SEEN))

    def _leave(self, look: bytes) -> None:
        if sys.platform != "win32":
            with suppress(OSError):  # a full disk: the next holder finds less, and compares nothing
                os.pwrite(self._descriptor, look, 0)


def _same_file(one: bytes, other: bytes) -> bool:
    return bool(_LOOK.unpack(one)[0] == _LOOK.unpack(other)[0])
