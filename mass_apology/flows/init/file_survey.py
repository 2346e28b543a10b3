"""Surveys a customer file for ``init``: roles and types of its columns, and the languages of its rows."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from mass_apology import recipients
from mass_apology.countries import languages_of
from mass_apology.errors import InputError
from mass_apology.flows.init.column_matching import (
    Cells,
    Matches,
    columns_called,
    match,
)
from mass_apology.letter.scenario import Column
from mass_apology.model import Finding, Severity
from mass_apology.recipients import Layout, RecipientsFile
from mass_apology.recipients.languages import language
from mass_apology.recipients.written_style import Style, find_style
from mass_apology.recipients.written_values import file_readers
from mass_apology.settings import ColumnType, CsvSettings

FIRST_ROWS = 2000
"""Rows by which columns are matched and types guessed; ``check`` reads all rows."""

MOST_EXAMPLES = 3
NOTHING_CHOSEN: Mapping[str, str] = MappingProxyType({})

_TRIED = (ColumnType.INT, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.DATETIME, ColumnType.BOOL)
_NUMBERS = frozenset({ColumnType.INT, ColumnType.DECIMAL})
_NUMBER_AS_TEXT = re.compile(r"[+-]?0[0-9]|\+")  # "00123" and "+48 22" look like numbers and are text


class Usable(Struct, frozen=True, kw_only=True):
    """A column that the letters can use, and the matching column of the file."""

    name: str  # as the letters call it
    column: Column
    called: str | None  # the file's column of that or a similar name
    misfit: str  # a cell that is not of the column's type; "" if all are
    fits: bool  # at least half of its cells are of that type


class Guess(Struct, frozen=True, kw_only=True):
    """The type that a column's first cells all have."""

    column: str
    type: ColumnType
    examples: tuple[str, ...]


class Survey(Struct, frozen=True, kw_only=True):
    """The result of surveying a customer file."""

    layout: Layout
    matches: Matches
    usable: tuple[Usable, ...]  # the scenario's columns
    guesses: tuple[Guess, ...]  # types of columns that the letters do not use
    style: Style  # how the file writes numbers and dates
    unused: tuple[str, ...]  # columns that neither the campaign nor the letters use
    languages: Mapping[str, int]  # language → rows; "" for rows without one
    of_countries: Mapping[str, int]  # first official language of the rows' countries → rows; "" for rows without one
    trouble: str = ""  # errors of the file, as sentences

    @property
    def has_language(self) -> bool:
        """Whether a column has the customers' language."""
        return self.matches.column("language") is not None


def survey(
    path: Path,
    columns: Mapping[str, Column],
    chosen: Mapping[str, str] = NOTHING_CHOSEN,
    stated: CsvSettings = recipients.NOTHING_STATED,
) -> Survey:
    """Survey a file for letters that can use ``columns``. Raises ``InputError`` if its header cannot be used.

    ``chosen`` are parts that a person gave columns, ``stated`` is how the file is written, as far as a person said.

    Languages are counted in all rows. Errors in rows are returned, not raised: the file can be mended later.
    """
    with RecipientsFile(path) as file:
        return _survey(file, columns, chosen, stated)


def _survey(
    file: RecipientsFile, columns: Mapping[str, Column], chosen: Mapping[str, str], stated: CsvSettings
) -> Survey:
    layout = recipients.look(file, stated)
    trouble: list[str] = [finding_text(each) for each in layout.findings if each.severity is Severity.ERROR]
    first = _first_rows(file, layout, trouble, stated)
    matches = match(layout.header, first).with_chosen(chosen)
    taken = {column for each in matches.found for column in each.columns}
    called = {name: _called(name, first, taken) for name in columns}
    typed = [first[each] for name, each in called.items() if each and columns[name].type is not ColumnType.TEXT]
    style = _style(typed, [cells for column, cells in first.items() if column not in taken])
    usable = tuple(_usable(name, column, called[name], first, style) for name, column in columns.items())
    doubtful = {column for doubt in matches.doubts for column in doubt.columns}
    spoken_of = {*called.values(), *doubtful, *taken}
    free = [name for name in layout.header if name not in spoken_of]
    return Survey(
        layout=layout,
        matches=matches,
        usable=usable,
        guesses=tuple(_guesses(free, first, style)),
        style=style,
        unused=tuple(free),
        languages=_counted(file, layout, matches.column("language"), _language, trouble, stated),
        of_countries=_counted(file, layout, matches.column("country"), _language_of_country, trouble, stated),
        trouble=" ".join(dict.fromkeys(trouble)),
    )


def finding_text(finding: Finding) -> str:
    """A finding about the file as sentences."""
    return f"{finding.problem} {finding.advice}"


def _first_rows(file: RecipientsFile, layout: Layout, trouble: list[str], stated: CsvSettings) -> Cells:
    none: dict[str, list[str]] = {column: [] for column in layout.header}
    try:
        return next(recipients.cells(file, layout, layout.header, FIRST_ROWS, stated=stated), none)
    except InputError as error:
        trouble.append(f"{error.problem} {error.next_step}")
        return none


def _counted(
    file: RecipientsFile,
    layout: Layout,
    column: str | None,
    language_of: Callable[[str], str],
    trouble: list[str],
    stated: CsvSettings,
) -> Mapping[str, int]:
    """Language of the cells of a column, as ``language_of`` tells it → rows, the commonest first."""
    if column is None:
        return MappingProxyType({})
    counts: Counter[str] = Counter()
    try:
        for chunk in recipients.cells(file, layout, [column], stated=stated):
            counts.update(chunk[column])
    except InputError as error:
        trouble.append(f"{error.problem} {error.next_step}")
    languages: Counter[str] = Counter()
    for cell, count in counts.items():
        languages[language_of(cell)] += count
    return MappingProxyType(dict(languages.most_common()))


def _language(cell: str) -> str:
    """The language that a cell asks for; a cell that is not understood counts as empty."""
    try:
        return language(cell.strip()) if cell.strip() else ""
    except ValueError:
        return ""


def _language_of_country(cell: str) -> str:
    return next(iter(languages_of(cell)), "")


def _called(name: str, first: Cells, taken: Collection[str]) -> str | None:
    """The file's column that the letters call ``name``."""
    return (
        name if name in first else next(iter(columns_called(name, [each for each in first if each not in taken])), None)
    )


def _style(of_letters: Sequence[Sequence[str]], others: Sequence[Sequence[str]]) -> Style:
    """How the columns of the letters write numbers and dates; what these leave open, the other columns tell."""
    first, more = find_style(of_letters), find_style(others)
    return Style(found={**more.found, **first.found}, doubts={**more.doubts, **first.doubts})


def _usable(name: str, column: Column, called: str | None, first: Cells, style: Style) -> Usable:
    filled = [cell for cell in (first[called] if called else ()) if cell.strip()]
    odd = [cell for cell in filled if not _is(column.type, cell, style)]
    return Usable(name=name, column=column, called=called, misfit=next(iter(odd), ""), fits=2 * len(odd) <= len(filled))


def _guesses(columns: Sequence[str], first: Cells, style: Style) -> Iterator[Guess]:
    for column in columns:
        filled = list(dict.fromkeys(cell for cell in first[column] if cell.strip()))
        if not filled:
            continue
        kind = next((each for each in _TRIED if all(_is(each, cell, style) for cell in filled)), None)
        if kind in _NUMBERS and any(map(_NUMBER_AS_TEXT.match, filled)):
            continue
        if kind is ColumnType.BOOL and len(filled) == 1 and len(filled[0]) == 1:
            continue  # "f" in every row may be female as well as false
        if kind is not None:
            yield Guess(column=column, type=kind, examples=tuple(filled[:MOST_EXAMPLES]))


def _is(kind: ColumnType, cell: str, style: Style) -> bool:
    try:
        file_readers({"": kind}, "UTC", style.settings).get("", str)(cell)
    except ValueError:
        return False
    return True


def written_as(layout: Layout) -> str:
    """The file's format, as a phrase."""
    if layout.kind != "csv":
        return layout.kind
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    return f"{layout.encoding}, fields separated by {names.get(layout.delimiter, layout.delimiter)}"


def language_counts(survey: Survey) -> Iterator[str]:
    """The rows' languages, each with its number of rows, as phrases."""
    return chain((f"{tag} {count:,}" for tag, count in survey.languages.items() if tag), _without_language(survey))


def _without_language(survey: Survey) -> Iterator[str]:
    if count := survey.languages.get(""):
        yield f"{count:,} do not say"
