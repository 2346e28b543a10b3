"""Pure functions for rates, windows, concurrency, back-off and the breaker.

Time is passed in as Unix or monotonic seconds, chance as a number in [0, 1). Nothing sleeps; the caller keeps the
state, which is a frozen value.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum, auto

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.quantities import counted, were
from mass_apology.settings import Rate

CLIMB_SECONDS = 300.0  # from a standstill back to the full rate, once the relay stops throttling
LOWEST_SHARE = 1 / 64  # however often the relay throttles, a trickle shows when it has recovered
RECENT = 200  # letters that the breaker looks at
FEWEST = 20  # letters below which the breaker does not judge: two of three prove nothing


class Pace(Struct, frozen=True, kw_only=True):
    """An even stream of slots, never closer than the interval, so no second has more than the rate plus one."""

    interval: float  # seconds between two hand-overs at the full rate; 0 is unlimited
    next_slot: float = 0.0  # the earliest time for the next hand-over
    share: float = 1.0  # of the full rate, at ``slowed_at``; it grows from then on
    slowed_at: float = float("-inf")


def pace_of(rate: Rate | None) -> Pace:
    """The pace for a rate; ``None`` is unlimited."""
    return Pace(interval=rate.seconds / rate.letters if rate else 0.0)


def current_share(pace: Pace, now: float) -> float:
    """The share of the full rate in use: lowered by throttling, then climbing back linearly with time."""
    return min(1.0, pace.share + (now - pace.slowed_at) / CLIMB_SECONDS)


def reserve_slot(pace: Pace, now: float, *, slack: float = 0.0) -> tuple[Pace, float]:
    """Reserve the next slot: the pace afterwards, and the slot's time.

    An unused slot is lost, unless it is less than ``slack`` seconds old.
    """
    slot = max(now - slack, pace.next_slot)
    return replace(pace, next_slot=slot + pace.interval / current_share(pace, now)), slot


def slow_down(pace: Pace, now: float, *, round_trip: float, observed_rate: float) -> Pace:
    """Halve the rate, at most once per ``round_trip`` seconds: replies to one burst are one complaint.

    A pace without a limit takes ``observed_rate`` (letters a second) as its full rate from here on.
    """
    if now - pace.slowed_at < round_trip:
        return pace
    interval = pace.interval or 1 / max(observed_rate, 1.0)
    return replace(pace, interval=interval, share=max(LOWEST_SHARE, current_share(pace, now) / 2), slowed_at=now)


class Window(Struct, frozen=True, kw_only=True):
    """The present state of a limit such as "10000/day"."""

    remaining: int  # letters that may be handed over now
    reopens_at: float | None = None  # if ``remaining`` is 0: the time at which it will be more


def remaining_window(limit: Rate, usage: Iterable[tuple[int, int]], now: float) -> Window:
    """What ``limit`` still allows. It slides: it holds for *any* such stretch of time, not for each calendar day.

    ``usage``: pairs of a minute (Unix seconds of its start) and the letters handed over in it, in order of time. A
    minute counts until all of it has left the window, so the limit errs on the safe side by less than a minute.
    """
    recent = [(minute, count) for minute, count in usage if minute + 60 + limit.seconds > now]
    over = sum(count for _, count in recent) - limit.letters
    if over < 0:
        return Window(remaining=-over)
    for minute, count in recent:
        over -= count
        if over < 0:
            return Window(remaining=0, reopens_at=float(minute + 60 + limit.seconds))
    raise AssertionError("a limit is at least one letter, so dropping all of the usage always reopens it")


class Concurrency(Struct, frozen=True, kw_only=True):
    """How many connections may be open: more with every accepted letter, up to the limit."""

    allowed: float  # connections allowed now, rounded down
    limit: int  # the largest number, by the settings or by the relay


def starting_concurrency(limit: int) -> Concurrency:
    """Start with two connections."""
    return Concurrency(allowed=min(2.0, limit), limit=limit)


def grow(concurrency: Concurrency) -> Concurrency:
    """After an accepted letter: one connection more for as many letters as there are connections."""
    if concurrency.allowed >= concurrency.limit:
        return concurrency
    return replace(concurrency, allowed=min(concurrency.limit, concurrency.allowed + 1 / concurrency.allowed))


def shrink(concurrency: Concurrency, *, to_share: float = 0.5) -> Concurrency:
    """After throttling: half as many connections, never none."""
    return replace(concurrency, allowed=max(1.0, concurrency.allowed * to_share))


def within(concurrency: Concurrency, limit: int) -> Concurrency:
    """With another limit, as where several processes share the connections."""
    return Concurrency(allowed=min(concurrency.allowed, float(limit)), limit=limit)


def one_fewer(concurrency: Concurrency) -> Concurrency:
    """After "too many connections": the relay's own limit is now known, so it is not tried again."""
    limit = max(1, int(concurrency.allowed) - 1)
    return Concurrency(allowed=float(limit), limit=limit)


class Backoff(Struct, frozen=True, kw_only=True):
    """Waits that double, with jitter, so that a thousand deferred letters do not all come back in one second."""

    first: float  # seconds: the longest first wait
    cap: float  # seconds: the longest wait of all
    least: float = 1.0  # seconds: the shortest wait


LETTER = Backoff(first=300.0, cap=3600.0, least=30.0)  # the relay deferred this letter
GREYLISTED = Backoff(first=600.0, cap=3600.0, least=300.0)  # greylisting asks for five minutes
CONNECTION = Backoff(first=4.0, cap=300.0)  # the connection failed before the dot: nobody complained about the letter
RELAY = Backoff(first=2.0, cap=60.0)  # the relay cannot be reached


def backoff_seconds(backoff: Backoff, attempts: int, chance: float) -> float:
    """Seconds to wait after ``attempts`` failures (≥ 1): full jitter, evenly between the least and the doubled wait."""
    longest = min(backoff.cap, backoff.first * 2.0 ** min(attempts - 1, 30))
    return backoff.least + chance * max(0.0, longest - backoff.least)


class Ending(StrEnum):
    """How a letter's attempt ended, as the breaker counts it."""

    ACCEPTED = auto()
    REFUSED = auto()
    DEFERRED = auto()
    IN_DOUBT = auto()


def breaker_trip(
    recent: Sequence[Ending], in_doubt: int, connections: int, *, refusals: float, deferrals: float
) -> str | None:
    """The reason for the campaign to pause itself, as a sentence; ``None`` if there is none.

    ``recent``: the last endings, at most ``RECENT``. ``in_doubt``: letters of this run; one crash of the relay causes
    up to one per connection, so more are a pattern. ``refusals``, ``deferrals``: the largest shares of ``recent``.
    """
    if in_doubt > connections:
        return f"{counted(in_doubt, 'letter is', 'letters are')} in doubt, more than there are connections."
    if len(recent) < FEWEST:
        return None
    for ending, limit in ((Ending.REFUSED, refusals), (Ending.DEFERRED, deferrals)):
        count = recent.count(ending)
        if count > limit * len(recent):
            return f"{count} of the last {len(recent)} letters {were(count)} {ending.value}, more than {limit:.0%}."
    return None


def canary_size(letters: int) -> int:
    """How many letters go first, before the others follow: 1 %, at least 20 and at most 200."""
    return min(letters, 200, max(20, letters // 100))


def finish_time(letters: int, rate: Rate | None, windows: Sequence[tuple[Rate, int]], now: float) -> float | None:
    """The earliest time at which the last of ``letters`` can be handed over; ``None`` without a limit.

    ``windows``: pairs of a limit and the number of letters that it still allows now.
    """
    ends = [now + letters * rate.seconds / rate.letters] if rate else []
    for limit, remaining in windows:
        rounds = -(-max(0, letters - remaining) // limit.letters)
        ends.append(now + rounds * limit.seconds)
    return max(ends, default=None)
