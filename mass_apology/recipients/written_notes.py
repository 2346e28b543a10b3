"""Reports numbers and dates that campaign.toml should say how to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import shown
from mass_apology.recipients.column_layout import note
from mass_apology.recipients.written_style import find_style
from mass_apology.settings import ColumnType, CsvSettings

MOST_CELLS = 2000
"""Distinct cells of a column; with so many, no further rows are looked at."""

_TYPES = frozenset({ColumnType.INT, ColumnType.DECIMAL, ColumnType.DATE, ColumnType.DATETIME})
_MEANING = {"decimal": "the mark before fractions", "thousands": "the mark between thousands", "dates": "the order"}


class NumberNotes:
    """Looks at the typed columns of a file whose style is not stated. ``RowChecks`` passes it every batch."""

    def __init__(self, file: str, types: Mapping[str, ColumnType], style: CsvSettings) -> None:
        self._file = file
        self._style = style
        self._cells: dict[str, dict[str, None]] = {name: {} for name, kind in types.items() if kind in _TYPES}

    def see(self, columns: Mapping[str, Sequence[str]]) -> None:
        """Take these rows into account."""
        for column, seen in self._cells.items():
            if len(seen) < MOST_CELLS:
                seen.update(dict.fromkeys(columns[column]))

    def findings(self) -> Iterator[Finding]:
        """Marks and orders that the cells show and campaign.toml does not state, and those that are doubtful."""
        style = find_style(self._cells.values())
        stated = {key for key in ("decimal", "thousands", "dates") if getattr(self._style, key) is not None}
        for key, (value, cell) in style.found.items():
            if key not in stated and (key, value) != ("decimal", "."):
                problem = f"'{shown(cell)}' shows {_MEANING[key]}, and campaign.toml does not state it."
                advice = f'Write there: [csv] {key} = "{value}"'
                yield note("style-unstated", Severity.WARNING, self._file, problem, advice)
        for key, sentence in style.doubts.items():
            if key not in stated:
                advice = f"State {_MEANING[key]} in campaign.toml: [csv] {key} = {_ways(key)}"
                yield note("style-doubtful", Severity.WARNING, self._file, sentence, advice)


def _ways(key: str) -> str:
    return '"dmy" or "mdy"' if key == "dates" else '"," or "."'
