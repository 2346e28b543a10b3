"""A slow and simple answer to compare with, and calendars that tests can read at a glance."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from mass_apology.model import Status
from mass_apology.schedule import Facts, Opening, Place, Policy, Timetable

WEEKENDS = {"PL": {5, 6}, "SA": {4, 5}, "AF": {3, 4}, "IR": {4}, "BN": {4, 6}, "": {5, 6}}


class FixedHolidays:
    """Public holidays by country, written out."""

    def __init__(self, days: Mapping[str, set[date]]) -> None:
        self._days = days

    def covers(self, country: str) -> bool:
        return country in self._days

    def is_holiday(self, country: str, day: date) -> bool:
        return day in self._days[country]


def moment(text: str, zone: str = "UTC") -> float:
    """``"2026-03-29 08:00"`` on that place's wall, its first showing → Unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def shown(opening: Opening | None, place: Place) -> str:
    """When it opens, on the wall of the place, with the offset: ``"2026-03-29 08:00 +0200"``."""
    assert opening is not None
    return f"{datetime.fromtimestamp(opening.at, ZoneInfo(place.zone)):%Y-%m-%d %H:%M %z}"


def first_opening(policy: Policy, text: str, zone: str, country: str = "") -> str:
    """What ``shown`` says of the first opening from that moment on the place's wall."""
    timetable = Timetable(policy)
    place = timetable.place(zone, country)
    return shown(timetable.opening(moment(text, zone), place), place)


def open_by_the_wall(policy: Policy, holidays: Mapping[str, set[date]], at: float, place: Place) -> bool:
    """Whether every rule is kept at that moment: one look at the clock and the calendar on the wall, and no more."""
    wall = datetime.fromtimestamp(at, ZoneInfo(place.zone))
    second = wall.hour * 3600 + wall.minute * 60 + wall.second
    as_utc = wall.replace(tzinfo=UTC, fold=0).timestamp()
    all_day = policy.hours == ((0, 86400),)
    weekdays = policy.weekdays if policy.weekdays is not None else set(range(7)) - WEEKENDS[place.country]
    return (
        (all_day or (wall.fold == 0 and any(start <= second < end for start, end in policy.hours)))
        and wall.weekday() in weekdays
        and not any(start <= at < end for start, end in policy.quiet)
        and not any(start <= as_utc < end for start, end in policy.quiet_by_the_wall)
        and not (policy.holidays and wall.date() in holidays.get(place.country, set()))
    )


def facts(recipient: int = 1, **changes: object) -> Facts:
    """Somebody in Warsaw whose first letter was accepted on Monday, 2 November 2026, at 12:00 there."""
    usual: dict[str, object] = {
        "recipient": recipient,
        "status": Status.ACCEPTED,
        "accepted_at": moment("2026-11-02 12:00", "Europe/Warsaw"),
        "language": "pl",
        "zone": "Europe/Warsaw",
        "country": "PL",
    }
    return Facts(**(usual | changes))  # type: ignore[arg-type]  # the fields' own types are checked by the callers' eyes
