"""Whether the file that is written is still the one that the next run will find, and a copy where it is not.

On POSIX a file that was deleted or replaced goes on working for whoever has it open: everything is recorded, durably,
in a file without a name. SQLite keeps the latest commits in ``-wal`` beside it, so that one counts too.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from sqlite3 import Connection

from mass_apology.errors import LedgerError

FileId = tuple[int, int]
"""A file's device and inode: which file it is, whatever its name."""


def file_id(path: Path) -> FileId | None:
    """Of the file that has this name now; ``None`` where there is none, or it cannot be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def wal_of(path: Path) -> Path:
    """Where SQLite keeps the latest commits."""
    return path.with_name(f"{path.name}-wal")


class OpenedFile:
    """A ledger's file as it was when it was opened; ``require`` compares it with the one that has its name now."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._id = file_id(path)
        self._wal = file_id(wal_of(path))

    def missing(self) -> str | None:
        """What has become of it, as a sentence; ``None`` while it is where it was, with all that was written."""
        try:
            now = self._path.stat()
        except FileNotFoundError:
            return f"{self._path} was deleted or moved away while it was in use."
        except OSError:
            return None  # a network file system that does not answer: writing will tell, if it lasts
        if (now.st_dev, now.st_ino) != self._id:
            return f"{self._path} was replaced by another file while it was in use."
        if not now.st_size:
            return f"{self._path} was emptied while it was in use."
        wal = wal_of(self._path)
        if self._wal is not None and file_id(wal) != self._wal:
            return f"{wal} was deleted or replaced while it was in use."
        return None

    def require(self) -> None:
        """Raise ``LedgerError`` where the file is no longer the one that was opened."""
        if problem := self.missing():
            raise LedgerError(
                f"{problem} Nothing more is sent.",
                next_step="Put no copy in its place yet: this run saves what it knows when it ends, and says where.",
            )


def save(connection: Connection, path: Path) -> Path:
    """Write all that an open ledger holds to a file with a name again: ``path`` where that is free, else one beside it.

    Complete or not at all, mode 0600. Raises ``LedgerError`` where it cannot be written.
    """
    to = path if file_id(path) is None else path.with_name(f"{path.name}.saved-{time.time_ns()}")
    try:
        os.close(os.open(to, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(to)) as copy:
            connection.backup(copy)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            to.unlink()
        raise LedgerError(
            f"{path} is no longer where it was while it was in use, and {to} cannot be written: {error}.",
            next_step="If the folder was only moved, the ledger is whole there. If it was deleted, put the last copy "
            "of it back before anybody is written to again.",
        ) from error
    return to
