"""A row's fields as ``csv`` finds them → the fields that were meant, or what is wrong with the row.

Spreadsheets end rows in empty fields, people align columns with blanks before the quotes, and a line of another file
may have another delimiter. What has one meaning is mended and counted; what has not is a finding with its line.
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

_MOST_PARTS = 50  # of a field that the delimiter took apart

_OPEN = re.compile(rf'[{BLANKS}]+"')
_QUOTED = re.compile(rf'[{BLANKS}]+"((?:[^"]|"")*)"[{BLANKS}]*')
_SEPARATOR_LINE = re.compile(r'\ufeff?"?sep=(.)"?[ \t]*[\r\n]*', re.IGNORECASE)


class Meant(Struct, frozen=True, kw_only=True):
    """What a row says."""

    fields: tuple[str, ...] = ()  # as many as the header has; none where the row is blank or cannot be used
    mended: str = ""  # the code of what was mended; empty where nothing had to be
    flaw: str = ""  # the code of what makes the row useless; empty where it is of use, or blank
    problem: str = ""  # the flaw as a sentence


def separator_line(text: str) -> str | None:
    """The delimiter that a first line such as ``sep=;`` states for spreadsheet programs."""
    stated = _SEPARATOR_LINE.fullmatch(text)
    return stated[1] if stated else None


def padded_quotes(delimiter: str) -> re.Pattern[str]:
    """Finds lines in which a quote may stand after a blank at a field's beginning."""
    return re.compile(rf'(?:^|{re.escape(delimiter)})[{BLANKS}]+"')


def meant(fields: Sequence[str], text: str, delimiter: str, *, width: int, named: int) -> Meant:
    """What a row says that has not ``width`` fields, or seems to have quotes after blanks.

    ``text`` is the row as it stands in the file; the header has ``width`` fields, the first ``named`` with names.
    """
    whole = _requoted(fields, text, delimiter) if _OPEN.search(text) else list(fields)
    if whole is None:
        problem = "A quote that stands after a blank begins a field that no quote ends."
        return Meant(flaw="quote-unclosed", problem=problem)
    if not any(map(_says_something, whole)):
        return Meant()
    if len(whole) < named or any(map(_says_something, whole[max(named, width) :])):
        return Meant(flaw="field-count", problem=_other_width(len(whole), text, named))
    mended = "quotes-removed" if len(whole) != len(fields) or whole != list(fields) else ""
    sized = (*whole[:width], *[""] * (width - len(whole)))
    return Meant(fields=sized, mended=mended or ("row-ends-removed" if len(whole) != width else ""))


def _requoted(fields: Sequence[str], text: str, delimiter: str) -> list[str] | None:
    """The fields, those in quotes after a blank put together and without quotes; ``None`` where one is not closed."""
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
    """For each field whether it stands in quotes (RFC 4180 §2)."""
    stop = re.escape(delimiter)
    field = re.compile(rf'("(?:[^"]|"")*")(?={stop}|[\r\n]*\Z)|[^{stop}]*')
    quoted: list[bool] = []
    at = 0
    while at <= len(text) and (match := field.match(text, at)):
        quoted.append(match[1] is not None)
        at = match.end() + 1
    return quoted


def _other_width(fields: int, text: str, named: int) -> str:
    said = f"The row has {fields} field{'' if fields == 1 else 's'}, and the header has {named}."
    for delimiter, name in DELIMITERS.items():
        try:
            other = next(csv.reader(StringIO(text, newline=""), delimiter=delimiter), [])
        except csv.Error:  # without its delimiter a row may be one field that is too long
            continue
        if len(other) == named and named > 1:
            return f"{said} It seems to be separated by the {name}."
    return said


def _says_something(field: str) -> bool:
    return bool(field.strip(BLANKS))
