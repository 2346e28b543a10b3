"""Numbers and dates as a file writes them, such as "1.074,68" and "20.11.2026": read by the marks and the order that
campaign.toml states, and brought into the plain form that the rows, the ledger and the letters have.

Nothing here guesses. ``written_style`` looks for the marks, for ``init`` and for ``check``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache, partial

from mass_apology.columns import Readers, Value, parser, readers
from mass_apology.settings import ColumnType, CsvSettings

_SPACES = " \u00a0\u2009\u202f"
_DATE = re.compile(r"(\d{1,4})([./-])(\d{1,2})\2(\d{1,4})(?:[T, ]+(\S.*))?", re.ASCII)
_TIME = re.compile(r"(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?(?: ?([AaPp])\.?[Mm]\.?)?( ?Z| ?[+-]\d{2}:?\d{2})?", re.ASCII)
_ORDERS = {"dmy": (2, 1, 0), "mdy": (2, 0, 1), "ymd": (0, 1, 2)}  # places of year, month, day
_EXAMPLES = {"dmy": "20.11.2026", "mdy": "11/20/2026", "ymd": "2026/11/20"}
_NUMBERS = frozenset({ColumnType.INT, ColumnType.DECIMAL})
_DATES = frozenset({ColumnType.DATE, ColumnType.DATETIME})

Plain = Callable[[str], str]


def file_readers(
    types: Mapping[str, ColumnType], time_zone: str, style: CsvSettings, *, has_types: bool = False
) -> Readers:
    """The readers of the file's cells. ``has_types``: the file has numbers and dates of its own, as a workbook has.

    Rows that are read have plain values, and ``columns.readers`` read these.
    """
    plain = readers(types, time_zone)
    written = {
        column: lru_cache(maxsize=4096)(partial(_read, parser(kind, time_zone), to_plain, has_types))
        for column, kind in types.items()
        if (to_plain := _to_plain(kind, style)) is not None
    }
    return {**plain, **written}


def plain_texts(types: Mapping[str, ColumnType], style: CsvSettings, *, has_types: bool = False) -> Mapping[str, Plain]:
    """Column → the function that makes a cell plain; only of columns that the file may write otherwise.

    A cell that cannot be read comes back as it is.
    """
    return {
        column: lru_cache(maxsize=4096)(partial(_plain_or_same, parser(kind, "UTC"), to_plain, has_types))
        for column, kind in types.items()
        if (to_plain := _to_plain(kind, style)) is not None
    }


def _to_plain(kind: ColumnType, style: CsvSettings) -> Plain | None:
    """Raises ``ValueError`` whose text completes the sentence "The value '…' …"."""
    if kind in _NUMBERS and (style.thousands or style.decimal == ","):
        mark = style.decimal or "."
        return partial(_plain_number, kind, mark, _number(mark, style.thousands))
    if kind in _DATES and style.dates is not None:
        return partial(_plain_date, kind, style.dates)
    return None


def _read(parse: Callable[[str], Value], to_plain: Plain, has_types: bool, text: str) -> Value:  # noqa: FBT001
    return parse(_chosen(parse, to_plain, text) if has_types else to_plain(text))


def _plain_or_same(parse: Callable[[str], Value], to_plain: Plain, has_types: bool, text: str) -> str:  # noqa: FBT001
    try:
        return _chosen(parse, to_plain, text) if has_types else to_plain(text)
    except ValueError:
        return text


def _chosen(parse: Callable[[str], Value], to_plain: Plain, text: str) -> str:
    """Of a workbook: a value of its own is plain, and a text may be written as the campaign says."""
    try:
        value = parse(text)
    except ValueError:
        return to_plain(text)
    try:
        written = to_plain(text)
    except ValueError:
        return text
    if parse(written) != value:
        raise ValueError(f"may be {text} or {written}: make the column's cells numbers in the workbook")
    return text


def _number(mark: str, thousands: str | None) -> re.Pattern[str]:
    whole = r"[0-9]{1,18}"
    if thousands:
        group = f"[{_SPACES}]" if thousands == " " else "['’]" if thousands == "'" else re.escape(thousands)
        whole = rf"(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|{whole})"
    return re.compile(rf"([+-−]?)({whole})(?:{re.escape(mark)}([0-9]{{0,12}}))?".replace("+-−", "+−-"), re.ASCII)


def _plain_number(kind: ColumnType, mark: str, pattern: re.Pattern[str], text: str) -> str:
    found = pattern.fullmatch(text)
    if found is None or (kind is ColumnType.INT and found[3] is not None):
        what = "a whole number such as 192" if kind is ColumnType.INT else f"a decimal number such as 12{mark}50"
        raise ValueError(f"is not {what}")
    sign = found[1].replace("−", "-")
    whole = "".join(filter(str.isdigit, found[2]))
    return f"{sign}{whole}.{found[3]}" if found[3] else f"{sign}{whole}"


def _plain_date(kind: ColumnType, order: str, text: str) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        if kind is ColumnType.DATETIME and len(text) >= 10:
            return text  # ISO 8601 with its "T", or nothing: the type's own parser says
        raise _no_date(kind, order)
    parts = (found[1], found[3], found[4])
    year, month, day = (parts[place] for place in ((0, 1, 2) if len(found[1]) == 4 else _ORDERS[order]))
    if len(year) != 4:
        raise ValueError(f"has no year of four digits, as {_EXAMPLES[order]} has")
    try:
        whole = date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        raise _no_date(kind, order) from None
    clock = _plain_time(found[5], kind, order) if found[5] else ""
    if kind is ColumnType.DATE and clock.strip("T0:"):
        raise ValueError(f"has a time of day, and is not a date such as {_EXAMPLES[order]}")
    return whole + (clock if kind is ColumnType.DATETIME else "")


def _plain_time(text: str, kind: ColumnType, order: str) -> str:
    found = _TIME.fullmatch(text)
    hour = int(found[1]) if found else 24
    if found is None or hour > 23 or int(found[2]) > 59 or (found[4] and not 1 <= hour <= 12):
        raise _no_date(kind, order)
    if found[4]:
        hour = hour % 12 + (12 if found[4] in "Pp" else 0)
    seconds = f":{found[3]}" if found[3] else ""
    return f"T{hour:02}:{found[2]}{seconds}{(found[5] or '').strip()}"


def _no_date(kind: ColumnType, order: str) -> ValueError:
    example = _EXAMPLES[order]
    what = f"a moment such as {example} 09:12" if kind is ColumnType.DATETIME else f"a date such as {example}"
    return ValueError(f"is not {what}")
