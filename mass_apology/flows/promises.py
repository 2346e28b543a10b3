"""What a campaign's letters promise by when, and what of it is late: shown until somebody says that it is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from mass_apology.workspace.workspace import Workspace


class Promise(Struct, frozen=True, kw_only=True):
    """One promise with its date."""

    fact: str  # of [incident]: "refund_by"
    what: str  # a phrase: "the money back"
    by: datetime  # the last moment, with the campaign's offset
    is_late: bool
    in_days: int  # whole days until then; negative for a late one

    @property
    def sentence(self) -> str:
        """For people."""
        when = f"{self.by:%Y-%m-%d %H:%M %Z}"
        if not self.is_late:
            left = {0: "today", 1: "tomorrow"}.get(self.in_days, f"in {self.in_days} days")
            return f"Promised: {self.what}, by {when} ({left})."
        return f'LATE since {when}: {self.what}. Once it is done, say so in campaign.toml: kept = ["{self.fact}"]'


def promises(workspace: Workspace, now: float) -> tuple[Promise, ...]:
    """The promises of the campaign's letters and follow-ups that are not kept, the nearest first.

    ``now`` is in Unix seconds. Raises ``TemplateError`` where a scenario.toml cannot be read.
    """
    return tuple(sorted(_open(workspace, now), key=lambda each: each.by))


def _open(workspace: Workspace, now: float) -> Iterator[Promise]:
    campaign = workspace.campaign
    zone = ZoneInfo(campaign.time_zone)
    moment = datetime.fromtimestamp(now, zone)
    for fact, what in _promised(workspace).items():
        value = campaign.incident.get(fact)
        if fact in campaign.kept or not isinstance(value, date):
            continue
        by = value.astimezone(zone) if isinstance(value, datetime) else _end_of(value, zone)
        days = (by.date() - moment.date()).days
        yield Promise(fact=fact, what=what, by=by, is_late=moment > by, in_days=days)


def _promised(workspace: Workspace) -> dict[str, str]:
    """Facts → what they promise, of all templates that the campaign names."""
    templates = dict.fromkeys((workspace.campaign.template, *(each.template for each in workspace.campaign.follow_up)))
    scenarios = (workspace.scenario(each) for each in templates)
    return {name: fact.promised for scenario in scenarios for name, fact in scenario.facts.items() if fact.promised}


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone) - timedelta(minutes=1)
