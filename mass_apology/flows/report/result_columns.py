"""The columns of all tables of results, in one list a table, and the cells that they share.

A new column is a line in one of these lists: the files of ``report`` all follow ``RESULT_COLUMNS``, in any format.
The customers' own columns follow ours.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Generic, TypeVar

from msgspec import Struct

from mass_apology.errors import OutputError
from mass_apology.flows.report.coverage import Cover
from mass_apology.ledger import Result
from mass_apology.model import read_lines, read_rows
from mass_apology.settings import Campaign
from mass_apology.system.timestamps import utc_second

T = TypeVar("T")


class Column(Struct, Generic[T], frozen=True):
    """One column of a table about ``T``."""

    name: str  # in the table's first line, and the key in JSON
    value: Callable[[T], object]  # str, int, None, or a ``datetime`` that is shown by the campaign's clock


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
    Column("accepted_local", lambda result: utc_second(result.accepted_at)),
    Column("sha256", lambda result: result.sha256.hex() if result.sha256 else None),
    Column("rows", lambda result: line_numbers(result.lines)),
    Column("customer_code", lambda result: result.customer_code),
    Column("relay", lambda result: result.relay),
)
"""A row per recipient (``report --to``)."""

UNREACHED_COLUMNS: Sequence[Column[Result]] = (
    Column("status", lambda result: result.status.value),
    Column("why", lambda result: result.reply or ""),
    Column("last_tried_at", lambda result: iso_time(result.marked_at)),
    Column("last_tried_local", lambda result: utc_second(result.marked_at)),
    Column("attempts", lambda result: result.attempts),
    Column("address", lambda result: result.address),
    Column("name", lambda result: result.name),
    Column("language", lambda result: result.language),
    Column("rows", lambda result: line_numbers(result.lines)),
    Column("customer_code", lambda result: result.customer_code),
    Column("notes", lambda _: None),  # for whoever calls them
)
"""A row per person whom no letter reached (``report --unreached``); the columns of the recipients file follow."""

COVERAGE_COLUMNS: Sequence[Column[Cover]] = (
    Column("recipient", lambda cover: cover.result.name),
    Column("address", lambda cover: cover.result.address),
    Column("language", lambda cover: cover.result.language),
    Column("wave", lambda cover: cover.result.wave),
    Column("status", lambda cover: cover.result.status.value),
    Column("accepted_at", lambda cover: iso_time(cover.result.accepted_at)),
    Column("minutes_from_aware", lambda cover: cover.minutes),
    Column("contents_given", lambda cover: cover.given),
    Column("contents_missing", lambda cover: "; ".join(cover.missing) or None),
    Column("judged_by", lambda cover: cover.basis.value or None),
    Column("message_id", lambda cover: cover.result.message_id or None),
    Column("sha256", lambda cover: cover.result.sha256.hex() if cover.result.sha256 else None),
    Column("rows", lambda cover: line_numbers(cover.result.lines)),
)
"""A row per person for a regulator (``report --coverage``)."""


def names(columns: Iterable[Column[T]]) -> tuple[str, ...]:
    """The first line of a table."""
    return tuple(column.name for column in columns)


class Table(Struct, Generic[T], frozen=True, kw_only=True):
    """Our columns about ``T``, followed by the customers' own."""

    ours: Sequence[Column[T]]
    rows: Callable[[T], str]  # JSON array of objects: the customer's rows
    customers: Sequence[str]  # columns of the recipients file

    @property
    def header(self) -> list[str]:
        """The first line, in which no name occurs twice."""
        ours = names(self.ours)
        return [*ours, *(f"row_{name}" if name in ours else name for name in self.customers)]

    def cells(self, item: T) -> list[object]:
        """One row. Of a customer's several rows the first counts; a missing cell is empty."""
        fields = next(iter(read_rows(self.rows(item))), {}) if self.customers else {}
        return [*(column.value(item) for column in self.ours), *(fields.get(name, "") for name in self.customers)]


def chosen_columns(campaign: Campaign, header: Sequence[str], otherwise: Sequence[str]) -> Sequence[str]:
    """The customers' columns that campaign.toml chooses for tables, or ``otherwise``.

    Raises ``OutputError`` if the recipients file has no such column.
    """
    chosen = campaign.report.columns
    if chosen is None or not header:  # a purged ledger has no columns any more
        return otherwise
    if unknown := [name for name in chosen if name not in header]:
        raise OutputError(
            f"campaign.toml, [report] columns names '{unknown[0]}', and the recipients file has no such column.",
            next_step=f"It has: {', '.join(header)}.",
        )
    return chosen
