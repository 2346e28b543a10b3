"""Collects the values of columns that conditions use, while the rows are read, and reports the misleading ones.

A condition treats ``pro`` and ``Pro`` as two plans, and every text as true, even "FALSE" and "no". Neither the file nor
the letter's source looks wrong; only the two together show the mistake.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches

from msgspec import Struct

from mass_apology.columns import ColumnUse, How, parser
from mass_apology.model import Finding, Severity
from mass_apology.names.name_words import shaped
from mass_apology.recipients.cells import shown
from mass_apology.recipients.column_layout import folded, listed
from mass_apology.recipients.where import Where
from mass_apology.settings import ColumnType
from mass_apology.yes_and_no import says_nothing, says_yes

MOST_VALUES = 2000
"""A column with more distinct values is not one that conditions choose by."""

MOST_SHOWN = 6
_ZERO = re.compile(r"(?:[A-Z]{3} ?|[$€£] ?)?[+-]?0+(?:[.,:]0+)*(?: ?(?:[A-Z]{3}|%|zł|kr|min|h|[^\W\d_]{1,3}\.|\W))?")
_SORTABLE = re.compile(r"[0-9]{4}-[0-9]{2}|[0-9]{2}:[0-9]{2}")  # ISO 8601: the order of the texts is that of the times
_NEAR = 0.8  # the least ratio (difflib) of two similar words
_SHORTEST_WORD = 4  # characters
_LONGEST = 200  # characters: no condition names a longer text


class _Seen(Struct):
    """One distinct value of a column."""

    line: int  # its first line
    count: int  # rows


class ColumnWatch:
    """Counts the values of columns in conditions. ``read`` makes one; ``RowChecks`` passes it every row."""

    def __init__(
        self,
        file: str,
        header: Sequence[str],
        types: Mapping[str, ColumnType],
        uses: Iterable[ColumnUse],
        conditions: Mapping[str, Where],
        *,
        roles: frozenset[str],
    ) -> None:
        """``conditions`` are those of campaign.toml, by their keys; columns with a role are not watched."""
        self._file = file
        self._types = types
        text = {column for column in header if types.get(column, ColumnType.TEXT) is ColumnType.TEXT}
        there = [use for use in uses if use.column in header]
        self._compared: dict[str, dict[str, str]] = {}  # column → the value it is compared with → where
        for use in there:
            if use.how is How.COMPARED and use.column in text:
                self._compared.setdefault(use.column, {}).update(dict.fromkeys(use.values, use.where))
        for key, where in conditions.items():
            for column, values in where.texts.items():
                self._compared.setdefault(column, {}).update(dict.fromkeys(values, f"'{key}' in campaign.toml"))
        asked = {use.column: use.where for use in reversed(there) if use.how is How.ASKED}
        self._asked = {each: asked[each] for each in header if each in asked and each not in {*types, *roles}}
        self._misjudged = [use for use in there if _is_misjudged(use, types.get(use.column, ColumnType.TEXT))]
        self._printed = [use for use in there if use.how is How.PRINTED and types.get(use.column) is ColumnType.BOOL]
        self._values: dict[str, dict[str, _Seen]] = {column: {} for column in self._compared}
        self._answers: dict[str, dict[str, _Seen]] = {column: {} for column in self._asked}

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns to pass to ``see``."""
        return tuple(dict.fromkeys((*self._values, *self._answers)))

    def see(self, columns: Mapping[str, Sequence[str]], lines: Sequence[int]) -> None:
        """Count these rows, also those that ``where`` excludes: it may do so by mistake."""
        for kept in (self._values, self._answers):
            for column, values in kept.items():
                if len(values) <= MOST_VALUES:
                    _count(values, columns[column], lines)

    def findings(self) -> Iterator[Finding]:
        """The misleading columns, one finding each."""
        for column, values in self._values.items():
            yield from self._alike(column, values)
        for column, values in self._answers.items():
            yield from self._taken_for_true(column, values)
        for use in {(use.column, use.how): use for use in reversed(self._misjudged)}.values():
            kind = self._types.get(use.column, ColumnType.TEXT)
            yield self._finding("values-unlike", Severity.ERROR, use.where, *_unlike(use, kind))
        for use in {use.column: use for use in reversed(self._printed)}.values():
            yield self._finding(
                "bool-printed",
                Severity.ERROR,
                use.where,
                f"The letter prints the column '{shown(use.column)}', which is a yes or no, and no word.",
                f"Write the words yourself: {{% if customer.{use.column} %}}…{{% else %}}…{{% endif %}}",
            )

    def _alike(self, column: str, values: Mapping[str, _Seen]) -> Iterator[Finding]:
        if len(values) > MOST_VALUES:
            return
        literals = self._compared[column]
        groups: dict[str, list[str]] = {}
        for value in values:
            groups.setdefault(_looks(value), []).append(value)
        yield from self._misspelt(column, values, groups)
        for spellings in groups.values():
            meant = [each for each in literals if _looks(each) == _looks(spellings[0])]
            if set(spellings) <= set(meant) or len({*spellings, *meant}) == 1:
                continue
            named = [f"'{shown(each)}' ({_times(values[each])})" for each in spellings[:MOST_SHOWN]]
            place = next((literals[each] for each in meant), next(iter(literals.values()), "a condition"))
            expected = f", and {place} asks for {listed(meant)}" if meant else ""
            problem = f"The column says {', '.join(named)}{expected}: a condition takes them for different values."
            advice = "Write them alike in the file, or name every spelling in the condition."
            yield self._finding(
                "values-alike", Severity.WARNING, f"{self._file}, column {shown(column)}", problem, advice
            )

    def _misspelt(self, column: str, values: Mapping[str, _Seen], groups: Collection[str]) -> Iterator[Finding]:
        """A value of a condition that no row has, though one has a similar one: "premuim"."""
        literals = self._compared[column]
        unnamed = [value for value in values if value not in literals and _is_word(value)]
        for literal, place in literals.items():
            if literal in values or _looks(literal) in groups or not _is_word(literal):
                continue
            if near := get_close_matches(literal, unnamed, 1, _NEAR):
                nearest = f"'{shown(near[0])}' ({_times(values[near[0]])})"
                problem = f"{place} asks for '{shown(literal)}', which no row says; the nearest is {nearest}."
                advice = "Correct the condition, if it means that; otherwise nothing needs to be done."
                where = f"{self._file}, column {shown(column)}"
                yield self._finding("value-absent", Severity.WARNING, where, problem, advice)

    def _taken_for_true(self, column: str, values: Mapping[str, _Seen]) -> Iterator[Finding]:
        untrue = [each for each in values if says_yes(each) is False or says_nothing(each) or _is_zero(each)]
        if not untrue or len(values) > MOST_VALUES:
            return
        named = ", ".join(f"'{shown(each)}' ({_times(values[each])})" for each in untrue[:MOST_SHOWN])
        problem = (
            f"{self._asked[column]} asks {{% if %}} of the column '{shown(column)}', which is text: "
            f"{named} would count as yes, as every text does."
        )
        yield self._finding(
            "text-as-truth", Severity.ERROR, f"{self._file}, column {shown(column)}", problem, _advice(column, values)
        )

    @staticmethod
    def _finding(code: str, severity: Severity, where: str, problem: str, advice: str) -> Finding:
        return Finding(code=code, severity=severity, where=where, problem=problem, advice=advice)


def _count(values: dict[str, _Seen], cells: Sequence[str], lines: Sequence[int]) -> None:
    """Count the distinct values; a column with too many is given up."""
    for value, count in Counter(cells).items():
        if not value or len(value) > _LONGEST:
            continue
        if value in values:
            values[value].count += count
        else:
            values[value] = _Seen(line=lines[cells.index(value)], count=count)
        if len(values) > MOST_VALUES:
            return


def _times(seen: _Seen) -> str:
    return f"line {seen.line}" if seen.count == 1 else f"{seen.count:,} rows, first line {seen.line}"


def _advice(column: str, values: Iterable[str]) -> str:
    filled = [each for each in values if not says_nothing(each)]
    kinds = (ColumnType.INT, ColumnType.BOOL, ColumnType.DECIMAL)
    kind = next((each for each in kinds if filled and all(_is(each, value) for value in filled)), None)
    if kind is None and any(map(_is_zero, filled)):
        plain = "Write its numbers alone and with a point, as in 12.50, and declare it under [types] in campaign.toml"
        return f'{plain}: {column} = "decimal".'
    if kind is None:
        return f'Compare it in the letter, as in {{% if customer.{column} == "yes" %}}, or empty these cells.'
    emptied = "" if len(filled) == len(list(values)) else ", and empty the cells that say nothing"
    declared = f'Declare it under [types] in campaign.toml: {column} = "{kind}"{emptied}.'
    return f'{declared} If it is meant as it is: {column} = "text".'


def _looks(value: str) -> str:
    """The value as people see it: without case and signs, with look-alike Latin, Greek and Cyrillic letters equal."""
    return folded(shaped(value.upper())) if not value.isascii() else folded(value.upper())


def _is_word(value: str) -> bool:
    """Whether a value is long enough for a typing error, and not a code such as "plan2" next to "plan3"."""
    return len(value) >= _SHORTEST_WORD and not any(map(str.isdigit, value))


def _is_zero(value: str) -> bool:
    """ "0,00", "0.0 €", "EUR 0", "0 %", "00:00": nothing, though it is a text."""
    return _ZERO.fullmatch(value) is not None


def _is_misjudged(use: ColumnUse, kind: ColumnType) -> bool:
    """Whether the letter compares a column with something its type can never equal."""
    if kind is not ColumnType.TEXT:
        return use.how is How.COMPARED and any(use.values)  # "" is an empty cell of any type
    if use.how is How.ORDERED_AS_TEXT:
        return any(each[:1].isdigit() and not _SORTABLE.match(each) for each in use.values)
    return use.how is How.COMPARED_WITH_VALUE


def _unlike(use: ColumnUse, kind: ColumnType) -> tuple[str, str]:
    """Problem and advice for such a comparison."""
    column, first = shown(use.column), shown(next(filter(None, use.values)))
    if use.how is How.ORDERED_AS_TEXT:
        problem = f"The letter asks for the order of texts in the column '{column}', where '9' is more than '30'."
        number = f'{use.column} = "decimal"'
        return problem, f"Declare it under [types] in campaign.toml, such as {number}, and compare it with a number."
    if use.how is How.COMPARED:
        problem = f"The letter compares the column '{column}', which is declared as {kind}, with the text '{first}'"
        advice = "Ask {% if customer." + use.column + " %}" if kind is ColumnType.BOOL else "Compare it with a value"
        return f"{problem}: they are never equal.", f"{advice} in the letter, or take the column out of [types]."
    problem = f"The letter compares the column '{column}', which is text, with {first}: they are never equal."
    is_truth = first in {"true", "false"}
    declared = f'{use.column} = "{ColumnType.BOOL if is_truth else ColumnType.DECIMAL}"'
    instead = "" if is_truth else f' Or compare it with the text: "{first}".'
    return problem, f"Declare it under [types] in campaign.toml: {declared}.{instead}"


def _is(kind: ColumnType, value: str) -> bool:
    try:
        parser(kind, "UTC")(value)
    except ValueError:
        return False
    return True
