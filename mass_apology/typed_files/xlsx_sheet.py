"""The rows of a sheet of an .xlsx workbook, as a stream: cells as people see them (ECMA-376 part 1 §18.3.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, time
from itertools import chain
from math import isfinite
from xml.parsers import expat

from mass_apology.typed_files.archive import Archive, parsed, xml_parser
from mass_apology.typed_files.frames import broken
from mass_apology.typed_files.number_format import EXACT, Format, Number, plain, shown_moment, shown_number
from mass_apology.typed_files.sheet_rows import (
    FORMULA_UNSAVED,
    MOST_COLUMNS,
    TOO_LONG,
    CellFlaw,
    Range,
    SheetRow,
    Value,
    cell_name,
    checked_order,
)
from mass_apology.typed_files.xlsx import Book, checked_text

_REFERENCE = re.compile(r"([A-Z]{1,3})([1-9][0-9]{0,6})")
_MERGED = re.compile(rb"<(?:\w+:)?mergeCell\s[^<>]*?\bref\s*=\s*[\"']([A-Z]+[0-9]+):([A-Z]+[0-9]+)[\"']")
_ROWS_END = re.compile(rb"</(?:\w+:)?sheetData\s*>|<(?:\w+:)?sheetData\s*/>")
_KEPT = 64  # octets at the end of a block that may hold the beginning of what is looked for
_REMEMBERED = 10_000  # numbers


def merged_cells(archive: Archive, part: str) -> list[Range]:
    """The sheet's merged cells. They stand behind its rows, so all of it is unpacked, but only its end is looked at.

    Raises:
        Unreadable: it is written in another encoding than UTF-8, as no spreadsheet program does.
    """
    blocks = archive.blocks(part)
    start = next(blocks, b"")
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in start[:_KEPT] or _other_encoding(start):
        raise broken(f"its part {part} is not in UTF-8")
    behind: list[bytes] = []
    ahead = b""
    for block in chain([start], blocks):
        if behind:
            behind.append(block)
        elif b"sheetData" in (both := ahead + block) and (end := _ROWS_END.search(both)):
            behind.append(both[end.end() :])
        else:
            ahead = block[-_KEPT:]
    return [(*_place(first), *_place(last)) for first, last in _MERGED.findall(b"".join(behind))]


def _other_encoding(start: bytes) -> bool:
    stated = re.match(rb"\s*(?:\xef\xbb\xbf)?<\?xml[^>]*encoding\s*=\s*[\"']([^\"']*)", start)
    return stated is not None and stated[1].lower() not in {b"utf-8", b"us-ascii"}


def _place(reference: bytes) -> tuple[int, int]:
    return _line_and_column(reference.decode("ascii"))


def _line_and_column(reference: str) -> tuple[int, int]:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise broken(f"it has a cell called '{reference[:20]}'")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    if column > MOST_COLUMNS:
        raise broken(f"it has a cell called '{reference[:20]}'")
    return int(match[2]), column - 1


def sheet_rows(archive: Archive, book: Book) -> Iterator[SheetRow]:
    """The rows that the sheet holds, in their order; blank ones may be left out."""
    parser = xml_parser()
    handlers = _Handlers(book, parser)
    for _ in parsed(parser, book.sheet, archive.blocks(book.sheet)):
        yield from handlers.rows
        handlers.rows.clear()


class _Handlers:
    """What the parser calls, element by element: a few short steps, since a file has millions of them."""

    def __init__(self, book: Book, parser: expat.XMLParserType) -> None:
        self.rows: list[SheetRow] = []
        self._book = book
        self._texts = book.texts
        self._parser = parser
        self._columns: dict[str, int] = {}  # letters that were seen before, and their columns
        self._numbers: dict[tuple[str, str | None], Value] = {}  # counts and dates say the same few things
        self._line = 0
        self._hidden = False
        self._cells: list[tuple[int, Value]] = []
        self._column = -1
        self._attributes: dict[str, str] = {}  # of the cell that is being read
        self._formula = False
        self._pieces: list[str] = []
        parser.StartElementHandler = self._root

    def _root(self, name: str, _: dict[str, str]) -> None:
        """Names may have a prefix, the same one in all of the part: the first element shows it."""
        prefix = name[: name.rfind(":") + 1]
        self._c, self._f = f"{prefix}c", f"{prefix}f"
        self._valued = frozenset({f"{prefix}v", f"{prefix}t"})
        self._row, self._phonetic = f"{prefix}row", f"{prefix}rPh"
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if name == self._c:
            self._attributes = attributes
            self._formula = False
            self._pieces.clear()
        elif name in self._valued:
            self._parser.CharacterDataHandler = self._pieces.append
        elif name == self._row:
            self._begin_row(attributes)
        elif name == self._f:
            self._formula = True
        elif name == self._phonetic:
            self._parser.StartElementHandler = None

    def _end(self, name: str) -> None:
        if name in self._valued:
            self._parser.CharacterDataHandler = None
        elif name == self._c:
            self._end_cell()
        elif name == self._row:
            if self._cells:
                self.rows.append(SheetRow(self._line, self._hidden, self._cells))
        elif name == self._phonetic:
            self._parser.StartElementHandler = self._start

    def _begin_row(self, attributes: dict[str, str]) -> None:
        stated = attributes.get("r")
        if stated is not None and not (stated.isascii() and stated.isdigit() and len(stated) < 8):
            raise broken(f"it has a row called '{stated[:20]}'")
        self._line = checked_order(self._line, self._line + 1 if stated is None else int(stated))
        self._hidden = attributes.get("hidden") in {"1", "true"} or attributes.get("ht") == "0"
        self._cells = []
        self._column = -1

    def _end_cell(self) -> None:
        reference = self._attributes.get("r")
        before = self._column
        self._column = before + 1 if reference is None else self._column_of(reference)
        if not before < self._column < MOST_COLUMNS:
            raise broken(f"its cell {cell_name(self._line, self._column)} is not behind the one before it")
        if self._pieces or self._formula:
            value = self._read("".join(self._pieces), self._attributes.get("t"))
            if value:
                self._cells.append((self._column, value))

    def _column_of(self, reference: str) -> int:
        letters = reference.rstrip("0123456789")
        column = self._columns.get(letters)
        if column is None:
            column = self._columns[letters] = _line_and_column(f"{letters}1")[1]
        return column

    def _read(self, text: str, kind: str | None) -> Value:
        if kind == "s":
            return self._shared(text)
        if kind in {"inlineStr", "str"}:
            return checked_text(text)
        if kind == "e":
            return CellFlaw("cell-error", f"shows {text[:20]}") if text else FORMULA_UNSAVED
        if not text or (text == "0" and self._formula and self._book.uncalculated):
            return FORMULA_UNSAVED
        if kind == "b":
            return "TRUE" if text in {"1", "true"} else "FALSE"
        return _iso(text) if kind == "d" else self._numeric(text)

    def _numeric(self, text: str) -> Value:
        key = (text, self._attributes.get("s"))
        value = self._numbers.get(key)
        if value is None:
            value = _number(text, self._format(), self._book)
            if len(self._numbers) < _REMEMBERED:
                self._numbers[key] = value
        return value

    def _shared(self, text: str) -> str:
        try:
            return self._texts[int(text)]
        except (ValueError, IndexError):
            raise broken(f"its cell {cell_name(self._line, self._column)} names a text that is not there") from None

    def _format(self) -> Format | None:
        try:
            style = self._attributes.get("s")
            return self._book.formats[int(style)] if style else None
        except (ValueError, IndexError):
            raise broken(f"its cell {cell_name(self._line, self._column)} names a style that is not there") from None


def _iso(text: str) -> Value:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return CellFlaw("cell-error", f"holds '{text[:30]}' as a date")
    return text if moment.time() != time() else moment.date().isoformat()


def _number(text: str, style: Format | None, book: Book) -> Value:
    if style is None and len(text) <= 15 and text.isascii() and text.isdigit() and (text[0] != "0" or text == "0"):
        return text
    try:
        value = float(text)
    except ValueError:
        return CellFlaw("cell-error", f"holds '{text[:20]}' as a number")
    if not isfinite(value):
        return CellFlaw("cell-error", f"holds '{text[:20]}' as a number")
    return as_shown(value, style, since_1904=book.since_1904)


def as_shown(value: float, style: Format | None, *, since_1904: bool) -> Value:
    """A number as a cell of this format shows it."""
    if style is not None and style.moment is not None:
        return shown_moment(value, style.moment, since_1904=since_1904) or CellFlaw(
            "cell-error", f"holds {plain(value)} as a date or time, which no calendar has"
        )
    if abs(value) >= EXACT:
        return TOO_LONG
    if style is None:
        return plain(value)
    seen = shown_number(value, style)
    bare = plain(value)
    if seen is None:
        problem = f"holds {bare}, shown in the format '{style.code[:40]}', which is not understood"
        return CellFlaw("number-format", problem, bare)
    return seen if seen == bare else Number(seen, bare)
