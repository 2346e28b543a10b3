"""Which letters leave before others: a column of the recipients file says it, for those whose safety is at stake."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from mass_apology.model import Finding, Recipient, Severity
from mass_apology.settings import Campaign
from mass_apology.yes_and_no import says_nothing, says_yes

MOST = 1_000_000_000
_WHOLE = re.compile(r"[+-]?[0-9]{1,100}", re.ASCII)  # int() would take "1_000" and other scripts' digits as well
_LOST = frozenset({"nan", "#n/a", "#null!", "inf", "-inf"})
"""What programs write for a number that they lost: it is no empty cell, for somebody meant to say something."""


class Priorities:
    """Reads the column ``priority`` of campaign.toml."""

    def __init__(self, campaign: Campaign, header: Sequence[str]) -> None:
        self._file = campaign.recipients
        self._column = campaign.priority
        self._is_there = self._column in header

    def setting_findings(self) -> list[Finding]:
        """What is wrong with the setting itself."""
        if self._column is None or self._is_there:
            return []
        return [
            Finding(
                code="priority-column-missing",
                severity=Severity.ERROR,
                where="campaign.toml, priority",
                problem=f"The recipients file has no column '{self._column}', for whose letters leave first.",
                advice="Name a column of the file, or take priority out of campaign.toml",
            )
        ]

    def given(self, recipients: Sequence[Recipient]) -> tuple[list[Recipient], list[Finding]]:
        """The recipients with their priorities, without those whose cell says none; of each of these a finding, which
        is an error of its row."""
        if self._column is None or not self._is_there:
            return list(recipients), []
        given, findings = [], []
        for each in recipients:
            cell = each.row.get(self._column, "")
            number = _number(cell)
            if number is None:
                findings.append(self._finding(each.line, cell))
                continue
            given.append(replace(each, priority=number) if number else each)
        return given, findings

    def _finding(self, line: int, cell: str) -> Finding:
        return Finding(
            code="priority-unreadable",
            severity=Severity.ERROR,
            where=f"{self._file}, line {line}, column {self._column}",
            problem=f"'{cell[:40]}' is no whole number and no yes or no, so nobody knows when the letter has to leave.",
            advice="Write a number, of which the higher ones leave first, or leave the cell empty",
            line=line,
        )


def _number(cell: str) -> int | None:
    """A cell's priority: a whole number, or 1 for yes; 0 for nothing; ``None`` for anything else."""
    text = cell.strip()
    if text.casefold() in _LOST:
        return None
    if not text or says_nothing(text):
        return 0
    if _WHOLE.fullmatch(text):
        return max(-MOST, min(MOST, int(text)))
    said = says_yes(text)
    return None if said is None else int(said)
