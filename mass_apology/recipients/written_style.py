"""Finds how a file writes numbers and dates, by cells that can be read in one way only; two ways make a doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from mass_apology.settings import CsvSettings

MOST_SHOWN = 3
_GROUPS = re.compile(r"[+−-]?\d{1,3}(?:([.,' ’\u00a0\u2009\u202f])\d{3})(?:\1\d{3})*(?:([.,])\d+)?", re.ASCII)
_PARTED = re.compile(r"[+−-]?(\d+)([.,])(\d+)", re.ASCII)
_DATE = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:\D.*)?", re.ASCII)
_YEAR_FIRST = re.compile(r"\d{4}([./])\d{1,2}\1\d{1,2}(?:\D.*)?", re.ASCII)
_MARKS = {".": "a point", ",": "a comma"}


class Style(Struct, frozen=True, kw_only=True):
    """How the cells write numbers and dates. A key without a value was not found, or is doubtful."""

    found: Mapping[str, tuple[str, str]] = {}  # key of [csv] → its value, and a cell that shows it
    doubts: Mapping[str, str] = {}  # key of [csv] → a sentence

    @property
    def settings(self) -> CsvSettings:
        """The style as campaign.toml would state it."""
        return CsvSettings(**{key: value for key, (value, _) in self.found.items()})  # type: ignore[arg-type]


def find_style(columns: Iterable[Iterable[str]]) -> Style:
    """The style of these columns' cells. A column tells something if nine in ten of its cells are numbers, or dates."""
    marks: dict[str, str] = {}  # decimal mark → an example
    groups: dict[str, str] = {}  # mark between thousands → an example
    either: dict[str, str] = {}  # "1.234": mark → an example
    orders: dict[str, str] = {}
    for cells in columns:
        filled = list(dict.fromkeys(filter(None, cells)))
        numbers, dates = list(filter(_is_number, filled)), list(filter(_is_date, filled))
        if 10 * len(numbers) >= 9 * len(filled):
            _see_numbers(numbers, marks, groups, either)
        elif 10 * len(dates) >= 9 * len(filled):
            for cell in dates:
                orders.setdefault(_order(cell), cell)
    found, doubts = _numbers(marks, groups, either)
    certain = {order: cell for order, cell in orders.items() if order}
    if len(certain) == 1:
        found |= {"dates": next(iter(certain.items()))}
    elif certain:
        doubts["dates"] = f"Some dates begin with the day and some do not: {_listed(certain.values())}."
    elif orders:
        doubts["dates"] = f"'{orders['']}' may begin with the day or with the month."
    return Style(found=found, doubts=doubts)


def _is_number(cell: str) -> bool:
    return _PARTED.fullmatch(cell) is not None or _GROUPS.fullmatch(cell) is not None or cell.lstrip("+-−").isdigit()


def _is_date(cell: str) -> bool:
    return _DATE.fullmatch(cell) is not None or _YEAR_FIRST.fullmatch(cell) is not None


def _see_numbers(filled: Sequence[str], marks: dict[str, str], groups: dict[str, str], either: dict[str, str]) -> None:
    for cell in filled:
        grouped, parted = _GROUPS.fullmatch(cell), _PARTED.fullmatch(cell)
        if grouped and (grouped[2] or parted is None):
            mark = _usual(grouped[1])
            if mark == " " and grouped[2] is None and all(" " in each for each in filled):
                continue  # "600 700 800" is rather a telephone number
            groups.setdefault(mark, cell)
            if grouped[2] and grouped[2] != mark:
                marks.setdefault(grouped[2], cell)
        elif parted and len(parted[3]) == 3 and len(parted[1]) <= 3 and not parted[1].startswith("0"):
            either.setdefault(parted[2], cell)
        elif parted:
            marks.setdefault(parted[2], cell)


def _numbers(
    marks: Mapping[str, str], groups: Mapping[str, str], either: Mapping[str, str]
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """What the numbers show, and what is doubtful."""
    if len(marks) > 1 or set(marks) & set(groups):
        shown = _listed([*marks.values(), *groups.values()])
        return {}, {"decimal": f"Some numbers seem to have a decimal comma, and others a point: {shown}."}
    mark = next(iter(marks), None) or next((other for each, other in ((".", ","), (",", ".")) if each in groups), None)
    if mark is None and either:
        if len(either) > 1:
            return {}, {"decimal": f"{_listed(either.values())} may be thousands or fractions."}
        ((sign, cell),) = either.items()
        whole, fraction = cell.replace(sign, ""), cell.replace(sign, ".")
        return {}, {"decimal": f"'{cell}' may be {whole}, or {fraction} with {_MARKS[sign]} before the fraction."}
    found: dict[str, tuple[str, str]] = {}
    if mark is not None:
        found["decimal"] = (mark, marks.get(mark) or next(iter(groups.values())))
    groups = {**{each: cell for each, cell in either.items() if each != mark}, **groups}
    if len(groups) == 1:
        found["thousands"] = next(iter(groups.items()))
    return found, {}


def _order(cell: str) -> str:
    """The order of a date's parts; "" where two fit."""
    found = _DATE.fullmatch(cell)
    if found is None:
        return "ymd"
    if found[2] == "." or int(found[1]) > 12:  # points are written between day, month and year only
        return "dmy"
    return "mdy" if int(found[3]) > 12 else ""


def _usual(mark: str) -> str:
    return "'" if mark in "'’" else mark if mark in ".," else " "


def _listed(cells: Iterable[str]) -> str:
    return ", ".join(f"'{cell}'" for cell in list(cells)[:MOST_SHOWN])
