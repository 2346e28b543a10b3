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


def overwritten(path: Path) -> LedgerError:
    """Why nothing more is written to a ledger that something else has written to, most likely ``cp`` of a copy."""
    return LedgerError(
        f"{path} was written to by another program while it was in use: an older copy may stand there now. "
        "Nothing more is sent.",
        next_step="Let it learn what has left: mass-apology reconcile --from-log log.jsonl. Then run the same command "
        "again.",
    )


def set_wal_aside(path: Path) -> None:
    """Keep the -wal under a name where SQLite neither deletes it nor takes it for this file's."""
    with suppress(FileNotFoundError):
        path.with_name(f"{path.name}-shm").unlink()  # it tells where in the -wal each page is
    wal_of(path).rename(path.with_name(f"{path.name}.lost-{time.time_ns()}-wal"))


def is_there(path: Path) -> bool:
    """Whether a ledger was ever made there; an empty file is none."""
    return path.exists() and path.stat().st_size > 0


def is_whole(path: Path) -> bool:
    """Whether a ledger and its -wal make one database, looked at with fresh eyes."""
    if not path.stat().st_size:  # SQLite would delete the -wal, and call it whole
        return False
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as fresh:
        return bool(fresh.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",))
    return False


class OpenedFile:
    """A ledger's file as it was when it was opened; ``missing`` compares it with the one that has its name now."""

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
        wal = wal_of(self._path)
        if self._wal is not None and file_id(wal) != self._wal:
            return f"{wal} was deleted or replaced while it was in use."
        return None


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


def saved(path: Path, to: Path, problem: str) -> LedgerError:
    """What to say when ``save`` has written a ledger that was at ``path`` to ``to``."""
    if to == path:
        return LedgerError(
            f"{problem} It was written anew with all that was recorded.",
            next_step="See where the campaign stands: mass-apology status. To go on, run the same command again.",
        )
    return LedgerError(
        f"{problem} All that was recorded is in {to}.",
        next_step=f"Move away what stands at {path} now, with its -wal and -shm; move {to.name} to its "
        "place; then run the same command again.",
    )
