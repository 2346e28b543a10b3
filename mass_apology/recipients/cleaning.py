"""Cleans cells as they come from a file, and counts and reports everything that it removes.

An invisible character must not decide who gets which letter: ``pro`` and ``pro␠`` are one value to the file's author.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType

from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import BLANKS, composed, has_accents_apart
from mass_apology.recipients.column_layout import listed, note
from mass_apology.spreadsheets import unmarked

LINES_SHOWN = 5
COLUMNS_SHOWN = 8
_ASCII_BLANKS = "".join(filter(str.isascii, BLANKS))  # ``strip`` takes half the time with fewer characters

_NOTES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "blanks-removed": (
            "Blanks or invisible characters around values were taken away {where}.",
            "Nothing needs to be done: a value with them would not have equalled the same value without.",
        ),
        "text-marks-removed": (
            "Apostrophes that make a spreadsheet show a value as text were taken away {where}.",
            "Nothing needs to be done, unless one of them is part of a name.",
        ),
        "quotes-removed": (
            "Double quotes that stand after a blank were taken as those of the field, {where}.",
            "Nothing needs to be done; to be sure, write the quote directly after the delimiter.",
        ),
        "row-ends-removed": (
            "Empty fields beyond the header's columns were passed over: {lines}.",
            "Nothing needs to be done: there is nothing in them.",
        ),
        "rows-empty": (
            "Rows without any value were passed over: {lines}.",
            "Nothing needs to be done: spreadsheets leave them at the end of a table.",
        ),
        "header-repeated": (
            "The column names stand there once more, as when files are put together, and were passed over: {lines}.",
            "Nothing needs to be done, if the rows below are such as those above.",
        ),
        "accents-composed": (
            "Letters written apart from their accents were put together (Unicode NFC) {where}.",
            "Nothing needs to be done: they look the same, and now are.",
        ),
    }
)


class Occurrences:
    """Counts the occurrences of one kind of change, and keeps their columns and first lines for a sentence."""

    def __init__(self) -> None:
        self.count = 0
        self._columns: dict[str, None] = {}
        self._lines: list[int] = []

    def add(self, lines: Sequence[int], column: str = "") -> None:
        """Count one occurrence in each of these lines; without ``column``, of whole rows."""
        self.count += len(lines)
        if column:
            self._columns[column] = None
        kept = LINES_SHOWN + 1  # one more than is shown, for the ellipsis
        if len(self._lines) < kept or lines[0] < self._lines[-1]:
            self._lines = sorted({*self._lines, *lines[:kept]})[:kept]

    @property
    def where(self) -> str:
        """ "in 12 cells of 'plan' and others (lines 3, 4, 7, …)"."""
        if not self._columns:
            return f"in {'one row' if self.count == 1 else f'{self.count:,} rows'} ({self.lines})"
        cells = "one cell" if self.count == 1 else f"{self.count:,} cells"
        more = " and others" if len(self._columns) > COLUMNS_SHOWN else ""
        return f"in {cells} of {listed(islice(self._columns, COLUMNS_SHOWN))}{more} ({self.lines})"

    @property
    def lines(self) -> str:
        """ "line 3", "lines 3, 4, 7, …"."""
        more = ", …" if len(self._lines) > LINES_SHOWN else ""
        return f"line{'s' if len(self._lines) > 1 else ''} {', '.join(map(str, self._lines[:LINES_SHOWN]))}{more}"


class Cleaner:
    """Cleans the cells of one file, batch by batch. ``read`` and ``cells`` make one for each pass over the file."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._noted: dict[str, Occurrences] = {}

    def cleaned(self, columns: Mapping[str, list[str]], lines: Sequence[int]) -> dict[str, list[str]]:
        """Return the same rows, cleaned; ``lines`` are their line numbers. Line ends in cells become line feeds."""
        return {column: self._column(column, cells, lines) for column, cells in columns.items()}

    def findings(self) -> Iterator[Finding]:
        """One finding for each kind of change so far."""
        for code, (problem, advice) in _NOTES.items():
            if noted := self._noted.get(code):
                yield note(
                    code, Severity.INFO, self._file, problem.format(where=noted.where, lines=noted.lines), advice
                )

    def _column(self, column: str, cells: list[str], lines: Sequence[int]) -> list[str]:
        joined = "".join(cells)
        if "\r" in joined:
            cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
        cells = self._stripped(column, cells, lines, _ASCII_BLANKS if joined.isascii() else BLANKS)
        if "'" in joined:
            cells = self._changed("text-marks-removed", column, cells, lines, _without_mark)
        if not joined.isascii() and has_accents_apart(joined):
            cells = self._changed("accents-composed", column, cells, lines, composed)
        return cells

    def _stripped(self, column: str, cells: list[str], lines: Sequence[int], blanks: str) -> list[str]:
        """Strip the cells. A cell of blanks only becomes empty, which is not reported."""
        stripped = [cell.strip(blanks) for cell in cells]
        if stripped != cells:
            rows = zip(lines, cells, stripped, strict=True)
            self.note("blanks-removed", [line for line, old, new in rows if new and len(new) < len(old)], column)
        return stripped

    def _changed(
        self, code: str, column: str, cells: list[str], lines: Sequence[int], change: Callable[[str], str]
    ) -> list[str]:
        changed = [change(cell) for cell in cells]
        rows = zip(lines, cells, changed, strict=True)
        self.note(code, [line for line, old, new in rows if new is not old and new != old], column)
        return changed

    def note(self, code: str, lines: Sequence[int], column: str = "") -> None:
        """Count a change of the kind ``code`` in these lines, in one column or in whole rows."""
        if lines:
            self._noted.setdefault(code, Occurrences()).add(lines, column)


def _without_mark(cell: str) -> str:
    return unmarked(cell).strip(BLANKS) if "'" in cell else cell
