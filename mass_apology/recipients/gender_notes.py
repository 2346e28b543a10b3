"""Reports cells of the column of genders that no language explains; their letters greet as if nothing were known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from mass_apology.languages.genders import UNCERTAIN, gender_of
from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import shown
from mass_apology.recipients.cleaning import Occurrences
from mass_apology.recipients.column_layout import listed, note

MOST_CELLS = 50  # distinct ones that are told; a column with more holds something else


class GenderNotes:
    """Collects the cells that are not understood, with their lines. ``RowChecks`` passes it every batch."""

    def __init__(self, file: str, column: str | None, own: Mapping[str, str]) -> None:
        """``column``: of the rows; ``own``: the words that campaign.toml explains."""
        self._file = file
        self._column = column
        self._own = own
        self._unknown: dict[str, Occurrences] = {}
        self._men: dict[str, None] = {}  # cells such as "M"

    def see(self, columns: Mapping[str, Sequence[str]], lines: Sequence[int]) -> None:
        """Take these rows into account."""
        if self._column is None or len(self._unknown) > MOST_CELLS:
            return
        cells = columns[self._column]
        for cell in dict.fromkeys(cells):
            if cell.casefold() == "m" and cell not in self._own:
                self._men[cell] = None
            if gender_of(cell, self._own) is None:
                where = [line for line, each in zip(lines, cells, strict=True) if each == cell]
                self._unknown.setdefault(cell, Occurrences()).add(where)

    def findings(self) -> Iterator[Finding]:
        """What is not understood, and an error where a letter may mean a man or a woman."""
        if self._column is None or not self._unknown:
            return
        letters = [cell for cell in self._unknown if cell.casefold() in UNCERTAIN]
        if letters and self._men:
            (man, *_), where = self._men, f"{self._file}, column {shown(self._column)}"
            problem = (
                f"It says '{man}' beside {listed(letters)}: '{man}' is a man in most languages, and a woman in some."
            )
            meant = ", ".join(f'{cell} = "…"' for cell in (man, *letters))
            advice = f'Say what each means, "f" or "m": [values.gender] {meant}'
            yield note("gender-doubtful", Severity.ERROR, where, problem, advice)
        for cell, noted in list(self._unknown.items())[:MOST_CELLS]:
            problem = f"'{shown(cell)}' tells no gender, {noted.where}: such letters greet as if it were not known."
            advice = f'Say what it means, "f", "m" or "": [values.gender] "{shown(cell)}" = ""'
            yield note("gender-unknown", Severity.WARNING, self._file, problem, advice)
