"""The pace of one relay where this process alone sends through it: nobody is asked for a slot."""

from __future__ import annotations

from msgspec.structs import replace

from mass_apology.sending import pacing
from mass_apology.settings import Rate

SLOT_TRIES = 3  # slots that one letter may miss before it is handed over late
TIMER_LATENESS = 0.002  # seconds that timers are late even on an idle machine
START_AHEAD = 0.2  # seconds by which letters are started before their slots, so that no slot waits for a letter
ROUND_TRIP = 1.0  # seconds: throttling replies closer together than this are one complaint


class OwnPace:
    """Implements ``relay_pace.RelayPace``. Times are monotonic seconds."""

    def __init__(self, rate: Rate | None) -> None:
        pace = pacing.pace_of(rate)
        self._start = pace  # of starting letters
        self._dot = pace  # of final dots: this one keeps the rate exactly
        self.is_limited = bool(pace.interval)

    def seconds_until_start(self, now: float) -> float | None:
        soon = self._start.next_slot - now
        return soon if soon > 0 else None

    def wish(self, now: float) -> None:
        """Nobody has to be asked."""

    def begin(self, letter: int, now: float) -> None:
        self._start, _ = pacing.reserve_slot(self._start, now, slack=START_AHEAD)

    def reserve(self, letter: int, now: float) -> float | None:
        self._dot, slot = pacing.reserve_slot(self._dot, now)
        return slot

    async def next_slot(self) -> float:
        raise AssertionError("there is always a slot")

    def end(self, letter: int) -> None:
        """Nothing is kept of a letter."""

    def is_missed(self, slot: float, now: float, tries: int) -> bool:
        """Whether the next letter's slot is near: after a stall, dots must not come in a burst."""
        interval = self._dot.interval / pacing.current_share(self._dot, now)
        return tries < SLOT_TRIES and now - slot > max(interval / 2, TIMER_LATENESS)

    def slow_down(self, now: float, observed_rate: float) -> bool:
        slowed = pacing.slow_down(self._dot, now, round_trip=ROUND_TRIP, observed_rate=observed_rate)
        if slowed is self._dot:
            return False
        self._dot = slowed
        self._start = replace(slowed, next_slot=self._start.next_slot)
        self.is_limited = True
        return True

    def share(self, now: float) -> float:
        return pacing.current_share(self._dot, now)

    def taken(self, now: float) -> float:
        """Seconds for which slots have been given out."""
        return max(0.0, self._dot.next_slot - now)
