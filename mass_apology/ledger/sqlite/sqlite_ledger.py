"""The ledger of one campaign in a file, open for writing."""

from __future__ import annotations

import sqlite3
import time
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from sqlite3 import Connection
from typing import Self

from mass_apology.errors import LedgerError
from mass_apology.ledger.in_sql import connection as in_sql
from mass_apology.ledger.in_sql.leaving import SqlLeaving
from mass_apology.ledger.in_sql.sql_ledger import SqlLedger
from mass_apology.ledger.local_file import explained
from mass_apology.ledger.sqlite import database, marks
from mass_apology.ledger.sqlite.connections import SqliteReading
from mass_apology.ledger.sqlite.lock import SqliteLock
from mass_apology.ledger.sqlite.on_disk import (
    OpenedFile,
    is_whole,
    overwritten,
    save,
    saved,
    set_wal_aside,
)
from mass_apology.ledger.sqlite.place import FileSite
from mass_apology.ledger.sqlite.sender_row import SqliteSenderRow
from mass_apology.ledger.sqlite.sqlite_backend import SqliteBackend
from mass_apology.ledger.sqlite.sqlite_moving import leave
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.sqlite.write_lock import WriteLock

_PURGING = statements("purging.sql")


class SqliteLedger(SqlLedger[Connection]):
    """Implements ``port.Ledger``."""

    def __init__(
        self, path: Path, name: str, reader: Connection, connection: Connection, write_lock: WriteLock
    ) -> None:
        self.path = path
        self._reader = reader
        self._file = OpenedFile(path)
        self._write_lock = write_lock
        backend = SqliteBackend(connection, path, write_lock)
        reading = SqliteReading(path, name, reader)
        super().__init__(
            name,
            reading,
            site=FileSite(path),
            sender=SqliteSenderRow(path, reading),
            backend=backend,
            lock=SqliteLock(),
        )

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """Make the ledger of the campaign ``name`` and open it. Raises ``LedgerError`` if there is one already."""
        with closing(WriteLock(path)) as write_lock, write_lock.held():
            database.create(path, name, time.time())
        return cls.open(path, name)

    @classmethod
    def open(cls, path: Path, name: str) -> Self:
        """The ledger of the campaign ``name``. Raises ``LedgerError`` if it is missing, damaged, newer or another's."""
        database.require_ledger(path)
        with ExitStack() as opened:
            write_lock = opened.enter_context(closing(WriteLock(path)))
            with write_lock.held(), ExitStack() as connected:
                connection = connected.enter_context(closing(database.open_writing(path, name)))
                reader = connected.enter_context(closing(database.open_reading(path, name)))
                with explained(path):
                    database.take_name(connection, name)
                    marks.prepare(connection)
                    connection.executescript(statements("claims.sql")["prepare"])
                connected.pop_all()
            opened.pop_all()
        return cls(path, name, reader, connection, write_lock)

    # The file

    def lost_sight(self) -> str | None:
        return self._file.missing() or (overwritten(self.path).problem if self._write_lock.overwritten else None)

    def require_kept(self) -> None:
        """As the port says. What was recorded in a file without a name is written to one that has a name first."""
        if self._write_lock.overwritten:
            raise overwritten(self.path)
        if problem := self.lost_sight():
            raise saved(self.path, self.write(lambda connection: save(connection, self.path)), problem)

    def leaving(self) -> SqlLeaving[Connection]:
        """For ``MovableStore.leaving``."""
        return SqlLeaving(self, self._reading, leave, self._compact)

    def _compact(self, connection: in_sql.Connection) -> None:
        """``LedgerError`` where another program reads just now: then the tables name nobody any more, and the file
        may; purging again finishes it."""
        connection.execute(_PURGING["compact"])
        (is_busy, *_) = connection.execute(_PURGING["checkpoint"]).fetchone()
        if is_busy:
            raise LedgerError(
                "Another program is reading the ledger, so that old pages of it are still in its file.",
                next_step="Let the other program end (status, report, a database browser), then run the same purge "
                "again.",
            )

    def _give_back(self, connection: Connection) -> None:
        if self._write_lock.overwritten and not is_whole(self.path):
            connection.close()  # before the reader, so that nothing tidies the -wal away into another ledger
            set_wal_aside(self.path)
        self._reader.close()
        # Where even this cannot be written, the next sender sees that this process has ended.
        with suppress(sqlite3.Error):
            self._settle_waiting(connection)
            self._lock.release(connection)
