"""The time zones that this machine knows, by their IANA names.

Python finds them in the system's zoneinfo folders, or in the package tzdata where there are none (Windows). Both the
list of names and each zone are read once.
"""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


@cache
def zone_names() -> frozenset[str]:
    """All names: "Europe/Warsaw", "UTC", …"""
    return frozenset(available_timezones())


@cache
def zone_named(name: str) -> ZoneInfo:
    """The zone with this name.

    Raises ``ValueError`` with a clause that says so where there is none, be the name a path or a folder's.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of the database such as "Europe"
        raise ValueError(f"`{name}` is not a time zone such as Europe/Warsaw") from None
