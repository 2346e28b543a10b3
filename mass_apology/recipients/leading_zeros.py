"""Finds numbers that lose leading zeros to their declared type: a letter would show customer "00012" as 12."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import shown
from mass_apology.recipients.cleaning import Occurrences
from mass_apology.recipients.column_layout import note
from mass_apology.settings import ColumnType

_ZEROS = re.compile(r"[+-]?0[0-9]")


class LeadingZeros:
    """Looks for such cells in the columns declared as numbers. ``read`` passes it every batch."""

    def __init__(self, file: str, types: Mapping[str, ColumnType]) -> None:
        self._file = file
        self._types = {column: kind for column, kind in types.items() if kind in {ColumnType.INT, ColumnType.DECIMAL}}
        self._noted: dict[str, Occurrences] = {}
        self._examples: dict[str, str] = {}

    def see(self, columns: Mapping[str, Sequence[str]], lines: Sequence[int]) -> None:
        """Take these rows into account."""
        for column in self._types:
            found = [row for row, cell in enumerate(columns.get(column, ())) if _ZEROS.match(cell)]
            if found:
                self._examples.setdefault(column, columns[column][found[0]])
                self._noted.setdefault(column, Occurrences()).add([lines[row] for row in found], column)

    def findings(self) -> Iterator[Finding]:
        """One finding for each column."""
        for column, noted in self._noted.items():
            yield note(
                "zeros-lost",
                Severity.WARNING,
                self._file,
                f"Numbers begin with zeros, such as '{shown(self._examples[column])}', which the type "
                f"{self._types[column]} takes away, {noted.where}.",
                f'If they name a customer or a contract, declare under [types]: {column} = "text".',
            )
