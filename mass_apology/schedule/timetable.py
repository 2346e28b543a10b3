"""The moments at which a letter may arrive: an answer for every place, from one policy.

Time is cut into days of UTC. Each is worked out once for each place, as stretches that are open, and remembered: a
million recipients live in a few hundred places.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Protocol
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.schedule import localities
from mass_apology.schedule.declared import DAY
from mass_apology.schedule.localities import Place
from mass_apology.schedule.policy import WHOLE_DAY, Policy, policy
from mass_apology.schedule.public_holidays import PublicHolidays
from mass_apology.settings import ScheduleSettings
from mass_apology.system.time_zones import zone_named

REACH = 400 * DAY
"""How far ahead an opening is looked for, in seconds. A policy without one for over a year is a mistake."""

_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_REMEMBERED = 65_536  # some 30 MB; sixty days of a thousand places
_PLACES_REMEMBERED = 4_096

_Stretch = tuple[float, float]


class Holidays(Protocol):
    """A calendar of public holidays."""

    def covers(self, country: str) -> bool:
        """Whether this country's holidays are known. ``country`` is ISO 3166-1 alpha-2."""

    def is_holiday(self, country: str, day: date) -> bool:
        """Whether ``day`` is a public holiday in all of a country that is covered."""


class Opening(Struct, frozen=True):
    """A stretch of time in which a letter may arrive."""

    at: float  # Unix seconds: its first moment
    until: float  # Unix seconds: the first moment at which it has to be asked for again
    day: date  # the date it has where the recipient is


class Timetable:
    """When letters may arrive, by one policy.

    A place's own clock and date count. An hour that a change of the clock leaves out does not exist; an hour that it
    repeats is open the first time only, unless letters may arrive all day. Of hours over midnight each side belongs to
    its own date.
    """

    def __init__(self, policy: Policy, holidays: Holidays | None = None) -> None:
        """``holidays`` must be given where the policy excludes them."""
        self._policy = policy
        self._holidays = holidays if policy.holidays else None
        self._all_day = policy.hours == WHOLE_DAY
        self._place = lru_cache(maxsize=_PLACES_REMEMBERED)(self._find_place)
        self._day = lru_cache(maxsize=_DAYS_REMEMBERED)(self._work_out_day)
        self._next = lru_cache(maxsize=_DAYS_REMEMBERED)(self._look_ahead)

    def place(self, zone: str, country: str) -> Place:
        """Where a row's time zone and country are. Either may be empty or unknown: notes say what is used instead."""
        return self._place(zone, country)

    def opening(self, not_before: float, place: Place) -> Opening | None:
        """The first moment at or after ``not_before`` (Unix seconds); ``None`` if there is none for 400 days."""
        number = int(not_before // DAY)
        for stretch in self._day(place.zone, place.country, number):
            if not_before < stretch.until:
                return stretch if not_before <= stretch.at else Opening(not_before, stretch.until, stretch.day)
        ahead = self._next(place.zone, place.country, number + 1)
        return ahead if ahead is not None and ahead.at < not_before + REACH else None

    def is_open(self, at: float, place: Place) -> bool:
        """Whether a letter may arrive at this moment."""
        return any(stretch.at <= at < stretch.until for stretch in self._day(place.zone, place.country, int(at // DAY)))

    def _find_place(self, zone: str, country: str) -> Place:
        policy = self._policy
        found = localities.place(zone, country, default_zone=policy.zone, default_country=policy.country)
        if self._holidays is None or self._holidays.covers(found.country):
            return found
        why = f"none of {found.country} are known" if found.country else "the row names no country"
        return replace(found, notes=(*found.notes, f"No public holidays are kept: {why}."))

    def _look_ahead(self, zone: str, country: str, number: int) -> Opening | None:
        """The first stretch of that day of UTC or a later one."""
        for each in range(number, number + REACH // DAY + 1):
            if stretches := self._day(zone, country, each):
                return stretches[0]
        return None

    def _work_out_day(self, zone: str, country: str, number: int) -> tuple[Opening, ...]:
        """The stretches that begin on that day of UTC, or are open as it begins; to their ends, in order."""
        start = number * DAY
        found: list[Opening] = []
        for opening in self._stretches(zone, country, start):
            if found and found[-1].until == opening.at and found[-1].day == opening.day:
                found[-1] = Opening(found[-1].at, opening.until, opening.day)
            elif opening.at < start + DAY:
                found.append(opening)
        return tuple(found)

    def _stretches(self, zone: str, country: str, start: int) -> Iterator[Opening]:
        """Two days of UTC: the last stretch of the first day may end on the second."""
        for first, end, offset, repeated in _clocks(zone, start, start + 2 * DAY):
            if repeated and not self._all_day:
                continue
            for opens, closes in self._walls(country, first + offset, end + offset, offset):
                day = date.fromordinal(_EPOCH + int(opens // DAY))
                yield Opening(float(opens - offset), float(closes - offset), day)

    def _walls(self, country: str, start: int, end: int, offset: int) -> Iterator[_Stretch]:
        """The open stretches, as the clock on the wall shows them, while it is ``offset`` seconds ahead of UTC."""
        quiet = [(first + offset, last + offset) for first, last in self._policy.quiet]
        quiet += self._policy.quiet_by_the_wall
        for number in range(start // DAY, (end - 1) // DAY + 1):
            if self._is_open_on(date.fromordinal(_EPOCH + number), country):
                for opens, closes in self._policy.hours:
                    yield from _without(quiet, max(start, number * DAY + opens), min(end, number * DAY + closes))

    def _is_open_on(self, day: date, country: str) -> bool:
        weekdays = self._policy.weekdays
        if day.weekday() in localities.weekend(country) if weekdays is None else day.weekday() not in weekdays:
            return False
        holidays = self._holidays
        return holidays is None or not holidays.covers(country) or not holidays.is_holiday(country, day)


def _without(quiet: Sequence[_Stretch], start: float, end: float) -> Iterator[_Stretch]:
    """What the quiet stretches leave of this one."""
    for first, last in sorted(quiet):
        if first < end and last > start:
            if start < first:
                yield start, first
            start = last
    if start < end:
        yield start, end


@lru_cache(maxsize=8_192)  # the countries of a zone share them
def _clocks(zone_name: str, start: int, end: int) -> Sequence[tuple[int, int, int, bool]]:
    """Stretches in which a clock runs evenly: start, end, how far it is ahead of UTC, whether it shows them again."""
    zone = zone_named(zone_name)
    found: list[tuple[int, int, int, bool]] = []
    while start < end:
        change = _change(zone, start, end)
        found.append((start, change, *_clock(zone, start)))
        start = change
    return found


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The first second at which the clock is not as at ``low``; ``high`` if it still is there.

    They are two days apart at most, and no place has ever changed its clock there and back within three.
    """
    before = _clock(zone, low)
    if _clock(zone, high) == before:
        return high
    while high - low > 1:
        middle = (low + high) // 2
        if _clock(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def _clock(zone: ZoneInfo, at: int) -> tuple[int, bool]:
    """What the clock on the wall is ahead of UTC, in seconds, and whether it shows this hour for the second time."""
    shown = datetime.fromtimestamp(at, zone)
    ahead = shown.utcoffset()
    return int(ahead.total_seconds()) if ahead is not None else 0, bool(shown.fold)


def timetable(schedule: ScheduleSettings, time_zone: str) -> Timetable:
    """The timetable of a campaign. Raises ``CampaignError`` where it needs holidays that are not installed."""
    return Timetable(policy(schedule, time_zone), PublicHolidays() if schedule.holidays else None)
