"""Counts hand-overs against the relay's windows ("10000/day"): those of earlier runs, and those of this run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mass_apology.sending import pacing
from mass_apology.settings import Rate


class RelayWindows:
    """The windows of one run; the dispatcher asks it before each letter, so that no limit is exceeded.

    ``usage``: hand-overs of earlier runs, as pairs of a minute (Unix seconds of its start) and letters.
    """

    def __init__(self, limits: Sequence[Rate], usage: Iterable[tuple[int, int]]) -> None:
        self._limits = limits
        self._usage = dict(usage)
        self._in_flight = 0  # letters started and not handed over yet
        self._remaining = 0  # of the tightest window
        self._reopens_at: float | None = None  # of the tightest window
        self._minute = -1  # of the calculation of the two

    @property
    def in_flight(self) -> int:
        """Letters started and not handed over yet."""
        return self._in_flight

    def wish(self, now: float) -> None:
        """Nobody has to be asked."""

    def begin(self) -> None:
        """Count a letter that is started, so that connections cannot exceed the limit together."""
        self._in_flight += 1

    def end(self, *, handed_over_at: float | None) -> None:
        """End a letter: handed over at that time (Unix seconds), or not at all (``None``)."""
        self._in_flight -= 1
        if handed_over_at is not None and self._limits:
            minute = int(handed_over_at // 60 * 60)
            self._usage[minute] = self._usage.get(minute, 0) + 1
            self._remaining -= 1

    def closed_until(self, now: float) -> float | None:
        """When the tightest window reopens (Unix seconds); ``None`` while a letter may start."""
        if not self._limits:
            return None
        if self._minute != int(now // 60) or self._remaining <= 0:
            self._recalculate(now)
        if self._remaining > self._in_flight:
            return None
        return self._reopens_at or now + 1.0  # a started letter may fail and free its place

    def _recalculate(self, now: float) -> None:
        usage = sorted(self._usage.items())
        tightest = min(
            (pacing.remaining_window(limit, usage, now) for limit in self._limits), key=lambda window: window.remaining
        )
        self._minute = int(now // 60)
        self._remaining = tightest.remaining
        self._reopens_at = tightest.reopens_at
