"""Rows of the recipients file by column: the cells' texts, and the values of columns with a declared type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import compress, islice

from mass_apology.columns import Readers, Value
from mass_apology.recipients.cells import Converted, converted

_AT_A_TIME = 256  # rows


class RowTable:
    """Cleaned rows, for conditions and checks. A column is converted once, at the first call of ``values``."""

    def __init__(self, texts: Mapping[str, Sequence[str]], readers: Readers) -> None:
        """``texts``: column → cells; all columns have the same length."""
        self.texts = texts
        self._readers = readers
        self._typed: dict[str, Converted[Value]] = {}

    @property
    def typed(self) -> tuple[str, ...]:
        """The columns of another type than text."""
        return tuple(self._readers)

    def values(self, column: str) -> Converted[Value]:
        """The converted cells of a typed column."""
        if column not in self._typed:
            self._typed[column] = converted(self.texts[column], self._readers[column])
        return self._typed[column]

    def chosen(self, choice: Sequence[bool]) -> RowTable:
        """The chosen rows, with the values that are already converted."""
        if all(choice):
            return self
        table = RowTable({column: list(compress(cells, choice)) for column, cells in self.texts.items()}, self._readers)
        for column, typed in self._typed.items():
            table._typed[column] = typed._replace(values=list(compress(typed.values, choice)))
        return table

    def repeated(self, places: Sequence[int], changes: Mapping[str, Sequence[str]]) -> RowTable:
        """The rows at these positions, some of them several times; ``changes``: the cells of other columns."""
        texts = {column: [cells[place] for place in places] for column, cells in self.texts.items()}
        return RowTable({**texts, **changes}, self._readers)


def by_column(header: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, list[str]]:
    """Turn rows into columns; fields beyond the header are dropped.

    Rows are freed a few at a time, and equal texts are stored once: this halves the time.
    """
    columns: dict[str, list[str]] = {name: [] for name in header}
    known: dict[str, str] = {}
    coming = iter(rows)
    while group := list(islice(coming, _AT_A_TIME)):
        for column, cells in zip(columns.values(), zip(*group, strict=True), strict=False):
            column.extend(map(known.setdefault, cells, cells))
    return columns
