"""Some rows of the recipients file, column by column: the cells' texts, and their values where a type is declared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import compress, islice

from mass_apology.columns import Value
from mass_apology.recipients.cells import Converted, converted, value_reader
from mass_apology.settings import ColumnType

_AT_A_TIME = 256  # rows

Readers = Mapping[str, Callable[[str], Value]]
"""How the columns are read whose declared type is another one than text."""


def readers(types: Mapping[str, ColumnType], time_zone: str) -> Readers:
    """By the types that the campaign declares; ``time_zone`` is of moments that are written without an offset."""
    return {column: value_reader(kind, time_zone) for column, kind in types.items() if kind is not ColumnType.TEXT}


class RowTable:
    """Cleaned rows. Each cell is read once as its type, when a condition or a check first asks for its column."""

    def __init__(self, texts: Mapping[str, Sequence[str]], readers: Readers) -> None:
        """``texts`` are the cells by column, as many in each."""
        self.texts = texts
        self._readers = readers
        self._typed: dict[str, Converted[Value]] = {}

    @property
    def typed(self) -> tuple[str, ...]:
        """The columns that have another type than text."""
        return tuple(self._readers)

    def values(self, column: str) -> Converted[Value]:
        """What the cells of a typed column mean."""
        if column not in self._typed:
            self._typed[column] = converted(self.texts[column], self._readers[column])
        return self._typed[column]

    def chosen(self, choice: Sequence[bool]) -> RowTable:
        """The rows that are chosen, with their values as far as they were read."""
        if all(choice):
            return self
        table = RowTable({column: list(compress(cells, choice)) for column, cells in self.texts.items()}, self._readers)
        for column, typed in self._typed.items():
            table._typed[column] = typed._replace(values=list(compress(typed.values, choice)))
        return table


def by_column(header: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """The cells of rows by their column; fields beyond the header are left out.

    Rows are let go a few at a time, and a text that comes again is kept once: that takes half the time.
    """
    columns: dict[str, list[str]] = {name: [] for name in header}
    known: dict[str, str] = {}
    coming = iter(rows)
    while group := list(islice(coming, _AT_A_TIME)):
        for column, cells in zip(columns.values(), zip(*group, strict=True), strict=False):
            column.extend(map(known.setdefault, cells, cells))
    return columns
