"""Tests whether a log is complete, by letters that the relay has acknowledged."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from itertools import accumulate

AROUND = 600.0  # seconds before and after a hand-over
ENOUGH = 20  # letters; with two relays, fewer could be in the log by chance


class Trial:
    """Acknowledged letters, which a complete log names. ``reconcile`` asks it before it trusts a log's silence."""

    def __init__(self, letters: Iterable[tuple[float, bool]]) -> None:
        """``letters``: when each was handed over (Unix seconds), and whether the log names it."""
        ordered = sorted(letters)
        self._moments = [at for at, _ in ordered]
        self._missing = [0, *accumulate(not named for _, named in ordered)]

    def passed(self, at: float) -> int:
        """How many letters around ``at`` the log names, if it names all of them, and they are enough; otherwise 0."""
        first, last = bisect_left(self._moments, at - AROUND), bisect_right(self._moments, at + AROUND)
        whole = self._missing[first] == self._missing[last] and last - first >= ENOUGH
        return last - first if whole else 0
