"""Unix seconds as people read them."""

from __future__ import annotations

from datetime import UTC, date, datetime


def utc_day(at: float) -> date:
    """The day in UTC; as text it is "2026-11-20"."""
    return datetime.fromtimestamp(at, UTC).date()


def utc_minute(at: float) -> str:
    """ "2026-11-20 09:12 UTC": for files and messages that may be read elsewhere."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def local_minute(at: float) -> str:
    """ "2026-11-20 10:12 CET" by this machine's clock: for whoever sits before it, or writes about it to others."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M %Z}"
