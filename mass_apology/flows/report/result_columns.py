"""The columns of all tables of results, in one list a table, and the cells that they share.

A new column is a line in one of these lists: the CSV, JSON and Excel files of ``report`` all follow ``RESULT_COLUMNS``.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

from msgspec import Struct

from mass_apology.ledger import Result
from mass_apology.model import read_lines, read_rows
from mass_apology.spreadsheets import marked

T = TypeVar("T")


class Column(Struct, Generic[T], frozen=True):
    """One column of a table about ``T``."""

    name: str  # in the table's first line, and the key in JSON
    value: Callable[[T], object]  # str, int or None


def iso_time(at: float | None) -> str | None:
    """Unix seconds as ISO 8601 in UTC."""
    return None if at is None else datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def line_numbers(lines: str) -> str:
    """The places of a customer's rows in the recipients file: "12 40"."""
    return " ".join(map(str, read_lines(lines)))


RESULT_COLUMNS: Sequence[Column[Result]] = (
    Column("recipient", lambda result: result.name),
    Column("address", lambda result: result.address),
    Column("language", lambda result: result.language),
    Column("wave", lambda result: result.wave),
    Column("status", lambda result: result.status.value),
    Column("attempts", lambda result: result.attempts),
    Column("code", lambda result: result.code),
    Column("enhanced_code", lambda result: result.enhanced_code),
    Column("reply", lambda result: result.reply),
    Column("message_id", lambda result: result.message_id or None),
    Column("accepted_at", lambda result: iso_time(result.accepted_at)),
    Column("sha256", lambda result: result.sha256.hex() if result.sha256 else None),
    Column("rows", lambda result: line_numbers(result.lines)),
)
"""A row per recipient (``report --to``)."""

UNREACHED_COLUMNS: Sequence[Column[Result]] = (
    Column("status", lambda result: result.status.value),
    Column("why", lambda result: result.reply or ""),
    Column("last_tried_at", lambda result: iso_time(result.marked_at)),
    Column("attempts", lambda result: result.attempts),
    Column("address", lambda result: result.address),
    Column("name", lambda result: result.name),
    Column("language", lambda result: result.language),
    Column("rows", lambda result: line_numbers(result.lines)),
)
"""A row per person whom no letter reached (``report --unreached``); the columns of the recipients file follow."""


def names(columns: Iterable[Column[T]]) -> tuple[str, ...]:
    """The first line of a table."""
    return tuple(column.name for column in columns)


def row(item: T, columns: Iterable[Column[T]]) -> Mapping[str, object]:
    """One row of a table, by the names of its columns."""
    return {column.name: column.value(item) for column in columns}


def safe(cells: Iterable[object]) -> list[object]:
    """A row as a spreadsheet may open it: what would run as a formula is marked as text."""
    return [marked(value) if isinstance(value, str) else value for value in cells]


def customer_columns(header: Iterable[str], ours: Container[str]) -> list[str]:
    """The names of the recipients file's columns, where a table has them after ``ours``; none occurs twice."""
    return [marked(f"row_{name}" if name in ours else name) for name in header]


def customer_cells(rows: str, header: Iterable[str]) -> list[str]:
    """A customer's cells in these columns: of several rows the first counts, and a missing cell is empty."""
    fields = next(iter(read_rows(rows)), {})
    return [fields.get(name, "") for name in header]
