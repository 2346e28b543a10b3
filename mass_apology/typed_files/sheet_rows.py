"""A sheet's rows, of whatever format: which is the header, and which rows cannot be relied upon.

A reader of a format gives rows as it finds them; what a person would not see there, or would see as an error, is not
read as if it were a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from mass_apology.typed_files.frames import FlawedRow, Heading, Notice, Request, Rows, Unreadable, broken
from mass_apology.typed_files.limits import Budget
from mass_apology.typed_files.number_format import Number

MOST_COLUMNS = 16_384
MOST_LINES = 1_048_576
LONGEST_CELL = 32_767  # characters: more than any spreadsheet program holds

_HEADER_LINES = 100  # the header of a sheet stands among these
_LOOKED_AT = 1000  # rows from which it is told how the workbook's numbers are shown
_TITLE_CELLS = 2  # a row above the header that is no header itself has no more than these
_FRAME_TEXT = 1 << 20  # characters of one frame, more or less
_FLAWS_TOLD = 10  # of one row
_OF_NUMBERS = frozenset("0123456789.+-()/ \u00a0\u202f")


class CellFlaw(NamedTuple):
    """Why a cell's value cannot be relied upon."""

    code: str
    problem: str  # completes the sentence "Cell B4 …"
    bare: str = ""  # the number that is stored, where only its format is at fault


FORMULA_UNSAVED = CellFlaw("formula-unsaved", "holds a formula whose result was not saved")
TOO_LONG = CellFlaw("digits-lost", "holds a number of more than 15 digits, of which a workbook keeps only 15")

Value = str | Number | CellFlaw


class SheetRow(NamedTuple):
    """One row as a reader finds it."""

    line: int  # from 1
    hidden: bool
    cells: Sequence[tuple[int, Value]]  # the columns, from 0 and in order, of cells that hold something


Range = tuple[int, int, int, int]
"""First line, first column, last line, last column."""


def cell_name(line: int, column: int) -> str:
    """``"B4"`` for line 4, column 1."""
    letters, left = "", column + 1
    while left:
        left, letter = divmod(left - 1, 26)
        letters = chr(65 + letter) + letters
    return f"{letters}{line}"


class Sheet:
    """The rows of one sheet. ``merged`` are its merged cells, ``notices`` what is to be said before the rows."""

    def __init__(
        self,
        rows: Iterator[SheetRow],
        request: Request,
        *,
        merged: Iterable[Range] = (),
        notices: Sequence[Notice] = (),
        size: int,
    ) -> None:
        self._request = request
        self._budget = Budget(size)
        self._merged = _Merged(merged)
        self._first = list(islice(rows, _LOOKED_AT))
        self._place = _header_place(self._first, request)
        header = self._first[self._place]
        self._line = header.line
        self._left = next(column for column, value in header.cells if not _is_blank(value))
        self._names = _header_cells(header, self._left)
        self._rows = chain(self._first[self._place + 1 :], rows)
        self._notices = notices

    def heading(self) -> Heading:
        """The header, and what there is to say about the sheet."""
        return Heading(self._names, [*self._notices, *self._above()], self._line, self._numbers_shown())

    def frames(self) -> Iterator[Rows]:
        """The rows below the header that are not blank."""
        lines: list[int] = []
        texts: list[list[str]] = []
        flawed: list[FlawedRow] = []
        bare = [place in self._request.bare for place in range(self._request.width)]
        room = _FRAME_TEXT
        counted = 0
        for row in self._rows:
            text, flaws = self._judged(row, bare)
            if flaws:
                flawed.extend(flaws)
            elif text is not None:
                lines.append(row.line)
                texts.append(text)
            else:
                continue
            used = sum(map(len, text or ()))
            self._budget.spend(used)
            room -= used
            counted += 1
            if counted == self._request.rows or room < 0:
                yield Rows(lines, texts, flawed)
                lines, texts, flawed, room, counted = [], [], [], _FRAME_TEXT, 0
        if lines or flawed:
            yield Rows(lines, texts, flawed)

    def _judged(self, row: SheetRow, bare: Sequence[bool]) -> tuple[list[str] | None, list[FlawedRow]]:
        """The row's texts, ``None`` for a blank one, and what is wrong with it."""
        text = [""] * self._request.width
        wrong: list[tuple[int, CellFlaw]] = []
        blank = True
        for column, value in row.cells:
            place = column - self._left
            if not 0 <= place < len(text):
                if not _is_blank(value):
                    wrong.append((column, _outside(value)))
            elif type(value) is str:
                text[place] = value
                blank = blank and (not value or value.isspace())
            elif type(value) is Number:
                text[place] = value.bare if bare[place] else value.seen
                blank = False
            elif type(value) is CellFlaw:
                if value.bare and bare[place]:
                    text[place] = value.bare
                else:
                    wrong.append((column, value))
        wrong += self._merged.covered(row, self._left, len(text))
        if not wrong and blank:
            return None, []
        if row.hidden:
            return text, [self._flawed(row, text, "row-hidden", "The row is hidden or filtered out in the workbook.")]
        return text, [
            self._flawed(row, text, flaw.code, f"Cell {cell_name(row.line, column)} {flaw.problem}.", column)
            for column, flaw in wrong[:_FLAWS_TOLD]
        ]

    def _flawed(self, row: SheetRow, text: Sequence[str], code: str, problem: str, column: int = -1) -> FlawedRow:
        place = column - self._left
        name = self._names[place].strip() if 0 <= place < len(self._names) else ""
        return FlawedRow(row.line, text[self._request.place], code, problem, name)

    def _above(self) -> Iterator[Notice]:
        """That there is something above the header, which is no row."""
        above = [row for row in self._first[: self._place] if not (row.hidden or _is_blank_row(row))]
        if above:
            title = next(value for _, value in above[0].cells if not _is_blank(value))
            yield Notice(
                "header-found",
                "info",
                f"The header is line {self._line}; what stands above it, such as '{_short(title)}', is not read.",
                "If that is not the header, delete the lines above the right one.",
            )

    def _numbers_shown(self) -> dict[int, str]:
        """Which columns' numbers are texts with a sign of their own, as ``4.50 €`` is."""
        examples: dict[int, str] = {}
        for row in self._first[self._place + 1 :]:
            for column, value in row.cells:
                place = column - self._left
                told = place in examples or type(value) is not Number or not 0 <= place < len(self._names)
                if not told and not _OF_NUMBERS.issuperset(_seen(value)):
                    examples[place] = f"'{_short(value)}' in {cell_name(row.line, column)}"
        return examples


class _Merged:
    """Which cells are covered by a cell to the left or above that reaches over them."""

    def __init__(self, ranges: Iterable[Range]) -> None:
        self._waiting = sorted(ranges, reverse=True)
        self._active: list[Range] = []

    def covered(self, row: SheetRow, left: int, width: int) -> list[tuple[int, CellFlaw]]:
        """Rows are asked for in their order. Merged cells that hold nothing hide nothing."""
        if not self._waiting and not self._active:
            return []
        self._active = [each for each in self._active if each[2] >= row.line]
        while self._waiting and self._waiting[-1][0] <= row.line:
            each = self._waiting.pop()
            if each[0] == row.line and any(column == each[1] and not _is_blank(value) for column, value in row.cells):
                if any(other[1] <= each[3] and each[1] <= other[3] for other in self._active):
                    raise broken(f"its merged cells overlap in row {row.line}")
                self._active.append(each)
        found = []
        for first_line, first, last_line, last in self._active:
            begin = first + 1 if first_line == row.line else first
            name = f"{cell_name(first_line, first)}:{cell_name(last_line, last)}"
            flaw = CellFlaw("cell-merged", f"is part of the merged cells {name}, whose value stands once")
            found += [(each, flaw) for each in range(max(begin, left), min(last, left + width - 1) + 1)][:_FLAWS_TOLD]
        return found


def _header_place(first: Sequence[SheetRow], request: Request) -> int:
    """Where among the first rows the header is: the inspected one, or the one with the address column, or the first."""
    rows = [
        (place, row) for place, row in enumerate(first) if row.line <= first[0].line + _HEADER_LINES and not row.hidden
    ]
    rows = [(place, row) for place, row in rows if not _is_blank_row(row)]
    if not rows:
        raise Unreadable("is empty.", "Write the column names in the first row, and a row for each customer.")
    if request.rows:
        return next((place for place, row in rows if row.line == request.line), rows[0][0])
    for place, row in rows:
        if _has_address(row, request.address):
            return place
        if len(row.cells) > _TITLE_CELLS:
            break
    return rows[0][0]


def _has_address(row: SheetRow, address: str) -> bool:
    cells = {cell.strip().removeprefix("'").strip() for cell in (_seen(value) for _, value in row.cells)}
    return address in cells or (address == "email" and "email" in {cell.casefold() for cell in cells})


def _header_cells(row: SheetRow, left: int) -> list[str]:
    for column, value in row.cells:
        if type(value) is CellFlaw:
            problem = f"has a header that cannot be used: cell {cell_name(row.line, column)} {value.problem}."
            raise Unreadable(problem, "Write the column's name into the cell.")
    last = max(column for column, value in row.cells if not _is_blank(value))
    names = [""] * (last - left + 1)
    for column, value in row.cells:
        if left <= column <= last:
            names[column - left] = _seen(value)
    return names


def _seen(value: Value) -> str:
    if type(value) is str:
        return value
    return value.seen if type(value) is Number else ""


def _is_blank(value: Value) -> bool:
    return type(value) is str and (not value or value.isspace())


def _is_blank_row(row: SheetRow) -> bool:
    return all(_is_blank(value) for _, value in row.cells)


def _outside(value: Value) -> CellFlaw:
    what = f"holds '{_short(value)}'" if _seen(value) else "holds something"
    return CellFlaw("cell-outside", f"{what}, and the header has no column there")


def _short(value: Value) -> str:
    text = _seen(value)
    return text if len(text) <= 30 else f"{text[:29]}…"


def checked_number(text: str, digits: int) -> int:
    """The whole number that a file states; raises ``Unreadable`` where it is none, or has more than ``digits``."""
    if not (text.isascii() and text.isdigit() and len(text) <= digits):
        raise broken(f"it has '{text[:20]}' where a number belongs")
    return int(text)


def checked_length(text: str) -> str:
    """The text itself; raises ``Unreadable`` where it is longer than any cell can be."""
    if len(text) > LONGEST_CELL:
        raise broken(f"it has a cell of {len(text):,} characters, and a cell holds {LONGEST_CELL:,}")
    return text


def checked_order(before: int, line: int) -> int:
    """The line itself; raises ``Unreadable`` where it is not behind the one before, or below any sheet's end."""
    if not before < line <= MOST_LINES:
        raise broken(f"its row {line} stands behind row {before}")
    return line
