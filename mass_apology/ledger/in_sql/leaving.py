"""A ledger that is to be moved to another database, under our lock."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

from mass_apology.ledger.in_sql.connection import Connection, Reading
from mass_apology.ledger.in_sql.moved_tables import SqlContents
from mass_apology.ledger.in_sql.sql_ledger import SqlLedger

C = TypeVar("C", bound=Connection)


class SqlLeaving(Generic[C]):
    """Implements ``moving.Leaving``."""

    def __init__(
        self,
        ledger: SqlLedger[C],
        reading: Reading,
        leave: Callable[[SqlLedger[C], str, float], None],
        compact: Callable[[Connection], object],
    ) -> None:
        """``leave`` makes the ledger GONE, in one commit."""
        self._ledger = ledger
        self._reading = reading
        self._leave = leave
        self._compact = compact

    @contextmanager
    def contents(self) -> Iterator[SqlContents]:
        with self._reading.own() as reader:
            yield SqlContents(reader)

    def leave(self, to: str, now: float) -> None:
        self._leave(self._ledger, to, now)

    def compact(self) -> None:
        self._ledger.write(self._compact)
