"""Repairs the fields of a row of the wrong width, or explains why it cannot.

Spreadsheets end rows in empty fields, people align columns with blanks before the quotes, and a line of another file
may have another delimiter. A row with only one possible meaning is repaired and counted; any other is a finding.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from io import StringIO
from types import MappingProxyType

from msgspec import Struct

from mass_apology.recipients.cells import BLANKS

DELIMITERS: Mapping[str, str] = MappingProxyType({",": "comma", ";": "semicolon", "\t": "tab", "|": "vertical bar"})

_MOST_PARTS = 50  # of one field that holds the delimiter

_OPEN = re.compile(rf'(?<![{BLANKS}])[{BLANKS}]+"')  # from the first blank only, so that a search stays linear
_QUOTED = re.compile(rf'[{BLANKS}]+"((?:[^"]|"")*)"[{BLANKS}]*')
_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*[\r\n]*', re.IGNORECASE)


class RepairedRow(Struct, frozen=True, kw_only=True):
    """A repaired row, or the flaw that prevents a repair. ``repair`` makes it."""

    fields: tuple[str, ...] = ()  # as many as the header has; none if the row is blank or flawed
    mended: str = ""  # the code of the repair; empty without one
    flaw: str = ""  # the code of the flaw; empty if the row is usable or blank
    problem: str = ""  # the flaw as a sentence


def separator_line(text: str) -> str | None:
    """The delimiter that a first line such as ``sep=;`` states for spreadsheet programs."""
    stated = _SEPARATOR_LINE.fullmatch(text)
    return stated[1] if stated else None


def padded_quotes(delimiter: str) -> re.Pattern[str]:
    """A pattern for lines in which blanks and then a quote begin a field."""
    blanks = BLANKS.replace(delimiter, "")  # a tab may be both; a run of delimiters is not a run of blanks
    return re.compile(rf'(?:^|{re.escape(delimiter)})[{blanks}]+"')


def repair(fields: Sequence[str], text: str, delimiter: str, *, width: int, named: int) -> RepairedRow:
    """Repair a row that has not ``width`` fields, or may have quotes after blanks.

    ``text`` is the row as written. The header has ``width`` fields; the first ``named`` have names.
    """
    whole = _requoted(fields, text, delimiter) if _OPEN.search(text) else list(fields)
    if whole is None:
        problem = "A quote that stands after a blank begins a field that no quote ends."
        return RepairedRow(flaw="quote-unclosed", problem=problem)
    if not any(map(_is_filled, whole)):
        return RepairedRow()
    if len(whole) < named or any(map(_is_filled, whole[max(named, width) :])):
        return RepairedRow(flaw="field-count", problem=_width_problem(len(whole), text, named))
    mended = "quotes-removed" if len(whole) != len(fields) or whole != list(fields) else ""
    sized = (*whole[:width], *[""] * (width - len(whole)))
    return RepairedRow(fields=sized, mended=mended or ("row-ends-removed" if len(whole) != width else ""))


def _requoted(fields: Sequence[str], text: str, delimiter: str) -> list[str] | None:
    """Join and unquote the fields that are quoted after a blank; ``None`` if a quote is not closed."""
    quoted = _truly_quoted(text, delimiter)
    whole: list[str] = []
    at = 0
    while at < len(fields):
        end = at + 1
        if _OPEN.match(fields[at]) and not (at < len(quoted) and quoted[at]):
            while (field := _QUOTED.fullmatch(delimiter.join(fields[at:end]))) is None:
                if end == len(fields) or end - at == _MOST_PARTS:
                    return None
                end += 1
            whole.append(field[1].replace('""', '"'))
        else:
            whole.append(fields[at])
        at = end
    return whole


def _truly_quoted(text: str, delimiter: str) -> list[bool]:
    """Whether each field is quoted (RFC 4180 §2)."""
    stop = re.escape(delimiter)
    field = re.compile(rf'("(?:[^"]|"")*")(?={stop}|[\r\n]*\Z)|[^{stop}]*')
    quoted: list[bool] = []
    at = 0
    while at <= len(text) and (match := field.match(text, at)):
        quoted.append(match[1] is not None)
        at = match.end() + 1
    return quoted


def _width_problem(fields: int, text: str, named: int) -> str:
    problem = f"The row has {fields} field{'' if fields == 1 else 's'}, and the header has {named}."
    for delimiter, name in DELIMITERS.items():
        try:
            other = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:  # without its delimiter a row may be one field that is too long
            continue
        if len(other) == named and named > 1:
            return f"{problem} It seems to be separated by the {name}."
    return problem


def _is_filled(field: str) -> bool:
    return bool(field.strip(BLANKS))
