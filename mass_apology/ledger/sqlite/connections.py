"""How the parts of a ledger read its file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.ledger.local_file import explained
from mass_apology.ledger.sqlite.database import open_reading
from mass_apology.ledger.sqlite.statements import statements


class SqliteReading:
    """Implements ``connection.Reading``: a ledger's file for whoever reads it."""

    def __init__(self, path: Path, name: str, connection: Connection) -> None:
        self._path = path
        self._name = name
        self._connection = connection

    def statements(self, file: str) -> Mapping[str, str]:
        return statements(file)

    @contextmanager
    def shared(self) -> Iterator[Connection]:
        with explained(self._path):
            yield self._connection

    @contextmanager
    def moment(self) -> Iterator[Connection]:
        with explained(self._path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                self._connection.execute("COMMIT")

    @contextmanager
    def own(self) -> Iterator[Connection]:
        with explained(self._path), closing(open_reading(self._path, self._name)) as connection:
            connection.execute("BEGIN")
            yield connection
