"""The relay's windows ("10000/day") during a run: what the ledger remembers, and what this run adds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mass_apology.sending import pacing
from mass_apology.settings import Rate


class Windows:
    """Counts hand-overs by the minute. ``usage`` is (minute in Unix seconds, letters), from earlier runs."""

    def __init__(self, limits: Sequence[Rate], usage: Iterable[tuple[int, int]]) -> None:
        self._limits = limits
        self._usage = dict(usage)
        self._begun = 0  # letters taken that are not handed over yet
        self._remaining = 0
        self._reopens_at: float | None = None
        self._minute = -1  # for which the two were worked out

    def begin(self) -> None:
        """A letter is on its way: it counts from here, so that connections cannot overshoot together."""
        self._begun += 1

    def end(self, *, handed_over_at: float | None) -> None:
        """The letter was handed over at that time, or is not going to be."""
        self._begun -= 1
        if handed_over_at is not None:
            minute = int(handed_over_at // 60 * 60)
            self._usage[minute] = self._usage.get(minute, 0) + 1
            self._remaining -= 1

    def closed_until(self, now: float) -> float | None:
        """When the tightest window reopens; ``None`` while a letter may go."""
        if not self._limits:
            return None
        if self._minute != int(now // 60) or self._remaining <= 0:
            self._work_out(now)
        if self._remaining > self._begun:
            return None
        return self._reopens_at or now + 1.0  # what is begun may yet fail and leave its place

    def _work_out(self, now: float) -> None:
        usage = sorted(self._usage.items())
        tightest = min(
            (pacing.window(limit, usage, now) for limit in self._limits), key=lambda window: window.remaining
        )
        self._minute = int(now // 60)
        self._remaining = tightest.remaining
        self._reopens_at = tightest.reopens_at
