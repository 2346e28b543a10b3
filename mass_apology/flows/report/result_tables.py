"""A row per recipient, for spreadsheets and scripts: CSV, JSON, Excel. Each streams."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TextIO

import msgspec

from mass_apology.errors import OutputError, install_extra
from mass_apology.flows.output import new_binary_file, new_file
from mass_apology.flows.report.result_columns import RESULT_COLUMNS, names, row, safe
from mass_apology.ledger import Result
from mass_apology.spreadsheets import marked

MOST_EXCEL_ROWS = 1_048_575  # below the header
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def write_csv(results: Iterable[Result], to: Path, *, force: bool) -> None:
    """Raises ``OutputError`` if the file exists and ``force`` is false, or cannot be written, as all here do."""
    with new_file(to, force=force) as file:
        table = csv.writer(file)
        table.writerow(names(RESULT_COLUMNS))
        for result in results:
            table.writerow(safe(row(result, RESULT_COLUMNS).values()))


def write_json(results: Iterable[Result], to: Path, *, force: bool) -> None:
    """An array with an object a line, so that it streams and can still be read as one."""
    with new_file(to, force=force) as file:
        _write_array(results, file)


def write_excel(results: Iterable[Result], to: Path, *, force: bool) -> None:
    """One sheet. Raises ``OutputError`` too where the extra is not installed or the rows are too many."""
    try:
        from openpyxl import Workbook  # noqa: PLC0415 (an extra)
    except ImportError:
        raise OutputError(
            f"{to} cannot be written: Excel files need the extra `excel`.",
            next_step=f"Name the file results.csv, or {install_extra('excel')}",
        ) from None
    book = Workbook(write_only=True)
    sheet = book.create_sheet("recipients")
    sheet.append(names(RESULT_COLUMNS))
    for number, result in enumerate(results, start=1):
        if number > MOST_EXCEL_ROWS:
            raise OutputError(
                f"{to} cannot hold more than {MOST_EXCEL_ROWS:,} recipients.", next_step="Name the file results.csv."
            )
        sheet.append([_excel(value) for value in row(result, RESULT_COLUMNS).values()])
    with new_binary_file(to, force=force) as file:
        book.save(file)


WRITERS: Mapping[str, Callable[..., None]] = {".csv": write_csv, ".json": write_json, ".xlsx": write_excel}


def _excel(value: object) -> object:
    """A cell as in ``safe``, without the characters that XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", marked(value)) if isinstance(value, str) else value


def _write_array(results: Iterable[Result], file: TextIO) -> None:
    encode = msgspec.json.Encoder().encode
    before = "["
    for result in results:
        file.write(f"{before}\n{encode(row(result, RESULT_COLUMNS)).decode()}")
        before = ","
    file.write("\n]\n" if before == "," else "[]\n")
