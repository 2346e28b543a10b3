"""Unix seconds as people read them.

The ledger holds Unix seconds, which no change of a clock or a zone touches; they become dates and times where they are
shown. UTC stands in what may be read on another machine, local time in what is read on this one. The formats are the
same in every language.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import overload


@overload
def utc_second(at: float) -> datetime: ...
@overload
def utc_second(at: None) -> None: ...
@overload
def utc_second(at: float | None) -> datetime | None: ...
def utc_second(at: float | None) -> datetime | None:
    """The moment in UTC, to the second; ``None`` for none."""
    return None if at is None else datetime.fromtimestamp(at, UTC).replace(microsecond=0)


def utc_day(at: float) -> date:
    """The day in UTC; as text it is "2026-11-20"."""
    return datetime.fromtimestamp(at, UTC).date()


def utc_minute(at: float) -> str:
    """ "2026-11-20 09:12 UTC": for files and messages that may be read elsewhere."""
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def local_minute(at: float) -> str:
    """ "2026-11-20 10:12 CET" by this machine's clock: for the person at the terminal."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone():%Y-%m-%d %H:%M %Z}"
