"""What the parts of a ledger run their statements on, whichever database keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

Facts = Mapping[str, object]
"""The values of what a statement names, such as ``:wave``."""


class Cursor(Protocol):
    """The rows of one statement."""

    @property
    def rowcount(self) -> int: ...

    def fetchone(self) -> Any: ...

    def fetchmany(self, size: int = ..., /) -> list[Any]: ...

    def fetchall(self) -> list[Any]: ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection in autocommit mode."""

    def execute(self, statement: str, facts: Facts = ..., /) -> Cursor: ...

    def executemany(self, statement: str, facts: Iterable[Facts], /) -> object: ...


class Reading(Protocol):
    """A ledger for whoever reads it; the database's errors become ``LedgerError``."""

    def statements(self, file: str) -> Mapping[str, str]:
        """The statements of a file by name, as this database understands them."""

    def shared(self) -> AbstractContextManager[Connection]:
        """The ledger's reading connection: for short questions in the thread that opened it."""

    def moment(self) -> AbstractContextManager[Connection]:
        """So too, for several questions: all that is read meanwhile is as of one moment."""

    def own(self) -> AbstractContextManager[Connection]:
        """A connection of one's own, as of one moment: for what streams, and for any thread."""


class Writing(Protocol):
    """A ledger's writing connection, which does one thing after the other, between two groups of marks."""

    def statements(self, file: str) -> Mapping[str, str]:
        """As ``Reading.statements``."""

    def write(self, act: Callable[[Connection], T]) -> T:
        """Do something with it, and wait for that."""

    def change(self, act: Callable[[Connection], T]) -> T:
        """So too, in a transaction: all of it is durable afterwards, or nothing."""

    def change_fenced(self, act: Callable[[Connection], T]) -> T:
        """So too, unless the campaign's lock is not ours: then nothing happens but ``FencedOut``."""


COMMON = __package__
"""The package whose statements every database understands."""
