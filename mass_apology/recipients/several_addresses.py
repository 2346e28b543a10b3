"""Cells that hold several addresses: a letter to each, or to the first, as ``[values] several_addresses`` says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from mass_apology.mailboxes import folded
from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted
from mass_apology.recipients.address import is_address
from mass_apology.recipients.cells import shown
from mass_apology.recipients.cleaning import Occurrences
from mass_apology.recipients.column_layout import note
from mass_apology.recipients.row_table import RowTable

Choice = Literal["each", "first"] | None

_BETWEEN = re.compile(r"[;,\s]+(?:[/|]\s+)?")
_MOST = 100  # addresses of one cell; a text with more is no cell of addresses


def several(cell: str) -> tuple[str, ...]:
    """The addresses of a cell that holds nothing but several of them, each mailbox once; else none."""
    if not 2 <= cell.count("@") <= _MOST:
        return ()
    parts = [part for part in _BETWEEN.split(cell.strip()) if part]
    if len(parts) < 2 or not all(map(is_address, parts)):
        return ()
    return tuple({folded(part): part for part in reversed(parts)}.values())[::-1]


class SeveralAddresses:
    """Settles such cells as the campaign says, and counts them. ``RowChecks`` passes it every batch."""

    def __init__(self, file: str, column: str, named: str, choice: Choice) -> None:
        """``column``: the addresses' among the rows'; ``named``: as the file calls it."""
        self._file = file
        self._column = column
        self._named = named
        self._choice = choice
        self._found = Occurrences()
        self._more = 0  # addresses beside the first ones

    def settled(self, table: RowTable, lines: Sequence[int]) -> tuple[RowTable, Sequence[int]]:
        """The rows, each of which names one address where the campaign says which; with "each", a row for each."""
        cells = table.texts[self._column]
        several_in = self._several(cells) if self._choice is not None else {}
        if not several_in:
            return table, lines
        self._found.add([lines[row] for row in several_in], self._named)
        self._more += sum(len(addresses) - 1 for addresses in several_in.values())
        each = {row: addresses if self._choice == "each" else addresses[:1] for row, addresses in several_in.items()}
        places = [row for row in range(len(cells)) for _ in each.get(row, ("",))]
        addresses = [address for row, cell in enumerate(cells) for address in each.get(row, (cell,))]
        return table.repeated(places, {self._column: addresses}), [lines[row] for row in places]

    def findings(self) -> Iterator[Finding]:
        """How many cells were settled, and how."""
        if not self._found.count:
            return
        others = counted(self._more, "further one", "further ones")
        if self._choice == "each":
            problem = f"Several addresses stand {self._found.where}: each gets a letter, {others} by that."
            advice = 'To write to the first only: [values] several_addresses = "first"'
        else:
            problem = f"Several addresses stand {self._found.where}: the first gets the letter, {others} none."
            advice = 'To write to each: [values] several_addresses = "each"'
        yield note("address-several", Severity.INFO, self._file, problem, advice)

    @staticmethod
    def _several(cells: Sequence[str]) -> dict[int, tuple[str, ...]]:
        """The position of each such cell, with its addresses."""
        return {row: found for row, cell in enumerate(cells) if (found := several(cell))}


def undecided(cell: str) -> str:
    """A sentence about a cell of several addresses where the campaign does not say who gets the letter."""
    return f"The value '{shown(cell)}' is several addresses, and campaign.toml does not say who gets the letter."
