"""A row per recipient, for spreadsheets and scripts: CSV, JSON, Excel. Each streams."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Container, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import msgspec

from mass_apology.errors import OutputError
from mass_apology.flows.output import new_binary_file, new_file
from mass_apology.ledger import Result
from mass_apology.model import read_lines, read_rows
from mass_apology.spreadsheets import marked

COLUMNS = (
    "recipient",
    "address",
    "language",
    "wave",
    "status",
    "attempts",
    "code",
    "enhanced_code",
    "reply",
    "message_id",
    "accepted_at",
    "sha256",
    "rows",
)
MOST_EXCEL_ROWS = 1_048_575  # below the header
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def write_csv(results: Iterable[Result], to: Path, *, force: bool) -> None:
    """Raises ``OutputError`` if the file exists and ``force`` is false, or cannot be written, as all here do."""
    with new_file(to, force=force) as file:
        rows = csv.writer(file)
        rows.writerow(COLUMNS)
        for result in results:
            rows.writerow(safe(_row(result).values()))


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
            next_step="Install it with pip install 'mass-apology[excel]', or name the file results.csv.",
        ) from None
    book = Workbook(write_only=True)
    sheet = book.create_sheet("recipients")
    sheet.append(COLUMNS)
    for number, result in enumerate(results, start=1):
        if number > MOST_EXCEL_ROWS:
            raise OutputError(
                f"{to} cannot hold more than {MOST_EXCEL_ROWS:,} recipients.", next_step="Name the file results.csv."
            )
        sheet.append([_excel(value) for value in _row(result).values()])
    with new_binary_file(to, force=force) as file:
        book.save(file)


WRITERS: Mapping[str, Callable[..., None]] = {".csv": write_csv, ".json": write_json, ".xlsx": write_excel}


def safe(row: Iterable[object]) -> list[object]:
    """A row as a spreadsheet may open it: what would run as a formula is marked as text."""
    return [marked(value) if isinstance(value, str) else value for value in row]


def customer_columns(header: Iterable[str], ours: Container[str]) -> list[str]:
    """The names of the recipients file's columns, where a file has them after ``ours``; none is there twice."""
    return [marked(f"row_{name}" if name in ours else name) for name in header]


def customer_cells(rows: str, header: Iterable[str]) -> list[str]:
    """What a customer has in these columns: of several rows the first counts, and what is lacking is empty."""
    fields = next(iter(read_rows(rows)), {})
    return [fields.get(name, "") for name in header]


def line_numbers(lines: str) -> str:
    """Where a customer's rows stand in the recipients file: "12 40"."""
    return " ".join(map(str, read_lines(lines)))


def moment(at: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def _excel(value: object) -> object:
    """As in ``safe``, without what XML cannot hold."""
    return _NOT_IN_XML.sub("\ufffd", marked(value)) if isinstance(value, str) else value


def _write_array(results: Iterable[Result], file: TextIO) -> None:
    encode = msgspec.json.Encoder().encode
    before = "["
    for result in results:
        file.write(f"{before}\n{encode(_row(result)).decode()}")
        before = ","
    file.write("\n]\n" if before == "," else "[]\n")


def _row(result: Result) -> Mapping[str, object]:
    return {
        "recipient": result.name,
        "address": result.address,
        "language": result.language,
        "wave": result.wave,
        "status": result.status.value,
        "attempts": result.attempts,
        "code": result.code,
        "enhanced_code": result.enhanced_code,
        "reply": result.reply,
        "message_id": result.message_id or None,
        "accepted_at": moment(result.accepted_at),
        "sha256": result.sha256.hex() if result.sha256 else None,
        "rows": line_numbers(result.lines),
    }
