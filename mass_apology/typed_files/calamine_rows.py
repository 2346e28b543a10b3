"""Old and binary workbooks, .xls and .xlsb: the values that python-calamine finds, which is less than people see.

It knows neither number formats nor hidden rows, and an error is an empty cell to it. Of an .xls ``biff`` says these;
of the others the user is told.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, time, timedelta
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mass_apology.typed_files.biff import Seen, seen_cells
from mass_apology.typed_files.frames import Notice, broken
from mass_apology.typed_files.number_format import EXACT, plain, time_text
from mass_apology.typed_files.sheet_choice import Listed, chosen
from mass_apology.typed_files.sheet_rows import TOO_LONG, CellFlaw, Range, SheetRow, Value

if TYPE_CHECKING:
    from python_calamine import CalamineSheet

_VALUES_ONLY = Notice(
    "values-only",
    "warning",
    "Of such a workbook only the bare values can be read: 123 where it shows 00123, nothing where it shows an error "
    "such as #N/A, and hidden rows like any others.",
    "Open it in a spreadsheet program, save it as .xlsx, and use that.",
)


@contextmanager
def opened_sheet(path: Path, stated: str | None) -> Iterator[tuple[CalamineSheet, Seen | None, list[Notice]]]:
    """The sheet that is read, what is seen in it, and what is to be said. Raises ``Unreadable``."""
    from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415 (an extra)

    try:
        with CalamineWorkbook.from_path(path) as book:
            listed = [_listed(place, each) for place, each in enumerate(book.sheets_metadata)]
            place, notices = chosen(listed, 0, stated)
            seen = seen_cells(path, int(place))
            yield book.get_sheet_by_index(int(place)), seen, [*([] if seen else [_VALUES_ONLY]), *notices]
    except (CalamineError, ValueError, OSError) as error:
        raise broken(str(error)[:160].rstrip(".")) from error


def _listed(place: int, sheet: Any) -> Listed:
    shown = str(sheet.visible).endswith("Visible")
    return Listed(sheet.name, str(place), shown=shown, readable=str(sheet.typ).endswith("WorkSheet"))


def merged_cells(sheet: CalamineSheet) -> list[Range]:
    """The sheet's merged cells, as far as they are known."""
    return [
        (first_line + 1, first, last_line + 1, last)
        for (first_line, first), (last_line, last) in sheet.merged_cell_ranges or ()
    ]


def sheet_rows(sheet: CalamineSheet, seen: Seen | None) -> Iterator[SheetRow]:
    """The sheet's rows; all of them are in memory, as its format demands."""
    known = seen or Seen({}, frozenset())
    last = 0
    for line, row in enumerate(sheet.to_python(skip_empty_area=False), start=1):
        last = line
        values = {column: cell if type(cell) is str else _value(cell) for column, cell in enumerate(row)}
        values.update(known.cells.get(line, {}))
        yield from _rows(line, values, known)
    for line in sorted(line for line in known.cells if line > last):  # rows of nothing but errors
        yield from _rows(line, known.cells[line], known)


def _rows(line: int, values: Mapping[int, Value], known: Seen) -> Iterator[SheetRow]:
    if cells := [(column, values[column]) for column in sorted(values) if values[column]]:
        yield SheetRow(line, hidden=line in known.hidden, cells=cells)


def _value(cell: object) -> Value:
    match cell:
        case bool():
            return str(cell).upper()
        case int() | float():
            if not isfinite(cell):
                return CellFlaw("cell-error", "holds an infinite number")
            return TOO_LONG if abs(cell) >= EXACT else plain(float(cell))
        case date() | time() | timedelta():
            return time_text(cell)
        case _:
            return str(cell)
