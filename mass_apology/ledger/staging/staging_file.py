"""The file of a plan: a temporary one beside the ledger, which is this process's own, or one kept for the next command.

A kept plan changes hands by being renamed, so that it is never two processes' own.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

from mass_apology.errors import LedgerError
from mass_apology.ledger.local_file import connect, explained, transaction
from mass_apology.system.statement_files import statements
from mass_apology.system.temporary_files import remove_abandoned, temporary_file

_STAGING = statements(__package__, "staging.sql")

# The file is worth nothing after a crash, so nothing is done to save it from one. A statement that fails is undone.
_PRAGMAS = "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000;"


class StagingFile:
    """The file of one plan (mode 0600), open; ``close`` deletes it unless it is to be kept.

    ``stamp`` stands for all that the plan is made from: the plan that was kept with it is opened, else a new file is.
    Files that a crashed process left are deleted. Raises ``LedgerError`` where there can be no file.
    """

    def __init__(self, ledger: Path, stamp: bytes) -> None:
        self._ledger = ledger
        self._stamp = stamp
        self._keeps = False
        delete_abandoned(ledger)
        self.kept = self._open_kept() if stamp else b""
        """The record of the plan that was kept; empty for a new file, which has no rows."""
        if not self.kept:
            self.path = _new_file(ledger)
            with explained(self.path):
                self.connection = connect(self.path, "rw")
                self.connection.executescript(_PRAGMAS + _STAGING["schema"])

    def keep(self, record: bytes) -> None:
        """Keep the file, with this record of it, when it is closed."""
        with explained(self.path), transaction(self.connection):
            self.connection.execute(_STAGING["forget-kept"])
            self.connection.execute(_STAGING["keep"], (record, self._stamp))
        self._keeps = True

    def forget(self) -> None:
        """Do not keep the file."""
        self._keeps = False

    def close(self) -> None:
        """Delete the file, or keep it in place of an earlier one: its octets are on the disk before it counts.

        Where that fails, as on a full disk, none is kept: the next command makes its own.
        """
        keeps = self._keeps and not self.connection.in_transaction
        self.connection.close()
        with suppress(OSError):
            if keeps:
                with self.path.open("rb") as file:
                    os.fsync(file.fileno())
                self.path.replace(_kept(self._ledger))
        self.path.unlink(missing_ok=True)

    def _open_kept(self) -> bytes:
        """The record of the plan that was kept, now open; empty, and that plan is gone, where it is not this one."""
        path = _take_kept(self._ledger)
        if path is None:
            return b""
        try:
            if record := _record(path, self._stamp):
                self.path, self.connection = path, connect(path, "rw")
                self.connection.executescript(_PRAGMAS)
                return record
        except sqlite3.Error:  # it is no plan any more: another one is made
            pass
        path.unlink(missing_ok=True)
        return b""


def delete_kept(ledger: Path) -> None:
    """Delete the plan that was kept. Raises ``LedgerError``."""
    try:
        _kept(ledger).unlink(missing_ok=True)
    except OSError as error:
        raise LedgerError(
            f"{_kept(ledger)} cannot be deleted: {error.strerror}.", next_step="Delete it: it names customers."
        ) from error


def delete_abandoned(ledger: Path) -> None:
    """Delete the files of processes that have ended: they hold customers' data."""
    remove_abandoned(_prefix(ledger))


def _take_kept(ledger: Path) -> Path | None:
    """The file of the plan that was kept, which is this process's own from now on; ``None`` where none was kept."""
    kept = _kept(ledger)
    if not kept.exists():
        return None
    own = _new_file(ledger)
    try:
        return kept.replace(own)
    except OSError:  # another process was faster, or the file is not ours to take
        own.unlink(missing_ok=True)
        return None


def _record(path: Path, stamp: bytes) -> bytes:
    with closing(connect(path, "ro")) as connection:
        found = connection.execute(_STAGING["kept"], (stamp,)).fetchone()
    return found[0] if found else b""


def _new_file(ledger: Path) -> Path:
    """An empty file of this process beside the ledger, mode 0600. Raises ``LedgerError`` where there can be none."""
    try:
        return temporary_file(_prefix(ledger))
    except OSError as error:
        raise LedgerError(
            f"{ledger.parent} cannot be written: {error.strerror}.", next_step="Make the campaign's folder writable."
        ) from error


def _kept(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.plan")


def _prefix(ledger: Path) -> Path:
    return ledger.with_name(f"{ledger.name}.plan-")
