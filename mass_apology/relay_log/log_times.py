"""The times of log lines: RFC 3164, without year and zone; ISO 8601, as rsyslog and journalctl have it; Exim's own."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo

from msgspec import Struct

_PRIORITY = rb"(?:<\d{1,3}>(?:1 )?)?"  # of raw syslog
_BSD = re.compile(_PRIORITY + rb"(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) ([ \d]\d) (\d\d):(\d\d):(\d\d)\b")
_ISO = re.compile(
    _PRIORITY + rb"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|[+-]\d\d:?\d\d)(?![\d:-]))?"
)
MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
_AHEAD = timedelta(days=1)  # most that a clock is ahead of ours; a later time is of last year


class Clock(Struct, frozen=True, kw_only=True):
    """The zone and the year for times without them."""

    zone: tzinfo | None  # of lines without an offset; ``None`` for this machine's
    now: float  # Unix seconds: a line without a year is of the last twelve months


def has_timestamp(line: bytes) -> bool:
    """Whether a line begins with a time; others continue the line before."""
    return bool(_BSD.match(line) or _ISO.match(line))


def timestamp(line: bytes, clock: Clock) -> float | None:
    """The time of a line in Unix seconds; ``None`` without a valid time."""
    try:
        if found := _ISO.match(line):
            return _iso(found, clock)
        found = _BSD.match(line)
        return _bsd(found, clock) if found else None
    except (ValueError, OverflowError, OSError):  # 30 February, the year 0000
        return None


def _iso(found: re.Match[bytes], clock: Clock) -> float:
    fields = (int(found[number]) for number in range(1, 7))
    microsecond = int((found[7] or b"0").ljust(6, b"0")[:6])
    year, month, day, hour, minute, second = fields
    offset = found[8]
    zone = _offset(offset) if offset else clock.zone
    return datetime(year, month, day, hour, minute, min(second, 59), microsecond, tzinfo=zone).timestamp()


def _offset(text: bytes) -> tzinfo:
    if text == b"Z":
        return UTC
    digits = text[1:].replace(b":", b"")
    size = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-size if text[:1] == b"-" else size)


def _bsd(found: re.Match[bytes], clock: Clock) -> float:
    month, day = MONTHS.index(found[1]) + 1, int(found[2])
    hour, minute, second = (int(found[number]) for number in (3, 4, 5))
    latest = datetime.fromtimestamp(clock.now, clock.zone) + _AHEAD
    # A line of 29 February may come out eight years old; such a line is useless anyway.
    for year in range(latest.year, latest.year - 9, -1):
        try:
            at = datetime(year, month, day, hour, minute, min(second, 59), tzinfo=clock.zone)
        except ValueError:
            continue
        if at <= latest:
            return at.timestamp()
    raise ValueError("no such day")
