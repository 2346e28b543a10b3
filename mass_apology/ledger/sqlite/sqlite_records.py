"""A SQLite ledger opened for reading, at any time and from any process."""

from __future__ import annotations

from pathlib import Path
from sqlite3 import Connection
from typing import Self

from mass_apology.ledger.in_sql.sql_records import SqlRecords
from mass_apology.ledger.local_file import explained
from mass_apology.ledger.sqlite.connections import SqliteReading
from mass_apology.ledger.sqlite.database import open_reading
from mass_apology.ledger.sqlite.place import FileSite
from mass_apology.ledger.sqlite.sender_row import SqliteSenderRow
from mass_apology.ledger.sqlite.statements import statements


class SqliteRecords(SqlRecords):
    """Implements ``port.Records``."""

    def __init__(self, path: Path, name: str, reader: Connection) -> None:
        reading = SqliteReading(path, name, reader)
        super().__init__(name, str(path), reading, FileSite(path), SqliteSenderRow(path, reading))
        self.path = path
        self._reader = reader

    @classmethod
    def open(cls, path: Path, name: str) -> Self:
        """The ledger of the campaign ``name``. Raises ``LedgerError`` if it is missing, damaged, newer or another's."""
        return cls(path, name, open_reading(path, name))

    @staticmethod
    def open_any(path: Path) -> SqliteRecords:
        """The ledger of whichever campaign it is; raises as ``open``."""
        reader = open_reading(path, None)
        with explained(path):
            (name, *_) = reader.execute(statements("records.sql")["campaign"]).fetchone()
        return SqliteRecords(path, name, reader)

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._reader.close()
