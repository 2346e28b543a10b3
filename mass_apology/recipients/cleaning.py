"""Cells as they come from files → the values they stand for; everything that is taken away is counted and told.

What nobody sees must not decide who gets which letter: ``pro`` and ``pro␠`` are one value to whoever wrote the file.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING

from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import BLANKS
from mass_apology.recipients.layout import listed, note
from mass_apology.spreadsheets import unmarked

if TYPE_CHECKING:
    import pandas as pd

LINES_SHOWN = 5
COLUMNS_SHOWN = 8

# Letters with accents of their own, and Korean syllables in parts. NFC of a whole text would also replace characters
# that some Japanese and Chinese names are written with.
_APART = re.compile("[^\\W\\d_][\u0300-\u036f\u3099\u309a]+|[\u1100-\u11ff]+")

_TOLD: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "blanks-removed": (
            "Blanks or invisible characters around values were taken away",
            "Nothing needs to be done: a value with them would not have equalled the same value without.",
        ),
        "text-marks-removed": (
            "Apostrophes that make a spreadsheet show a value as text were taken away",
            "Nothing needs to be done, unless one of them is part of a name.",
        ),
        "accents-composed": (
            "Letters written apart from their accents were put together (Unicode NFC)",
            "Nothing needs to be done: they look the same, and now are.",
        ),
    }
)


class Noted:
    """Where something was seen: how often, in which columns, and in which lines first."""

    def __init__(self) -> None:
        self.count = 0
        self._columns: dict[str, None] = {}
        self._lines: list[int] = []

    def add(self, column: str, lines: Sequence[int]) -> None:
        """Once in each of these lines."""
        self.count += len(lines)
        self._columns[column] = None
        kept = LINES_SHOWN + 1  # one more, to know whether there are more
        if len(self._lines) < kept or lines[0] < self._lines[-1]:
            self._lines = sorted({*self._lines, *lines[:kept]})[:kept]

    @property
    def where(self) -> str:
        """ "in 12 cells of 'plan' and others (lines 3, 4, 7, …)"."""
        cells = "one cell" if self.count == 1 else f"{self.count:,} cells"
        more = " and others" if len(self._columns) > COLUMNS_SHOWN else ""
        return f"in {cells} of {listed(islice(self._columns, COLUMNS_SHOWN))}{more} ({self.lines})"

    @property
    def lines(self) -> str:
        """ "line 3", "lines 3, 4, 7, …"."""
        more = ", …" if len(self._lines) > LINES_SHOWN else ""
        return f"line{'s' if len(self._lines) > 1 else ''} {', '.join(map(str, self._lines[:LINES_SHOWN]))}{more}"


class Cleaner:
    """Cleans the cells of one file, batch by batch."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._noted: dict[str, Noted] = {}

    def cleaned(self, frame: pd.DataFrame, lines: Sequence[int]) -> pd.DataFrame:
        """The same rows; ``lines`` are those where they start. Lines within a cell end in a line feed."""
        import pandas as pd  # noqa: PLC0415 (350 ms that no other command should pay)

        columns = {column: self._column(column, frame[column].tolist(), lines) for column in frame.columns}
        return pd.DataFrame(columns, dtype=object, index=frame.index)

    def findings(self) -> Iterator[Finding]:
        """What was taken away so far, each kind once."""
        for code, (problem, advice) in _TOLD.items():
            if noted := self._noted.get(code):
                yield note(code, Severity.INFO, self._file, f"{problem} {noted.where}.", advice)

    def _column(self, column: str, cells: list[str], lines: Sequence[int]) -> list[str]:
        joined = "".join(cells)
        if "\r" in joined:
            cells = [cell.replace("\r\n", "\n").replace("\r", "\n") for cell in cells]
        cells = self._stripped(column, cells, lines)
        if "'" in joined:
            cells = self._changed("text-marks-removed", column, cells, lines, unmarked)
        if not joined.isascii() and _APART.search(joined):
            cells = self._changed("accents-composed", column, cells, lines, composed)
        return cells

    def _stripped(self, column: str, cells: list[str], lines: Sequence[int]) -> list[str]:
        """Cells of nothing but blanks are empty, which needs no word."""
        stripped = [cell.strip(BLANKS) for cell in cells]
        if stripped != cells:
            rows = zip(lines, cells, stripped, strict=True)
            self._note("blanks-removed", column, [line for line, old, new in rows if new and len(new) < len(old)])
        return stripped

    def _changed(
        self, code: str, column: str, cells: list[str], lines: Sequence[int], change: Callable[[str], str]
    ) -> list[str]:
        changed = [change(cell) for cell in cells]
        rows = zip(lines, cells, changed, strict=True)
        self._note(code, column, [line for line, old, new in rows if new is not old and new != old])
        return changed

    def _note(self, code: str, column: str, lines: Sequence[int]) -> None:
        if lines:
            self._noted.setdefault(code, Noted()).add(column, lines)


def composed(cell: str) -> str:
    """The cell with every letter and its accents as one character, where there is such a character."""
    return cell if cell.isascii() else _APART.sub(lambda apart: unicodedata.normalize("NFC", apart[0]), cell)
