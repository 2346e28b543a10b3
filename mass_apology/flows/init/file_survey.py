"""What a customer file holds, as far as a campaign still to be written has to know it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from types import MappingProxyType

from msgspec import Struct

from mass_apology import recipients
from mass_apology.columns import parser
from mass_apology.errors import InputError
from mass_apology.flows.init.column_matching import (
    Cells,
    Matches,
    match,
    plain,
)
from mass_apology.letter.scenario import Column
from mass_apology.model import Finding, Severity
from mass_apology.recipients import Layout, RecipientsFile
from mass_apology.settings import ColumnType

FIRST_ROWS = 2000
"""Rows that columns are matched and types are proposed by; ``check`` looks at all."""

MOST_EXAMPLES = 3

_TRIED = (ColumnType.INT, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.DATETIME, ColumnType.BOOL)
_NUMBER_AS_TEXT = re.compile(r"[+-]?0[0-9]|\+")  # "00123" and "+48 22" are no numbers, whatever they look like
_LANGUAGE = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")


class Usable(Struct, frozen=True, kw_only=True):
    """A column that the letters can use, and what the file has of it."""

    name: str  # as the letters call it
    column: Column
    called: str | None  # the file's column of that name, or of one like it
    misfit: str  # a cell that is not of the column's type; "" for none


class Guess(Struct, frozen=True, kw_only=True):
    """The type that a column's first cells all have."""

    column: str
    type: ColumnType
    examples: tuple[str, ...]


class Survey(Struct, frozen=True, kw_only=True):
    """A file of customers, looked at."""

    layout: Layout
    matches: Matches
    usable: tuple[Usable, ...]  # the scenario's columns
    guesses: tuple[Guess, ...]  # of columns that the letters do not speak of
    unused: tuple[str, ...]  # columns that neither the campaign nor the letters use
    languages: Mapping[str, int]  # rows by the language they ask for; "" where they do not say
    trouble: str = ""  # why the rows could not be read to the end, as sentences

    @property
    def has_language(self) -> bool:
        """Whether a column says the language."""
        return self.matches.column("language") is not None


def survey(path: Path, columns: Mapping[str, Column]) -> Survey:
    """Look at a file for letters that can use ``columns``. Raises ``InputError`` where its header cannot be used.

    The language is counted in all rows. What is wrong with rows is told, not raised: the file can be mended later.
    """
    with RecipientsFile(path) as file:
        return _surveyed(file, columns)


def _surveyed(file: RecipientsFile, columns: Mapping[str, Column]) -> Survey:
    layout = recipients.look(file)
    trouble: list[str] = [finding_text(each) for each in layout.findings if each.severity is Severity.ERROR]
    first = _first_rows(file, layout, trouble)
    matches = match(layout.header, first)
    usable = tuple(_usable(name, column, first) for name, column in columns.items())
    of_letters = {each.called for each in usable}
    doubtful = {column for doubt in matches.doubts for column in doubt.columns}
    spoken_of = {*of_letters, *doubtful, *(each.column for each in matches.found)}
    free = [name for name in layout.header if name not in spoken_of]
    return Survey(
        layout=layout,
        matches=matches,
        usable=usable,
        guesses=tuple(_guesses(free, first)),
        unused=tuple(free),
        languages=_languages(file, layout, matches.column("language"), trouble),
        trouble=" ".join(dict.fromkeys(trouble)),
    )


def finding_text(finding: Finding) -> str:
    """A finding about the file as sentences."""
    return f"{finding.problem} {finding.advice}"


def _first_rows(file: RecipientsFile, layout: Layout, trouble: list[str]) -> Cells:
    none: dict[str, list[str]] = {column: [] for column in layout.header}
    try:
        return next(recipients.cells(file, layout, layout.header, FIRST_ROWS), none)
    except InputError as error:
        trouble.append(f"{error.problem} {error.next_step}")
        return none


def _languages(file: RecipientsFile, layout: Layout, column: str | None, trouble: list[str]) -> Mapping[str, int]:
    """Rows by their language's primary tag; what is no language counts as none."""
    if column is None:
        return MappingProxyType({})
    counts: Counter[str] = Counter()
    try:
        for chunk in recipients.cells(file, layout, [column]):
            counts.update(chunk[column])
    except InputError as error:
        trouble.append(f"{error.problem} {error.next_step}")
    languages: Counter[str] = Counter()
    for cell, count in counts.items():
        tag = _LANGUAGE.fullmatch(cell.strip())
        languages[tag[1].lower() if tag else ""] += count
    return MappingProxyType(dict(languages.most_common()))


def _usable(name: str, column: Column, first: Cells) -> Usable:
    called = name if name in first else next((each for each in first if plain(each) == plain(name)), None)
    cells = first[called] if called else ()
    odd = next((cell for cell in cells if cell.strip() and not _is(column.type, cell)), "")
    return Usable(name=name, column=column, called=called, misfit=odd)


def _guesses(columns: Sequence[str], first: Cells) -> Iterator[Guess]:
    for column in columns:
        told = list(dict.fromkeys(cell for cell in first[column] if cell.strip()))
        if not told or any(map(_NUMBER_AS_TEXT.match, told)):
            continue
        kind = next((each for each in _TRIED if all(_is(each, cell) for cell in told)), None)
        if kind is ColumnType.BOOL and len(told) == 1 and len(told[0]) == 1:
            continue  # "f" in every row may be female as well as false
        if kind is not None:
            yield Guess(column=column, type=kind, examples=tuple(told[:MOST_EXAMPLES]))


def _is(kind: ColumnType, cell: str) -> bool:
    try:
        parser(kind, "UTC")(cell)
    except ValueError:
        return False
    return True


def written_as(layout: Layout) -> str:
    """How the file is written, as a phrase."""
    if layout.kind != "csv":
        return layout.kind
    names = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
    return f"{layout.encoding}, fields separated by {names.get(layout.delimiter, layout.delimiter)}"


def asked(survey: Survey) -> Iterator[str]:
    """The languages that rows ask for, each with its count."""
    return chain((f"{tag} {count:,}" for tag, count in survey.languages.items() if tag), _silent(survey))


def _silent(survey: Survey) -> Iterator[str]:
    if count := survey.languages.get(""):
        yield f"{count:,} do not say"
