"""How the parts of a ledger read and write: they share its connections, which it opens and closes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection
from typing import Protocol, TypeVar

from mass_apology.ledger.sqlite.database import explained, open_reading

T = TypeVar("T")


class Reading:
    """A ledger's file for whoever reads it; SQLite's errors become ``LedgerError``."""

    def __init__(self, path: Path, name: str, connection: Connection) -> None:
        self.path = path
        self.name = name
        self._connection = connection

    @contextmanager
    def shared(self) -> Iterator[Connection]:
        """The ledger's reading connection: for short questions in the thread that opened it."""
        with explained(self.path):
            yield self._connection

    @contextmanager
    def own(self) -> Iterator[Connection]:
        """A connection of one's own: for what streams, and for any thread."""
        with explained(self.path), closing(open_reading(self.path, self.name)) as connection:
            yield connection


class Writing(Protocol):
    """A ledger's writer, for its parts."""

    def write(self, act: Callable[[Connection], T]) -> T:
        """Do something with the writing connection, between two groups of marks, and wait for it."""
