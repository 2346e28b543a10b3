"""OpenDocument spreadsheets, .ods: the rows of a table as a stream (OASIS OpenDocument 1.3 part 3 §9).

The format itself says what people see of every cell, with the decimal mark of whoever saved it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time
from decimal import Decimal
from math import isfinite

from mass_apology.typed_files.archive import Archive, parsed, xml_parser
from mass_apology.typed_files.frames import Notice, broken
from mass_apology.typed_files.number_format import EXACT, WIDE, Number, plain
from mass_apology.typed_files.sheet_choice import Listed, chosen
from mass_apology.typed_files.sheet_rows import (
    FORMULA_UNSAVED,
    LONGEST_CELL,
    MOST_COLUMNS,
    TOO_LONG,
    CellFlaw,
    SheetRow,
    Value,
    checked_length,
    checked_number,
    checked_order,
)

_CONTENT = "content.xml"
_MOST_REPEATED = 1000  # times that one row with something in it may stand below itself
_ASIDE = frozenset({"office:annotation", "table:shapes", "table:dde-links", "table:tracked-changes"})
_CELLS = frozenset({"table:table-cell", "table:covered-table-cell"})
_NUMBERS = frozenset({"float", "percentage", "currency"})
_ERROR = re.compile(r"#[A-Z0-9/]+[!?]?|Err:[0-9]{3}")
_SEPARATOR = re.compile(r"[\s.,'’\u00a0\u202f]")
_DIGITS = re.compile(r"[-−]?[0-9](?:[\s.,'’\u00a0\u202f]?[0-9])*")
_DURATION = re.compile(r"PT([0-9]{1,6})H([0-9]{1,2})M([0-9]{1,2})(?:[.,][0-9]+)?S")
_COVERED = CellFlaw("cell-merged", "is part of merged cells, whose value stands once")

Attributes = Mapping[str, str]


def chosen_table(archive: Archive, stated: str | None) -> tuple[int, list[Notice]]:
    """Which of the tables is read, from 0, and what is to be said about it. Raises ``Unreadable``."""
    found: list[tuple[str, str]] = []  # names and styles
    unseen: set[str] = set()  # styles of tables that are hidden
    style = ""

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal style
        if name == "table:table":
            found.append((attributes.get("table:name", ""), attributes.get("table:style-name", "")))
        elif name == "style:style":
            style = attributes.get("style:name", "")
        elif name == "style:table-properties" and attributes.get("table:display") == "false":
            unseen.add(style)

    parser = xml_parser()
    parser.StartElementHandler = start
    for _ in parsed(parser, _CONTENT, archive.blocks(_CONTENT)):
        pass
    listed = [
        Listed(name, str(place), shown=style not in unseen, readable=True) for place, (name, style) in enumerate(found)
    ]
    place, notices = chosen(listed, 0, stated)
    return int(place), notices


def table_rows(archive: Archive, place: int) -> Iterator[SheetRow]:
    """The rows of the table that hold something."""
    parser = xml_parser()
    handlers = _Handlers(place, lambda hear: setattr(parser, "CharacterDataHandler", hear))
    parser.StartElementHandler = handlers.start
    parser.EndElementHandler = handlers.end
    for _ in parsed(parser, _CONTENT, archive.blocks(_CONTENT)):
        yield from handlers.rows
        handlers.rows.clear()


class _Handlers:
    """What the parser calls, element by element, for one table of the document."""

    def __init__(self, place: int, listen: Callable[[Callable[[str], None] | None], None]) -> None:
        self.rows: list[SheetRow] = []
        self._left = place + 1  # tables until this one is over
        self._within = False
        self._listen = listen
        self._aside = 0  # depth within what stands beside the cells' own text
        self._line = 0
        self._row: Attributes = {}
        self._cells: list[tuple[int, Value]] = []
        self._column = 0
        self._cell: Attributes = {}
        self._pieces: list[str] = []
        self._paragraphs = 0
        self._covering: dict[int, int] = {}  # columns, and the last line that a cell above reaches over

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins."""
        if self._aside or name in _ASIDE or name.startswith("draw:"):
            self._aside += 1
        elif name == "table:table":
            self._left -= 1
            self._within = self._left == 0
        elif self._within:
            self._begin(name, attributes)

    def end(self, name: str) -> None:
        """An element ends."""
        if self._aside:
            self._aside -= 1
        elif name == "table:table":
            self._within = False
        elif self._within:
            if name == "text:p":
                self._listen(None)
            elif name in _CELLS:
                self._end_cell(covered=name != "table:table-cell")
            elif name == "table:table-row":
                self._end_row()

    def _begin(self, name: str, attributes: Attributes) -> None:
        if name in _CELLS:
            self._cell = attributes
            self._pieces.clear()
            self._paragraphs = 0
        elif name == "text:p":
            self._pieces += ["\n"] if self._paragraphs else []
            self._paragraphs += 1
            self._listen(self._pieces.append)
        elif name == "table:table-row":
            self._row, self._cells, self._column = attributes, [], 0
            self._line = self._line + 1
        elif name == "text:s":
            self._pieces.append(" " * min(_count(attributes, "text:c"), LONGEST_CELL))
        elif name in {"text:tab", "text:line-break"}:
            self._pieces.append("\t" if name == "text:tab" else "\n")

    def _end_cell(self, *, covered: bool) -> None:
        repeated = _count(self._cell, "table:number-columns-repeated")
        value = _COVERED if covered else _value(self._cell, "".join(self._pieces))
        first, self._column = self._column, self._column + repeated
        if not value:
            return
        if covered:
            columns = range(first, min(self._column, MOST_COLUMNS))
            self._cells += [(each, _COVERED) for each in columns if self._covering.get(each, 0) >= self._line]
            return
        if self._column > MOST_COLUMNS:
            raise broken(f"its row {self._line} has more than {MOST_COLUMNS:,} cells")
        self._cells += [(each, value) for each in range(first, self._column)]
        wide = _count(self._cell, "table:number-columns-spanned")
        high = _count(self._cell, "table:number-rows-spanned")
        if wide > 1 or high > 1:
            reached = range(first, min(first + wide, MOST_COLUMNS))
            self._covering.update(dict.fromkeys(reached, self._line + high - 1))

    def _end_row(self) -> None:
        repeated = _count(self._row, "table:number-rows-repeated")
        hidden = self._row.get("table:visibility") in {"collapse", "filter"}
        if self._cells:
            checked_order(self._line - 1, self._line)
            if repeated > _MOST_REPEATED:
                raise broken(f"its row {self._line} stands {repeated:,} times below itself")
            self.rows += [SheetRow(self._line + each, hidden, self._cells) for each in range(repeated)]
        self._line += repeated - 1


def _count(attributes: Attributes, name: str) -> int:
    return checked_number(attributes.get(name, "1"), 11)


def _value(cell: Attributes, text: str) -> Value:  # noqa: PLR0911 (one return for each type)
    checked_length(text)
    kind = cell.get("office:value-type")
    formula = "table:formula" in cell
    if cell.get("calcext:value-type") == "error" or (formula and _ERROR.fullmatch(text)):
        return CellFlaw("cell-error", f"shows {text[:20]}")
    if formula and kind is None and not text:
        return FORMULA_UNSAVED
    if kind in _NUMBERS:
        return _number(cell.get("office:value", ""), text.strip())
    if kind == "date":
        return _date(cell.get("office:date-value", ""))
    if kind == "time":
        return _time(cell.get("office:time-value", ""))
    if kind == "boolean":
        return "TRUE" if cell.get("office:boolean-value") == "true" else "FALSE"
    return text or cell.get("office:string-value", "")[:LONGEST_CELL]


def _number(stored: str, text: str) -> Value:
    try:
        value = float(stored)
    except ValueError:
        value = float("nan")
    if not isfinite(value):
        return CellFlaw("cell-error", f"holds '{stored[:20]}' as a number")
    if abs(value) >= EXACT:
        return TOO_LONG
    bare = plain(value)
    seen = _seen(text, Decimal(bare)) if text else bare
    return seen if seen == bare else Number(seen, bare)


def _seen(text: str, value: Decimal) -> str:
    """What is shown, with a decimal point and without separated thousands, which whoever saved it may write otherwise.

    Whether the last separator is a decimal mark is told by the number that is stored.
    """
    if not _DIGITS.fullmatch(text):
        return text
    digits = _SEPARATOR.sub("", text.lstrip("-−"))
    last = max(text.rfind("."), text.rfind(","))
    for places in (len(text) - last - 1, 0) if last >= 0 else (0,):
        rounded = format(WIDE.quantize(value, Decimal(1).scaleb(-places)), "f")
        if rounded.lstrip("-").replace(".", "") == digits:
            return rounded
    return text


def _date(stored: str) -> Value:
    try:
        moment = datetime.fromisoformat(stored)
    except ValueError:
        return CellFlaw("cell-error", f"holds '{stored[:30]}' as a date")
    return moment.date().isoformat() if moment.time() == time() else moment.replace(microsecond=0).isoformat()


def _time(stored: str) -> Value:
    match = _DURATION.fullmatch(stored)
    if match is None:
        return CellFlaw("cell-error", f"holds '{stored[:30]}' as a time")
    return f"{int(match[1]):02}:{int(match[2]):02}:{int(match[3]):02}"
