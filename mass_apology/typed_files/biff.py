"""What python-calamine does not say of an .xls workbook: errors, formats and hidden rows ([MS-XLS] §2.4, [MS-CFB] §2).

Only the records that are needed are looked at; the texts are calamine's.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.typed_files.number_format import BUILT_IN, Format, number_format
from mass_apology.typed_files.sheet_rows import FORMULA_UNSAVED, CellFlaw, Value
from mass_apology.typed_files.xlsx_sheet import as_shown

_FREE = 0xFFFFFFFA  # from here on a sector's number is a mark: free, the chain's end, part of a table
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_BOF, _BOUNDSHEET, _FORMAT, _XF, _DATEMODE, _RECALCID = 0x809, 0x85, 0x41E, 0xE0, 0x22, 0x1C1
_ROW, _NUMBER, _RK, _MULRK, _FORMULA, _BOOLERR, _EOF = 0x208, 0x203, 0x27E, 0xBD, 0x06, 0x205, 0x0A
_VERSION_8 = 0x600  # Excel 97 and later

Stream = bytes


class Seen(Struct, frozen=True):
    """What people see in one sheet, beyond its texts."""

    cells: Mapping[int, Mapping[int, Value]]  # numbers, truth values and errors by line from 1 and column from 0
    hidden: frozenset[int]  # lines
    results: bool = False  # some formula has a result that is not empty


def seen_cells(path: Path, sheet: int) -> Seen | None:
    """What is seen in the sheet of this number, from 0; ``None`` where the workbook is older or not understood."""
    try:
        stream = _workbook_stream(path.read_bytes())
        return None if stream is None else _seen(stream, sheet)
    except (struct.error, IndexError, ValueError, OverflowError):
        return None


def _seen(stream: Stream, sheet: int) -> Seen | None:
    codes, styles, offsets = dict(BUILT_IN), list[int](), list[int]()
    since_1904 = calculated = False
    for kind, body in _records(stream, 0):
        if kind == _BOF and struct.unpack_from("<H", body)[0] != _VERSION_8:
            return None
        if kind == _FORMAT:
            codes[struct.unpack_from("<H", body)[0]] = _text(body[2:])
        elif kind == _XF:
            styles.append(struct.unpack_from("<H", body, 2)[0])
        elif kind == _BOUNDSHEET:
            offsets.append(struct.unpack_from("<I", body)[0])
        elif kind == _DATEMODE:
            since_1904 = body[:1] == b"\1"
        elif kind == _RECALCID:  # which version of a spreadsheet program has calculated it
            calculated = True
    formats = [number_format(codes[each]) if each in codes else None for each in styles]
    found = _sheet(stream, offsets[sheet], formats, since_1904=since_1904)
    return found if calculated else _without_results(found)


def _sheet(stream: Stream, offset: int, formats: Sequence[Format | None], *, since_1904: bool) -> Seen:
    cells: dict[int, dict[int, Value]] = defaultdict(dict)
    hidden = set()
    results = False
    for kind, body in _records(stream, offset):
        if kind == _ROW:
            row, flags = struct.unpack_from("<H", body)[0], struct.unpack_from("<H", body, 12)[0]
            if flags & 0x20:
                hidden.add(row + 1)
            continue
        for row, column, style, value in _values(kind, body):
            shown = value if not isinstance(value, float) else as_shown(value, formats[style], since_1904=since_1904)
            cells[row + 1][column] = shown
            results |= kind == _FORMULA and value not in {"", FORMULA_UNSAVED}
    return Seen(cells, frozenset(hidden), results)


def _without_results(sheet: Seen) -> Seen:
    """The same; where none of the formulas has a result and no program says that it calculated, none was saved."""
    if sheet.results:
        return sheet
    cells = {
        line: {column: FORMULA_UNSAVED if value == "" else value for column, value in row.items()}
        for line, row in sheet.cells.items()
    }
    return replace(sheet, cells=cells)


def _values(kind: int, body: bytes) -> Iterator[tuple[int, int, int, float | Value]]:
    """The record's cells: row, column, style and value."""
    if kind not in {_NUMBER, _RK, _MULRK, _FORMULA, _BOOLERR}:
        return
    row, column, style = struct.unpack_from("<HHH", body)
    if kind == _NUMBER:
        yield row, column, style, struct.unpack_from("<d", body, 6)[0]
    elif kind == _RK:
        yield row, column, style, _rk(struct.unpack_from("<I", body, 6)[0])
    elif kind == _MULRK:
        for number, place in enumerate(range(4, len(body) - 2, 6)):
            style, packed = struct.unpack_from("<HI", body, place)
            yield row, column + number, style, _rk(packed)
    elif kind == _BOOLERR:
        yield row, column, style, _error(body[6]) if body[7] else str(bool(body[6])).upper()
    elif (value := _result(body[6:14], to_be_calculated=bool(body[14] & 3))) is not None:
        yield row, column, style, value


def _result(octets: bytes, *, to_be_calculated: bool) -> float | Value | None:
    """A formula's value ([MS-XLS] §2.5.133); ``None`` for a text, which stands in a record of its own.

    0 or nothing, to be calculated when the workbook is opened, is what programs write that do not calculate.
    """
    if octets[6:] != b"\xff\xff":
        number: float = struct.unpack("<d", octets)[0]
        return FORMULA_UNSAVED if to_be_calculated and number == 0 else number
    if octets[0] == 3:
        return FORMULA_UNSAVED if to_be_calculated else ""
    if octets[0] in {1, 2}:
        return _error(octets[2]) if octets[0] == 2 else str(bool(octets[2])).upper()
    return None


def _rk(packed: int) -> float:
    """A number of 30 bits, perhaps in hundredths ([MS-XLS] §2.5.122)."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        value = struct.unpack("<d", struct.pack("<Q", (packed & ~3) << 32))[0]
    return value / 100 if packed & 1 else value


def _error(code: int) -> CellFlaw:
    return CellFlaw("cell-error", f"shows {_ERRORS.get(code, '#ERROR')}")


def _text(body: bytes) -> str:
    """An XLUnicodeString ([MS-XLS] §2.5.294)."""
    length, wide = struct.unpack_from("<HB", body)
    return body[3 : 3 + 2 * length].decode("utf-16-le") if wide & 1 else body[3 : 3 + length].decode("latin-1")


def _records(stream: Stream, place: int) -> Iterator[tuple[int, bytes]]:
    """The records of a substream, up to its end."""
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + size]
        if kind == _EOF:
            return
        place += 4 + size


def _workbook_stream(file: bytes) -> Stream | None:
    """The stream called Workbook of a compound file."""
    size = 1 << struct.unpack_from("<H", file, 30)[0]
    first_directory, _, cutoff, first_mini = struct.unpack_from("<IIII", file, 48)
    table = _table(file, size)
    directory = _chained(file, table, first_directory, size, 1)
    entries = [directory[place : place + 128] for place in range(0, len(directory) - 127, 128)]
    root_start, root_size = struct.unpack_from("<II", entries[0], 116)
    for entry in entries:
        name = entry[: max(struct.unpack_from("<H", entry, 64)[0] - 2, 0)].decode("utf-16-le")
        start, length = struct.unpack_from("<II", entry, 116)
        if name == "Workbook":
            if length >= cutoff:
                return _chained(file, table, start, size, 1)[:length]
            small = _chained(file, table, root_start, size, 1)[:root_size]
            links = _chained(file, table, first_mini, size, 1)
            return _chained(small, struct.unpack(f"<{len(links) // 4}I", links), start, 64, 0)[:length]
    return None


def _table(file: bytes, size: int) -> Sequence[int]:
    """Each sector's next one: the FAT, whose own sectors are listed in the header and behind it."""
    sectors = list(struct.unpack_from("<109I", file, 76))
    further = struct.unpack_from("<I", file, 68)[0]
    for _ in range(len(file) // size):
        if further >= _FREE:
            break
        listed = struct.unpack_from(f"<{size // 4}I", file, (further + 1) * size)
        sectors += listed[:-1]
        further = listed[-1]
    found: list[int] = []
    for sector in sectors:
        if sector < _FREE:
            found += struct.unpack_from(f"<{size // 4}I", file, (sector + 1) * size)
    return found


def _chained(file: bytes, table: Sequence[int], sector: int, size: int, header: int) -> bytes:
    """The octets of a chain of sectors, ``header`` of which stand before the first; a chain that bites itself ends."""
    pieces = []
    for _ in table:
        if sector >= _FREE:
            break
        pieces.append(file[(sector + header) * size : (sector + header + 1) * size])
        sector = table[sector]
    return b"".join(pieces)
