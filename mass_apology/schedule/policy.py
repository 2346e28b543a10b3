"""When letters may arrive, as the campaign says it, ready to be asked."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec import Struct

from mass_apology.schedule.declared import DAY, parse_hours, parse_weekdays
from mass_apology.settings import ScheduleSettings

WHOLE_DAY = ((0, DAY),)
"""Hours that exclude nothing."""


class Policy(Struct, frozen=True, kw_only=True):
    """When letters may arrive. Every moment has to pass every rule, by the clock and the date of its own place."""

    hours: tuple[tuple[int, int], ...] = WHOLE_DAY  # seconds of the day, in order, not touching; ends excluded
    weekdays: frozenset[int] | None = None  # Monday being 0; None for all but the country's weekend
    quiet: tuple[tuple[float, float], ...] = ()  # Unix seconds; ends excluded
    quiet_by_the_wall: tuple[tuple[float, float], ...] = ()  # what each place's clock shows, read as if it were UTC
    holidays: bool = False  # whether public holidays are excluded
    zone: str = "UTC"  # for recipients of whom none is known
    country: str = ""  # for recipients of whom none is known; empty where there is none either


def policy(schedule: ScheduleSettings, time_zone: str) -> Policy:
    """The policy of a campaign whose settings have no ``problems`` and whose own time zone is ``time_zone``."""
    ends = [(quiet.from_, quiet.to) for quiet in schedule.quiet]
    return Policy(
        hours=parse_hours(schedule.hours),
        weekdays=parse_weekdays(schedule.weekdays),
        quiet=tuple((start.timestamp(), end.timestamp()) for start, end in ends if start.tzinfo),
        quiet_by_the_wall=tuple((_wall(start), _wall(end)) for start, end in ends if not start.tzinfo),
        holidays=schedule.holidays,
        zone=time_zone,
        country=schedule.default_country or "",
    )


def _wall(shown: datetime) -> float:
    return shown.replace(tzinfo=UTC).timestamp()
