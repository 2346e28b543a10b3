"""Writes tables for people and scripts: CSV, Excel, JSON, JSON Lines. Each row is written as it comes."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, datetime, tzinfo
from pathlib import Path

import msgspec
from msgspec import Struct

from mass_apology.columns import Readers, readers
from mass_apology.errors import OutputError, install_extra
from mass_apology.flows.output import new_binary_file, new_file
from mass_apology.settings import Campaign, ColumnType
from mass_apology.spreadsheets import marked
from mass_apology.system.time_zones import zone_named

MOST_EXCEL_ROWS = 1_048_575  # below the header
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_FIRST_EXCEL_YEAR = 1900
_NARROWEST, _WIDEST = 12, 40  # columns in Excel, in characters

WriteRow = Callable[[Sequence[object]], None]
"""Takes a row's cells: str, int, None, or a ``datetime`` with a zone, which is shown by the campaign's clock."""


class TableStyle(Struct, frozen=True, kw_only=True):
    """How a campaign's tables are written."""

    delimiter: str  # of CSV
    bom: bool  # CSV begins with one, by which Excel knows UTF-8
    zone: tzinfo  # of moments
    dates: Readers  # column → reader of its dates or moments, which Excel is given as such


def table_style(campaign: Campaign) -> TableStyle:
    """The style that campaign.toml states."""
    dated = {name: kind for name, kind in campaign.types.items() if kind in {ColumnType.DATE, ColumnType.DATETIME}}
    return TableStyle(
        delimiter=campaign.report.delimiter,
        bom=campaign.report.bom,
        zone=zone_named(campaign.time_zone),
        dates=readers(dated, campaign.time_zone),
    )


def new_table(to: Path, columns: Sequence[str], style: TableStyle, *, force: bool) -> AbstractContextManager[WriteRow]:
    """Write a table with these columns to ``to``, in the format of its name; the context yields a ``WriteRow``.

    Raises ``OutputError`` if the file exists and ``force`` is false, or cannot be written.
    """
    return _TABLES[to.suffix.lower()](to, columns, style, force=force)


@contextmanager
def _csv(to: Path, columns: Sequence[str], style: TableStyle, *, force: bool) -> Iterator[WriteRow]:
    with new_file(to, force=force) as file:
        if style.bom:
            file.write("\ufeff")
        table = csv.writer(file, delimiter=style.delimiter)
        table.writerow(map(marked, columns))
        yield lambda cells: table.writerow([_csv_cell(each, style.zone) for each in cells])


@contextmanager
def _json(to: Path, columns: Sequence[str], style: TableStyle, *, force: bool) -> Iterator[WriteRow]:
    """An array with an object a line, so that it streams and can still be read as one."""
    before = "["
    with new_file(to, force=force) as file:

        def write(cells: Sequence[object]) -> None:
            nonlocal before
            file.write(f"{before}\n{_object(columns, cells, style.zone)}")
            before = ","

        yield write
        file.write("\n]\n" if before == "," else "[]\n")


@contextmanager
def _json_lines(to: Path, columns: Sequence[str], style: TableStyle, *, force: bool) -> Iterator[WriteRow]:
    with new_file(to, force=force) as file:
        yield lambda cells: print(_object(columns, cells, style.zone), file=file)


@contextmanager
def _excel(to: Path, columns: Sequence[str], style: TableStyle, *, force: bool) -> Iterator[WriteRow]:
    """One sheet. Raises ``OutputError`` too where the extra is not installed or the rows are too many."""
    try:
        from openpyxl import Workbook  # noqa: PLC0415 (an extra)
        from openpyxl.utils import get_column_letter  # noqa: PLC0415
    except ImportError:
        raise OutputError(
            f"{to} cannot be written: Excel files need the extra `excel`.",
            next_step=f"Name the file {to.stem}.csv, or {install_extra('excel')}",
        ) from None
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_SHEET)
    sheet.freeze_panes = "A2"
    letters = [get_column_letter(number) for number in range(1, len(columns) + 1)]
    for letter, name in zip(letters, columns, strict=True):
        sheet.column_dimensions[letter].width = min(max(len(name) + 4, _NARROWEST), _WIDEST)
    rows = 0

    def write(cells: Sequence[object]) -> None:
        nonlocal rows
        if rows == MOST_EXCEL_ROWS:
            raise OutputError(
                f"{to} cannot hold more than {MOST_EXCEL_ROWS:,} rows.", next_step=f"Name the file {to.stem}.csv."
            )
        rows += 1
        sheet.append([_excel_cell(each, name, style) for each, name in zip(cells, columns, strict=True)])

    sheet.append([_excel_text(name) for name in columns])
    yield write
    sheet.auto_filter.ref = f"A1:{letters[-1]}{rows + 1}"
    with new_binary_file(to, force=force) as file:
        book.save(file)


_SHEET = "recipients"
_TABLES: Mapping[str, Callable[..., AbstractContextManager[WriteRow]]] = {
    ".csv": _csv,
    ".xlsx": _excel,
    ".json": _json,
    ".jsonl": _json_lines,
}
TABLES = tuple(_TABLES)
"""The endings of their names."""


def _csv_cell(value: object, zone: tzinfo) -> object:
    """A cell as a spreadsheet may open it: what would run as a formula is marked as text."""
    return marked(value) if isinstance(value, str) else _plain(value, zone)


def _excel_cell(value: object, column: str, style: TableStyle) -> object:
    if not isinstance(value, str):
        return _excel_date(value, style.zone)
    if value and column in style.dates:
        with suppress(ValueError):
            return _excel_date(style.dates[column](value), style.zone)
    return _excel_text(value)


def _excel_text(text: str) -> str:
    return _NOT_IN_XML.sub("\ufffd", marked(text))


def _excel_date(value: object, zone: tzinfo) -> object:
    """Excel knows no time zones, and no year before 1900."""
    local = value.astimezone(zone).replace(tzinfo=None) if isinstance(value, datetime) else value
    return str(local) if isinstance(local, date) and local.year < _FIRST_EXCEL_YEAR else local


def _object(columns: Sequence[str], cells: Sequence[object], zone: tzinfo) -> str:
    plain = [_plain(each, zone) for each in cells]
    return msgspec.json.encode(dict(zip(columns, plain, strict=True))).decode()


def _plain(value: object, zone: tzinfo) -> object:
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value
