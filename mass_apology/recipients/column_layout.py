"""The layout of a recipients file: its format, its header, and the columns with a role."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.model import Finding, Recipient, Severity, Withheld
from mass_apology.recipients.cells import BLANKS, CONTROL, composed, shown
from mass_apology.settings import ColumnSettings, ColumnType
from mass_apology.spreadsheets import unmarked

MOST_COLUMNS = 5000
"""Columns at most: no customers' file has more, and each costs time in every batch."""

_DEFAULT_ADDRESS = "email"
_MOST_LISTED = 40  # names in a sentence
_LONGEST_NAME = 1000  # characters of a column's name
_NO_BLANKS = {ord(blank): None for blank in BLANKS}


class MadeColumn(Struct, frozen=True, kw_only=True):
    """A column of the rows that is made from columns of the file. ``made_columns`` finds and fills it."""

    name: str
    patterns: tuple[tuple[str, ...], ...]  # text, column, text, column, … text; ("", column, "") is the column alone

    @property
    def sources(self) -> tuple[str, ...]:
        """The file's columns, in their order."""
        return tuple(dict.fromkeys(column for pattern in self.patterns for column in pattern[1::2]))


class Layout(Struct, frozen=True, kw_only=True):
    """The format of a file, detected or stated. ``inspect`` makes it, commands show it, ``read`` follows it."""

    kind: str  # "csv", "excel" or "parquet"
    encoding: str  # a Python codec; empty for Excel and Parquet, which carry their own
    delimiter: str  # one character; empty for Excel and Parquet
    encoding_stated: bool  # the campaign states it, so it was not detected
    delimiter_stated: bool
    errors: str = "strict"  # "replace" if some lines are not in this encoding: they get U+FFFD
    header: tuple[str, ...]  # the names of the rows' columns: those of the file, and those that campaign.toml makes
    in_file: tuple[str, ...]  # the column names of the file, without outer blanks
    made: tuple[MadeColumn, ...] = ()
    findings: tuple[Finding, ...]
    line: int = 1  # the header's line in a workbook
    sheets: tuple[str, ...] = ()  # of a workbook: those that people see, where none is stated and there are several

    def sources(self, column: str) -> tuple[str, ...]:
        """The file's columns that a column of the rows is made from; itself, where it is one of the file."""
        return next((each.sources for each in self.made if each.name == column), (column,))


class Batch(Struct, frozen=True, kw_only=True):
    """Consecutive rows, checked. A row either is excluded by ``where``, or has findings, or is a recipient."""

    recipients: list[Recipient]
    findings: list[Finding]  # of rows: sorted by line, severity ERROR, with the line and the address as written
    withheld: list[Withheld]  # each row with findings once; the first finding is the reason
    rows_read: int  # without blank lines; one that is written to at several addresses counts for each
    rows_chosen: int  # not excluded by ``where``; a row with an unreadable value is not excluded


class Chunk(Struct, frozen=True, kw_only=True):
    """Consecutive rows as texts, before the checks. The readers of each format make it."""

    columns: Mapping[str, list[str]]  # the cells by column, in the header's order
    lines: list[int]  # the first line of each row
    misfits: list[Finding]  # rows of a wrong structure; ``columns`` has no cells of them
    mended: Mapping[str, Sequence[int]] = {}  # code of a repair of a row's structure → the lines


class Roles(Struct, frozen=True, kw_only=True):
    """The column of each role; ``None`` if the file has none."""

    address: str
    name: str | None
    language: str | None
    time_zone: str | None
    key: str | None

    @property
    def all(self) -> frozenset[str]:
        """All columns with a role."""
        return frozenset(filter(None, (self.address, self.name, self.language, self.time_zone, self.key)))


def folded(text: str) -> str:
    """The text for comparison, without the differences of case, blanks and characters of no width."""
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return plain.translate(_NO_BLANKS)


def note(code: str, severity: Severity, file: str, problem: str, advice: str) -> Finding:
    """Make a finding about the whole file."""
    return Finding(code=code, severity=severity, where=file, problem=problem, advice=advice)


def listed(names: Iterable[str]) -> str:
    """Column names for a sentence: quoted, safe to show, ``_MOST_LISTED`` at most."""
    several = list(names)
    more = f" and {len(several) - _MOST_LISTED:,} more" if len(several) > _MOST_LISTED else ""
    return ", ".join(f"'{shown(name)}'" for name in several[:_MOST_LISTED]) + more


def check_unchanged(path: Path, cells: Sequence[str], layout: Layout) -> None:
    """Raise ``InputError`` if the header differs from the inspected one."""
    if _names(cells) != layout.in_file:
        raise InputError(
            f"{path} was changed after it was inspected: its header is another one.",
            next_step="Run 'mass-apology check' again.",
        )


def nearest(name: str, header: Sequence[str]) -> str:
    """A space and a sentence that names the most similar column, or ""."""
    by_folded = {column.casefold(): column for column in header}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.6)
    return f" Did you mean {listed([by_folded[close[0]]])}?" if close else ""


def column_names(file: str, cells: Sequence[str]) -> tuple[tuple[str, ...], list[Finding]]:
    """The header's cells as column names, with the findings about them.

    Raises:
        InputError: a name is empty, is there twice, or holds control characters; all of them in one sentence.
    """
    names = _names(cells)
    if not names:
        raise InputError(f"{file} has no columns with a name.", next_step="Write their names in the first line.")
    if len(names) > MOST_COLUMNS:
        raise InputError(
            f"{file} has {len(names):,} columns, and at most {MOST_COLUMNS:,} can be read.",
            next_step="Leave out the columns that no letter needs.",
        )
    problems = list(_name_problems(names))
    if problems:
        raise InputError(
            f"The header of {file} cannot be used: {'; '.join(problems)}.",
            next_step="Give every column one name of its own in the first line of the file.",
        )
    return names, list(_name_notes(file, cells, names))


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    """The header's cells, cleaned as values are, without the empty ones that spreadsheets leave at its end."""
    names = [unmarked(composed(cell.strip(BLANKS))) for cell in cells]
    while names and not names[-1]:
        del names[-1]
    return tuple(names)


def _name_notes(file: str, cells: Sequence[str], names: Sequence[str]) -> Iterable[Finding]:
    if padded := [name for cell, name in zip(cells, names, strict=False) if cell != name]:
        problem = f"Blanks, or marks of a spreadsheet, around column names were taken away: {listed(padded)}."
        advice = "Use the names without them in templates."
        yield note("header-stripped", Severity.INFO, file, problem, advice)
    if unnamed := len(cells) - len(names):
        which = "column has" if unnamed == 1 else f"{unnamed} columns have"
        problem = f"The last {which} no name, and is left out." if unnamed == 1 else ""
        problem = problem or f"The last {which} no names, and are left out."
        advice = "Nothing needs to be done: a row with something in them would be an error."
        yield note("columns-unnamed", Severity.INFO, file, problem, advice)


def _name_problems(names: Sequence[str]) -> Iterable[str]:
    if any(len(name) > _LONGEST_NAME for name in names):
        yield f"a column's name has more than {_LONGEST_NAME:,} characters"
        return
    empty = [str(position) for position, name in enumerate(names, start=1) if not name]
    if empty:
        which = f"column {empty[0]} has" if len(empty) == 1 else f"columns {', '.join(empty[:_MOST_LISTED])} have"
        yield f"{which} no name"
    alike: dict[str, list[str]] = {}
    for name in filter(None, names):
        alike.setdefault(folded(name), []).append(name)
    twice = [name for name, count in Counter(names).items() if name and count > 1]
    if twice:
        yield f"more than one column is called {listed(twice)}"
    for spellings in (dict.fromkeys(several) for several in alike.values()):
        if len(spellings) > 1:
            yield f"the columns {listed(spellings)} are called alike but for case, blanks or the form of accents"
    if damaged := [name for name in names if "\ufffd" in name]:
        yield f"characters were lost in {listed(damaged)}"
    if any("\0" in name for name in names):
        yield "there are NUL characters in it, as in a file that is damaged or is no text"
    elif strange := [name for name in names if CONTROL.search(name)]:
        yield f"there are control characters in {listed(strange)}"


def roles(file: str, header: Sequence[str], columns: ColumnSettings) -> Roles:
    """Find the column of each role: the campaign names it, or it has the usual name.

    Raises:
        InputError: columns the campaign names are not in the header, or there is no address column.
    """
    named = {"name": columns.name, "language": columns.language, "time_zone": columns.time_zone}
    return Roles(
        address=_address_column(file, header, columns.address),
        key=_stated(file, header, "key", columns.key),
        **{
            role: _stated(file, header, role, name) or columns.called_like(role, header) for role, name in named.items()
        },
    )


def check_columns(file: str, header: Sequence[str], columns: ColumnSettings, types: Mapping[str, ColumnType]) -> None:
    """Raise ``InputError`` if the campaign names a column that is not in the header."""
    roles(file, header, columns)
    _stated(file, header, "gender", columns.gender)
    for column in types:
        if column not in header:
            raise missing_column(file, header, column, f"[types] in campaign.toml declares a column '{shown(column)}'")


def _address_column(file: str, header: Sequence[str], name: str) -> str:
    usual = _usual(header, name) if name == _DEFAULT_ADDRESS else None
    if name not in header and usual is None:
        raise missing_column(file, header, name, f"The addresses are expected in a column '{shown(name)}'")
    return name if name in header else usual or name


def _stated(file: str, header: Sequence[str], role: str, name: str | None) -> str | None:
    if name is not None and name not in header:
        raise missing_column(file, header, name, f"[columns] {role} in campaign.toml names a column '{shown(name)}'")
    return name


def _usual(header: Sequence[str], role: str) -> str | None:
    """The column of the role's usual name in any case; a column in the exact case comes first."""
    return next((name for name in sorted(header, key=lambda name: name != role) if name.casefold() == role), None)


def missing_column(file: str, header: Sequence[str], name: str, problem: str) -> InputError:
    return InputError(
        f"{problem}, and {file} has none of that name.{nearest(name, header)}",
        next_step=f"Correct the name in campaign.toml or in the file, whose columns are {listed(header)}.",
    )
