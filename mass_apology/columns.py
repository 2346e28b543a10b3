"""Declared column types: the text of a cell becomes a value, where rows are checked and where letters are rendered."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, tzinfo
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from mass_apology.settings import ColumnType

Value = str | int | Decimal | date | datetime

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


def parser(kind: ColumnType, time_zone: str) -> Callable[[str], Value]:
    """The function that turns a non-empty cell of this type into its value.

    It raises ``ValueError`` whose text completes the sentence "The value '…' …". ``time_zone`` is the IANA name
    for moments that are written without an offset.
    """
    parsers: dict[ColumnType, Callable[[str], Value]] = {
        ColumnType.TEXT: str,
        ColumnType.INT: _int,
        ColumnType.DECIMAL: _decimal,
        ColumnType.DATE: _date,
        ColumnType.DATETIME: partial(_datetime, zone=ZoneInfo(time_zone)),
    }
    return parsers[kind]
