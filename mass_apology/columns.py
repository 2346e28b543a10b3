"""Declared column types: the text of a cell becomes a value, where rows are checked and where letters are rendered."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import Enum, auto
from functools import cache, lru_cache, partial
from types import MappingProxyType

from msgspec import Struct

from mass_apology.settings import ColumnType
from mass_apology.system.time_zones import zone_named
from mass_apology.yes_and_no import says_yes

Value = str | int | bool | Decimal | date | datetime


class How(Enum):
    """What a letter does with a column."""

    ASKED = auto()  # {% if customer.refund %}
    COMPARED = auto()  # {% if customer.plan == "pro" %}
    COMPARED_WITH_VALUE = auto()  # {% if customer.refund == true %}, {% if customer.days == 3 %}
    ORDERED_AS_TEXT = auto()  # {% if customer.days > "30" %}
    PRINTED = auto()  # {{ customer.plan }}
    USED = auto()  # in whatever way


class ColumnUse(Struct, frozen=True, kw_only=True):
    """One place where a letter uses a column."""

    column: str
    how: How
    where: str  # "templates/note/en.md, line 5"
    values: tuple[str, ...] = ()  # what it is compared with: texts, or how the letter writes other values


# int() and Decimal() would also take "1_000", " 7 " and Arabic digits; a customer file that holds those is mistaken.
_INT = re.compile(r"[+-]?[0-9]{1,18}", re.ASCII)
_DECIMAL = re.compile(r"[+-]?(?:[0-9]{1,18}(?:\.[0-9]{0,12})?|\.[0-9]{1,12})", re.ASCII)


def _int(text: str) -> int:
    if not _INT.fullmatch(text):
        raise ValueError("is not a whole number such as 192")
    return int(text)


def _decimal(text: str) -> Decimal:
    if not _DECIMAL.fullmatch(text):
        raise ValueError("is not a decimal number such as 12.50")
    return Decimal(text)


def _bool(text: str) -> bool:
    told = says_yes(text)
    if told is None:
        raise ValueError("is neither yes nor no")
    return told


def _date(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 (a date has no time zone)
    except ValueError:
        raise ValueError("is not a date such as 2026-11-20") from None


def _datetime(text: str, zone: tzinfo) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("is not a moment such as 2026-11-20T09:12Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=zone)


EXAMPLES: Mapping[ColumnType, str] = MappingProxyType(
    {
        ColumnType.TEXT: "A-17",
        ColumnType.INT: "192",
        ColumnType.DECIMAL: "12.50",
        ColumnType.BOOL: "yes",
        ColumnType.DATE: "2026-11-20",
        ColumnType.DATETIME: "2026-11-20T09:12Z",
    }
)
"""A cell of each type, for letters to nobody."""


def parser(kind: ColumnType, time_zone: str) -> Callable[[str], Value]:
    """The function that turns a non-empty cell of this type into its value.

    It raises ``ValueError`` whose text completes the sentence "The value '…' …". ``time_zone`` is the IANA name
    for moments that are written without an offset.
    """
    parsers: dict[ColumnType, Callable[[str], Value]] = {
        ColumnType.TEXT: str,
        ColumnType.INT: _int,
        ColumnType.DECIMAL: _decimal,
        ColumnType.BOOL: _bool,
        ColumnType.DATE: _date,
        ColumnType.DATETIME: partial(_datetime, zone=zone_named(time_zone)),
    }
    return parsers[kind]


Readers = Mapping[str, Callable[[str], Value]]
"""Column → reader of its declared type; none for text columns."""


def readers(types: Mapping[str, ColumnType], time_zone: str) -> Readers:
    """The readers for declared types; ``time_zone`` (IANA name) holds for moments without an offset."""
    return {column: _reader(kind, time_zone) for column, kind in types.items() if kind is not ColumnType.TEXT}


@cache
def _reader(kind: ColumnType, time_zone: str) -> Callable[[str], Value]:
    """``parser`` with a cache: a column of dates or counts repeats a few values."""
    return lru_cache(maxsize=4096)(parser(kind, time_zone))
