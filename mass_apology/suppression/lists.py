"""Reads and writes suppression lists as CSV, from other systems and from ``suppress export``.

A file is one address a line, or has a header with ``address`` (or ``email``) and any of ``reason``, ``scope``,
``date``, ``source`` and ``note``, in any order; other columns are passed over and named. All problems are reported
at once.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from itertools import chain
from pathlib import Path
from typing import TextIO, TypeVar

from msgspec import Struct

from mass_apology.errors import SuppressionError
from mass_apology.spreadsheets import marked, unmarked
from mass_apology.suppression.entries import Entry, Reason, Scope
from mass_apology.system.regular_file import refuse_special

COLUMNS = ("address", "reason", "scope", "date", "source", "note")
PROBLEMS_SHOWN = 20

_ADDRESS_NAMES = frozenset({"address", "email", "e-mail", "email address", "e-mail address"})
_DELIMITERS = ",;\t|"
_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_NO_WIDTH = " \t\u00a0\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
_SEPARATOR_LINE = re.compile(r'\A"?sep=."?[ \t]*[\r\n]', re.IGNORECASE)
_DAY = 86400.0

_Choice = TypeVar("_Choice", bound=StrEnum)
_Row = tuple[int, list[str]]  # the line where it starts, from 1, and its cells


class Imported(Struct, frozen=True, kw_only=True):
    """The result of an import."""

    rows: int  # with an address
    new: int  # addresses that had no entry before
    ignored_columns: tuple[str, ...]  # columns of the list that are not read


class Exported(Struct, frozen=True, kw_only=True):
    """The result of an export."""

    rows: int
    purged: int  # entries left out: a purge deleted their address


class Listed(Struct, frozen=True, kw_only=True):
    """The content of a list. ``read_list`` makes it."""

    entries: tuple[Entry, ...]  # in the order of the file; an address may stand there twice
    ignored_columns: tuple[str, ...]


def read_list(path: Path, *, now: float, source: str, reason: Reason) -> Listed:
    """Read a list. ``now`` (Unix seconds), ``source`` and ``reason`` are for rows without one.

    Raises ``SuppressionError`` that names every unusable line, ``PROBLEMS_SHOWN`` at most.
    """
    rows = _rows(path, _text(path))
    first = next(rows, None)
    if first is not None and _states_delimiter(first):
        first = next(rows, None)
    if first is None:
        return Listed(entries=(), ignored_columns=())
    header = _header(path, first)
    fields = _Fields(header or ["address"], now=now, source=source, reason=reason)
    entries, problems = _entries(rows if header else chain([first], rows), fields)
    if problems:
        raise _unusable(path, problems)
    ignored = tuple(name for name in header if name and name not in COLUMNS)
    return Listed(entries=tuple(entries), ignored_columns=ignored)


def write_list(entries: Iterable[Entry], stream: TextIO) -> Exported:
    """Write the entries that have an address; cells that a spreadsheet would run as formulas are marked as text.

    Raises ``OSError`` if the stream cannot be written.
    """
    rows = csv.writer(stream)
    rows.writerow(COLUMNS)
    written = purged = 0
    for entry in entries:
        if entry.address is None:
            purged += 1
            continue
        date = datetime.fromtimestamp(entry.at, UTC).isoformat()
        cells = (entry.address, entry.reason, entry.scope, date, entry.source, entry.note)
        rows.writerow([marked(cell) for cell in cells])
        written += 1
    return Exported(rows=written, purged=purged)


class _Fields:
    """Turns a row's cells into an entry, by the names in the header."""

    def __init__(self, header: Sequence[str], *, now: float, source: str, reason: Reason) -> None:
        self._header = header
        self._now = now
        self._source = source
        self._reason = reason

    def entry(self, cells: Sequence[str]) -> Entry:
        """The entry of a row. Raises ``ValueError`` or ``SuppressionError`` with the row's error."""
        if len(cells) != len(self._header):
            raise ValueError(f"the number of fields is {len(cells)} instead of {len(self._header)}")
        row = dict(zip(self._header, map(unmarked, cells), strict=True))
        return Entry.of(
            row["address"],
            _choice(Reason, row.get("reason", ""), "reason") or self._reason,
            scope=_choice(Scope, row.get("scope", ""), "scope"),
            at=self._moment(row),
            source=row.get("source") or self._source,
            note=row.get("note", ""),
        )

    def _moment(self, row: Mapping[str, str]) -> float:
        text = row.get("date", "")
        if not text:
            return self._now
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise ValueError(f"{text[:60]!r} is not a date such as 2026-11-20 or 2026-11-20T09:12Z") from None
        at = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        if not 0 <= at <= self._now + _DAY:  # in half of the world it is tomorrow already
            raise ValueError(f"the date {text} lies {'ahead' if at > 0 else 'before 1970'}")
        return min(at, self._now)


def _entries(rows: Iterable[_Row], fields: _Fields) -> tuple[list[Entry], list[str]]:
    entries: list[Entry] = []
    problems: list[str] = []
    for line, cells in rows:
        try:
            entries.append(fields.entry(cells))
        except ValueError as error:
            problems.append(f"line {line}: {error}")
        except SuppressionError as error:
            problems.append(f"line {line}: {error.problem.removesuffix('.')}")
    return entries, problems


def _unusable(path: Path, problems: Sequence[str]) -> SuppressionError:
    shown = "; ".join(problems[:PROBLEMS_SHOWN])
    more = f"; and {len(problems) - PROBLEMS_SHOWN} more" if len(problems) > PROBLEMS_SHOWN else ""
    return SuppressionError(
        f"{path} cannot be imported: {shown}{more}.",
        next_step="Mend or delete these lines, then import the file again; nothing of it was added.",
    )


def _text(path: Path) -> str:
    try:
        refuse_special(path, but_open_pipes=True)  # a list may come from another program
        octets = path.read_bytes()
    except OSError as error:
        raise SuppressionError(
            f"{path} cannot be read: {error.strerror or error}.", next_step="Give the path of a readable CSV file."
        ) from error
    encoding = next((encoding for mark, encoding in _MARKS if octets.startswith(mark)), "utf-8")
    try:
        return octets.decode(encoding)
    except UnicodeDecodeError as error:
        line = octets.count(b"\n", 0, error.start) + 1
        raise SuppressionError(
            f"{path} is not written in {encoding.removesuffix('-sig').upper()}: line {line} has a byte that means "
            "nothing there.",
            next_step="Save the file as UTF-8, then import it again.",
        ) from error


def _rows(path: Path, text: str) -> Iterator[_Row]:
    """The rows that are not blank."""
    reader = csv.reader(StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    line = 1
    try:
        for cells in reader:
            stripped = [cell.strip(_NO_WIDTH).strip() for cell in cells]
            if any(stripped):
                yield line, stripped
            line = reader.line_num + 1
    except csv.Error as error:
        raise SuppressionError(
            f"{path} cannot be imported: line {line}: its fields cannot be told apart ({error}).",
            next_step="Close the quotes of that line, then import the file again; nothing of it was added.",
        ) from error


def _delimiter(text: str) -> str:
    """The most frequent delimiter in the first non-blank line; without one, the file has one address a line."""
    start = _SEPARATOR_LINE.sub("", text.lstrip()[:4096], count=1).lstrip()
    first = start.splitlines()[0] if start else ""
    return max(_DELIMITERS, key=first.count)


def _states_delimiter(row: _Row) -> bool:
    """Whether the row is a line such as ``sep=;``, which states the delimiter for spreadsheets."""
    return "".join(row[1]).casefold() in {"sep=", *(f"sep={each}" for each in _DELIMITERS)}


def _header(path: Path, first: _Row) -> list[str]:
    """The column names in lower case, "address" for the addresses; empty if the file has no header."""
    line, cells = first
    if any("@" in cell for cell in cells):
        return []
    names = [unmarked(cell).casefold() for cell in cells]
    names = ["address" if name in _ADDRESS_NAMES else name for name in names]
    repeated = sorted({name for name in names if name in COLUMNS and names.count(name) > 1})
    if "address" not in names or repeated:
        flaw = f"names the column {repeated[0]} twice" if repeated else 'has neither an address nor a column "address"'
        raise SuppressionError(
            f"{path} cannot be imported: line {line} {flaw}.",
            next_step=f"Write the column names in the first line ({', '.join(COLUMNS)}), or one address a line.",
        )
    return names


def _choice(kind: type[_Choice], text: str, what: str) -> _Choice | None:
    if not text:
        return None
    try:
        return kind(text.lower().replace("_", "-").replace(" ", "-"))
    except ValueError:
        raise ValueError(f"{text[:60]!r} is no {what}; {', '.join(kind)} are") from None
