"""How long customers have heard nothing, and the letter that can go before the cause is known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from mass_apology.errors import shell_command
from mass_apology.letter.scenario import Scenario, gaps
from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted
from mass_apology.settings import Campaign

UPDATE = "status-update"
"""The template of the letter that says what is known, and when the next news comes."""

_BEGINNINGS = ("started_at", "started_on", "happened_on")
_CAUSES = ("what_failed", "what_happened")
_HOUR, _DAY = 3600, 86400


def silence(incident: Mapping[str, Any], time_zone: str, now: float) -> str:
    """A phrase such as "5 hours since 2026-11-20 10:12"; empty where no fact says when it began.

    ``now`` is in Unix seconds; a day begins at midnight in ``time_zone`` (IANA name).
    """
    zone = ZoneInfo(time_zone)
    began = next((each for name in _BEGINNINGS if isinstance(each := incident.get(name), date)), None)
    if began is None:
        return ""
    moment = began if isinstance(began, datetime) else datetime.combine(began, time(), zone)
    seconds = now - moment.astimezone(UTC).timestamp()
    if seconds < 0:
        return ""
    shown = f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(began, datetime) else f"{began}"
    long = counted(int(seconds // _DAY), "day") if seconds >= 2 * _DAY else counted(int(seconds // _HOUR), "hour")
    return f"{long} since {shown}"


def unknown_cause_findings(campaign: Campaign, scenario: Scenario, languages: Iterable[str]) -> Iterator[Finding]:
    """Where the letters lack only what nobody may know yet: the letter that can go now."""
    lacking = {gap.fact for gap in gaps(scenario, campaign.incident, tuple(languages))}
    if campaign.template != UPDATE and lacking.intersection(_CAUSES):
        yield Finding(
            code="cause-unknown",
            severity=Severity.INFO,
            where="campaign.toml, [incident]",
            problem="It is not told yet what failed. Silence is the worst answer.",
            advice=f"Is the cause not known? Then say so, and when the next news comes: {_update(campaign)}",
        )


def _update(campaign: Campaign) -> str:
    words = f"{campaign.name}-update", "--template", UPDATE, "--recipients", campaign.recipients
    return shell_command("init", *words)
