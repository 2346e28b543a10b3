"""The common parts of all SQLite files here: opening one, and SQLite's errors as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from sqlite3 import Connection
from typing import Generic, TypeVar

from msgspec import Struct

from mass_apology.errors import MassApologyError

E = TypeVar("E", bound=MassApologyError)

# With every parameter of these types sqlite3 looks for a way to adapt it, makes and drops exceptions as it finds none,
# and takes it as it is: 0.65 us for None, 1 us for bytes. A way that does the same takes a third of that.
sqlite3.register_adapter(type(None), lambda nothing: nothing)
sqlite3.register_adapter(bytes, lambda octets: octets)

# By the beginning of SQLite's error name (sqlite.org/rescode.html): the problem, and the step before the next try.
_PASSING = (
    ("SQLITE_FULL", "cannot be written: the disk is full", "Free some space"),
    ("SQLITE_IOERR", "cannot be read or written: the disk reports an error", "Look after the disk and its space"),
    ("SQLITE_READONLY", "cannot be written: it is read-only for us", "Make the file and its folder writable"),
    (
        "SQLITE_CANTOPEN",
        "cannot be opened",
        "Make the file readable, and its folder writable for what SQLite keeps beside it",
    ),
    ("SQLITE_PERM", "cannot be opened: the permission is missing", "Make the file and its folder writable"),
    ("SQLITE_BUSY", "is in use by another program", "Wait for the other program to end, or end it"),
)


def is_empty(connection: Connection) -> bool:
    """Whether nothing was ever made in the file."""
    (count,) = connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    return not count


class Database(Struct, Generic[E], frozen=True, kw_only=True):
    """One kind of file: the ledger or the suppression store. Its methods raise ``error``, in the words of that kind."""

    error: type[E]
    what: str  # "a ledger"
    application_id: int  # as in its schema
    version: int  # as in its schema
    oldest_sqlite: tuple[int, int, int]  # which understands all that is asked of it
    patience: float  # seconds to wait for another process's transaction
    empty: tuple[str, str]  # the meaning of an empty file, as the end of a sentence, and the next step
    again: str  # the end of a next step: "then run the command again."
    restore: str  # the next step with a damaged file

    def connect(self, path: Path, mode: str) -> Connection:
        """To an existing file, in autocommit mode, for one thread at a time; ``mode`` is "ro" or "rw"."""
        uri = f"{path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=self.patience, check_same_thread=False)

    def open(self, path: Path, mode: str, begin: Callable[[Connection], object]) -> Connection:
        """``connect`` to a file that certainly is of this kind, and ``begin``; where that fails it is closed again.

        SQLite's own errors come as they are.
        """
        self.require_sqlite()
        connection = self.connect(path, mode)
        try:
            self._require_kind(connection, path)
            begin(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def require_sqlite(self) -> None:
        """Raises where Python was built with an SQLite that is too old."""
        if sqlite3.sqlite_version_info < self.oldest_sqlite:
            needed = ".".join(map(str, self.oldest_sqlite))
            raise self.error(
                f"Python's SQLite is version {sqlite3.sqlite_version}; {self.what} needs {needed}.",
                next_step="Use a newer Python or a newer SQLite library.",
            )

    def to_error(self, error: sqlite3.Error | OSError, path: Path) -> E:
        """An ``error`` with a sentence for SQLite's or the system's error with a file."""
        if isinstance(error, OSError):
            return self.error(
                f"{path} cannot be used: {error.strerror or error}.",
                next_step=f"Make its folder readable and writable, with room on its disk, {self.again}",
            )
        name = getattr(error, "sqlite_errorname", "")
        if name.startswith("SQLITE_CORRUPT"):
            return self.error(f"{path} is damaged.", next_step=self.restore)
        if name.startswith("SQLITE_NOTADB"):
            return self.error(f"{path} is not {self.what}, or it is damaged.", next_step=self.restore)
        for prefix, problem, remedy in _PASSING:
            if name.startswith(prefix):
                return self.error(f"{path} {problem}.", next_step=f"{remedy}, {self.again}")
        return self.error(
            f"{path} cannot be used: SQLite says {error}.", next_step=f"Look after the file, {self.again}"
        )

    def _require_kind(self, connection: Connection, path: Path) -> None:
        (application_id,) = connection.execute("PRAGMA application_id").fetchone()
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if is_empty(connection):
            meaning, next_step = self.empty
            raise self.error(f"{path} is empty{meaning}.", next_step=next_step)
        if application_id != self.application_id:
            raise self.error(
                f"{path} is a database, but not {self.what}.",
                next_step="Move it away, and look at what it is; or name the right file.",
            )
        if version != self.version:
            raise self.error(
                f"{path} is {self.what} of version {version}; this program reads version {self.version}.",
                next_step="Use the newest mass-apology for it."
                if version > self.version
                else "Go on with the mass-apology that made it.",
            )
