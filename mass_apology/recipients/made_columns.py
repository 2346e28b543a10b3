"""Columns that campaign.toml makes from those of the file: under another name, joined, filled into a pattern, or the
first usable one of several.

They are made where rows are read, so that letters, conditions, types and results know them like any other column.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from mass_apology.errors import InputError
from mass_apology.model import Finding, Severity
from mass_apology.recipients.address import is_address
from mass_apology.recipients.cells import shown
from mass_apology.recipients.cleaning import Occurrences
from mass_apology.recipients.column_layout import Layout, MadeColumn, listed, missing_column, note
from mass_apology.recipients.several_addresses import several
from mass_apology.settings import PARTS, Campaign, ColumnSettings, ColumnType

_PLACE = re.compile(r"\{([^{}]+)\}")
_FIRST_FILLED = frozenset({"language", "time_zone", "country", "gender"})  # parts of which two values make no sense

_Columns = Mapping[str, Sequence[str]]


def made_columns(file: str, in_file: Sequence[str], columns: ColumnSettings, used: Collection[str]) -> list[MadeColumn]:
    """The columns that [columns] makes, and the parts that ``used`` asks for under the part's own name.

    Raises:
        InputError: campaign.toml names columns that the file has not.
    """
    _check_sources(file, in_file, columns)
    made = [
        MadeColumn(name=name, patterns=tuple(_pattern(each, in_file) for each in _parts(source)))
        for name, source in columns.made.items()
    ]
    others = [
        MadeColumn(name=part, patterns=(("", column, ""),))
        for part, column in columns.parts.items()
        if column is not None
        and column in in_file
        and part in used
        and part not in in_file
        and part not in columns.made
    ]
    return [*made, *others]


def row_header(
    in_file: Sequence[str], made: Sequence[MadeColumn], columns: ColumnSettings, used: Collection[str]
) -> tuple[str, ...]:
    """The names of the rows' columns. A renamed column loses its name in the file, unless something uses it."""
    kept = {*used, *columns.parts.values()}
    renamed = {
        each.sources[0]: each.name
        for each in made
        if _is_rename(each) and each.name not in PARTS and not _is_part(each.sources[0])
    }
    names = [renamed[column] if column in renamed and column not in kept else column for column in in_file]
    return tuple(dict.fromkeys((*names, *(each.name for each in made))))


def column_notes(
    file: str, in_file: Sequence[str], made: Sequence[MadeColumn], used: Collection[str]
) -> Iterator[Finding]:
    """Names in [columns] that may be mistaken: those of other columns of the file, and almost those of parts."""
    hidden = [each.name for each in made if each.name in in_file and each.sources != (each.name,)]
    if hidden:
        problem = f"[columns] in campaign.toml gives these names to other columns: {listed(hidden)}."
        advice = "Letters and conditions see those, and not the file's columns of these names."
        yield note("columns-hidden", Severity.INFO, file, problem, advice)
    for each in made:
        part = next(iter(get_close_matches(each.name.casefold(), PARTS, n=1, cutoff=0.8)), "")
        if part and each.name not in PARTS and each.name not in used:
            problem = f"[columns] makes a column '{shown(each.name)}', which nothing uses."
            advice = f"Did you mean the part `{part}`? Otherwise nothing needs to be done."
            yield note("part-misspelt", Severity.WARNING, "campaign.toml", problem, advice)


def words_of(campaign: Campaign, candidates: Iterable[str]) -> set[str]:
    """The names among ``candidates`` that campaign.toml uses in conditions and types."""
    conditions = (campaign.where, *campaign.segments.values(), *(each.where for each in campaign.follow_up))
    text = "\n".join(filter(None, conditions))
    return {
        name for name in candidates if name in campaign.types or re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    }


def types_in_file(campaign: Campaign) -> dict[str, ColumnType]:
    """The declared types by the file's own names of columns."""
    made = campaign.columns.made
    renamed = {
        source: campaign.types[name]
        for name, source in made.items()
        if isinstance(source, str) and name in campaign.types
    }
    return {**campaign.types, **renamed}


class ColumnMaker:
    """Makes the columns of one file's rows. ``read`` makes one, and ``RowChecks`` passes it every chunk."""

    def __init__(self, file: str, layout: Layout) -> None:
        self._file = file
        self._layout = layout
        self._passed_over = Occurrences()  # addresses that are none, beside one that is
        self._example = ""

    def made(self, columns: _Columns, lines: Sequence[int]) -> _Columns:
        """The columns of ``Layout.header``; ``columns`` are those of the file."""
        if not self._layout.made:
            return columns
        made = {each.name: self._cells(each, columns, lines) for each in self._layout.made}
        return {name: made[name] if name in made else columns[name] for name in self._layout.header}

    def findings(self) -> Iterator[Finding]:
        """A warning if letters go to another address than the first one that a row names."""
        if self._passed_over.count:
            problem = f"What stands first is no address, such as '{shown(self._example)}', {self._passed_over.where}."
            advice = "The letter goes to the row's next address; correct the first one if it should go there."
            yield note("address-next", Severity.WARNING, self._file, problem, advice)

    def _cells(self, column: MadeColumn, columns: _Columns, lines: Sequence[int]) -> Sequence[str]:
        parts = [_filled(pattern, columns) for pattern in column.patterns]
        if len(parts) == 1:
            return parts[0]
        rows = zip(*parts, strict=True)
        if column.name == "address":
            return [self._first_address(row, line, column) for row, line in zip(rows, lines, strict=True)]
        if column.name in _FIRST_FILLED:
            return [next(filter(None, row), "") for row in rows]
        return [" ".join(filter(None, row)) for row in rows]

    def _first_address(self, cells: Sequence[str], line: int, column: MadeColumn) -> str:
        """The first usable address of a row; without any, the first cell that is filled."""
        filled = [cell for cell in cells if cell]
        usable = next(filter(_is_usable, filled), None)
        if usable is None:
            return filled[0] if filled else ""
        if usable != filled[0]:
            self._example = self._example or filled[0]
            self._passed_over.add([line], column.sources[cells.index(filled[0])])
        return usable


def _check_sources(file: str, in_file: Sequence[str], columns: ColumnSettings) -> None:
    """Raise one ``InputError`` for all missing names: after a change of encoding none may match."""
    missing = {
        (key, name): None
        for key, source in _stated(columns)
        for part in _parts(source)
        for name in _pattern(part, in_file)[1::2] or (part,)
        if name not in in_file
    }
    if len(missing) == 1:
        ((key, name),) = missing
        raise missing_column(file, in_file, name, f"[columns] {key} in campaign.toml names a column '{shown(name)}'")
    if missing:
        names = ", ".join(f"{key} '{shown(name)}'" for key, name in missing)
        raise InputError(
            f"[columns] in campaign.toml names columns that {file} has not: {names}.",
            next_step=f"Correct the names in campaign.toml or in the file, whose columns are {listed(in_file)}.",
        )


def _stated(columns: ColumnSettings) -> Iterator[tuple[str, str | tuple[str, ...]]]:
    """Every key of [columns] with what it names."""
    usual = ColumnSettings().parts
    for part, name in columns.parts.items():
        if name is not None and part not in columns.made and name != usual[part]:
            yield part, name
    yield from columns.made.items()


def _parts(source: str | tuple[str, ...]) -> tuple[str, ...]:
    return (source,) if isinstance(source, str) else source


def _pattern(part: str, in_file: Collection[str]) -> tuple[str, ...]:
    """Text, column, text, column, … text. A column's name may itself hold braces."""
    return ("", part, "") if part in in_file or not _PLACE.search(part) else tuple(_PLACE.split(part))


def _is_rename(column: MadeColumn) -> bool:
    return len(column.patterns) == 1 and column.patterns[0] == ("", column.sources[0], "")


def _is_part(name: str) -> bool:
    """Whether a column plays a part by its own name."""
    return name.casefold() in {*PARTS, ColumnSettings().address}


def _filled(pattern: Sequence[str], columns: _Columns) -> Sequence[str]:
    """The pattern for each row; "" where none of its columns has a value."""
    if len(pattern) == 3 and not pattern[0] and not pattern[2]:
        return columns[pattern[1]]
    texts = pattern[::2]
    rows = zip(*(columns[column] for column in pattern[1::2]), strict=True)
    return [_one_filled(texts, row) if any(row) else "" for row in rows]


def _one_filled(texts: Sequence[str], cells: Sequence[str]) -> str:
    """What a cell lacks leaves no double blank behind."""
    joined = "".join(part for pair in zip(texts, (*cells, ""), strict=True) for part in pair)
    return " ".join(joined.split()) if "" in cells else joined


def _is_usable(cell: str) -> bool:
    return is_address(cell) or bool(several(cell))
