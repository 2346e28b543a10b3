"""How often one browser, or one address, may ask: a bucket that fills again with time. Pure but for the clock given."""

from __future__ import annotations

from msgspec import Struct

MOST_BUCKETS = 10_000  # of the least lately used ones, half is forgotten then


class Allowance(Struct, frozen=True, kw_only=True):
    """So many at once, and so many a second from then on."""

    burst: int
    per_second: float


PAGES = Allowance(burst=60, per_second=10.0)  # of one session
ENTRANCES = Allowance(burst=10, per_second=0.2)  # tries to begin a session, of one address


class RateLimit:
    """Counts what was asked for; for one thread."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._buckets: dict[str, tuple[float, float]] = {}  # who → left, and when it was so

    def allows(self, who: str, now: float) -> bool:
        """Whether one more is allowed at ``now`` (monotonic seconds); it counts if it is."""
        left, then = self._buckets.pop(who, (float(self._allowance.burst), now))
        left = min(float(self._allowance.burst), left + (now - then) * self._allowance.per_second)
        is_allowed = left >= 1
        self._buckets[who] = (left - is_allowed, now)
        if len(self._buckets) > MOST_BUCKETS:
            self._buckets = dict(list(self._buckets.items())[MOST_BUCKETS // 2 :])
        return is_allowed
