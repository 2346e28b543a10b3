"""Whether each customer's gesture fits: in proportion to what they pay or lost, and only where there was a loss.

The guides' rule: no voucher of ten euros for a customer of a hundred thousand, nor the reverse; nothing for nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from mass_apology.columns import parser
from mass_apology.model import Finding, Severity
from mass_apology.settings import Campaign, ColumnType, GestureSettings

_NUMBERS = {ColumnType.INT, ColumnType.DECIMAL}


class Gestures:
    """Judges the rows of one campaign."""

    def __init__(self, campaign: Campaign) -> None:
        self._settings = campaign.gesture
        self._file = campaign.recipients
        columns = _columns(campaign.gesture) if campaign.gesture else {}
        self._untyped = {key: name for key, name in columns.items() if campaign.types.get(name) not in _NUMBERS}
        self._read = {
            key: parser(campaign.types[name], campaign.time_zone)
            for key, name in columns.items()
            if key not in self._untyped
        }

    def findings(self, rows: Iterable[tuple[int, Mapping[str, str]]]) -> Iterator[Finding]:
        """``rows`` are lines of the file with their cells."""
        if self._settings is None or self._untyped:
            return
        for line, row in rows:
            if found := self._judged(row, self._settings):
                yield self._finding(line, *found)

    def setting_findings(self) -> Iterator[Finding]:
        """Columns that hold no numbers as far as campaign.toml says."""
        for key, name in self._untyped.items():
            yield Finding(
                code="gesture-no-number",
                severity=Severity.ERROR,
                where=f"campaign.toml, [gesture] {key}",
                problem=f"The column {name} is compared as a number, and [types] does not call it one.",
                advice=f'Write under [types]: {name} = "decimal"',
            )

    def _judged(self, row: Mapping[str, str], settings: GestureSettings) -> tuple[str, str] | None:
        amount, value, loss = (self._number(key, row) for key in ("amount", "value", "loss"))
        given = amount or Decimal(0)
        if given and settings.loss and not loss:
            return "gesture-without-loss", f"gets {given:f}, though the column {settings.loss} tells no loss"
        if settings.loss and loss and not given:
            return "gesture-missing", f"gets nothing, though the column {settings.loss} tells a loss of {loss:f}"
        if not given or not value:
            return None
        share = given / value
        if share < Decimal(str(settings.at_least)):
            return "gesture-insulting", f"gets {given:f}, {share:.1%} of {value:f}: it may be felt as an insult"
        if share > Decimal(str(settings.at_most)):
            return "gesture-extravagant", f"gets {given:f}, {share:.0%} of {value:f}: is that meant?"
        return None

    def _number(self, key: str, row: Mapping[str, str]) -> Decimal | None:
        """A cell's number; ``None`` where there is none, or one that is a finding of its own."""
        name = getattr(self._settings, key)
        try:
            return Decimal(str(self._read[key](row[name]))) if name and row.get(name) else None
        except (ArithmeticError, ValueError):
            return None

    def _finding(self, line: int, code: str, what: str) -> Finding:
        return Finding(
            code=code,
            severity=Severity.WARNING,
            where=f"{self._file}, line {line}",
            problem=f"This customer {what}.",
            advice="Correct the amount in the file, or the bounds in [gesture] of campaign.toml.",
            line=line,
        )


def _columns(settings: GestureSettings) -> dict[str, str]:
    named = {"amount": settings.amount, "value": settings.value, "loss": settings.loss}
    return {key: name for key, name in named.items() if name}
