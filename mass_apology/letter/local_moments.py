"""A moment in the recipient's time zone, and the zone's name there."""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 (as in localise.py)
from datetime import datetime

from mass_apology.system.time_zones import zone_named


def local_day(value: Date, time_zone: str) -> Date:
    """A moment in the recipient's zone; a date stays as it is."""
    if not isinstance(value, Date):
        raise ValueError(f"`{value}` is not a date; is its column declared under [types]?")  # noqa: TRY004 (one class for all)
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"`{value}` does not say its time zone; write it like 2026-11-20T09:12:00Z")
    return value.astimezone(zone_named(time_zone))


def local_clock(value: Date, time_zone: str) -> datetime:
    """As ``local_day``, of something that has a time of day."""
    local = local_day(value, time_zone)
    if not isinstance(local, datetime):
        raise ValueError(f"`{value}` has no time of day")  # noqa: TRY004 (one class for all)
    return local


def zone_name(moment: datetime) -> str:
    """ "CET", or "UTC+5:30" where the zone has no name in letters."""
    name = moment.tzname() or ""
    if name.isalpha():
        return name
    offset = moment.utcoffset()
    minutes = int(offset.total_seconds() // 60) if offset else 0
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'-' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"
