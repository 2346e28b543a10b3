"""What an import tells: each thing that differs, is changed or needs a person, once, with what to do."""

from __future__ import annotations

from collections.abc import Sequence

from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted

_NAMED = 5  # rows in a sentence


class Notes:
    """Collects what is to be told."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def error(self, code: str, where: str, problem: str, advice: str) -> None:
        """Something that must be mended before the letters can go."""
        self._add(code, Severity.ERROR, where, problem, advice)

    def differs(self, code: str, where: str, problem: str, advice: str) -> None:
        """Something that is not as mailmerge has it."""
        self._add(code, Severity.WARNING, where, problem, advice)

    def told(self, code: str, where: str, problem: str, advice: str = "Nothing needs to be done.") -> None:
        """Something that a person should know."""
        self._add(code, Severity.INFO, where, problem, advice)

    def _add(self, code: str, severity: Severity, where: str, problem: str, advice: str) -> None:
        self.findings.append(Finding(code=code, severity=severity, where=where, problem=problem, advice=advice))


def lines_named(lines: Sequence[int]) -> str:
    """``[3, 4]`` → "2 rows (lines 3, 4)"."""
    shown = ", ".join(map(str, lines[:_NAMED])) + (f" and {len(lines) - _NAMED} more" if len(lines) > _NAMED else "")
    return f"{counted(len(lines), 'row', 'rows')} ({'line' if len(lines) == 1 else 'lines'} {shown})"
