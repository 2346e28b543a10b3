"""How far another machine's clock is from ours, told from questions and their answers. Pure.

A question that was answered quickly says most: the other clock was read between sending and receiving, so half the
round trip is the largest error (as NTP has it, RFC 5905 §8).
"""

from __future__ import annotations

from collections import deque

FIRST = 8  # round trips before the first use
LASTS = 30.0  # seconds: clocks drift, so an older answer says nothing any more
JUMP = 0.005  # seconds outside the round trip: one of the two clocks was set, or stood still


class ClockFit:
    """The difference between a store's clock (Unix seconds) and our own (monotonic seconds)."""

    def __init__(self) -> None:
        self._answers: deque[tuple[float, float, float]] = deque()  # received at, round trip, difference
        self._offset = 0.0

    def answered(self, sent: float, received: float, told: float) -> None:
        """A question that was sent and answered at these moments of our clock; the store's clock was ``told``."""
        if self._answers and not sent - JUMP <= self.here(told) <= received + JUMP:
            self._answers.clear()
        while self._answers and self._answers[0][0] < received - LASTS:
            self._answers.popleft()
        self._answers.append((received, received - sent, (sent + received) / 2 - told))
        self._offset = min(self._answers, key=lambda answer: answer[1])[2]

    @property
    def is_known(self) -> bool:
        """Whether anything was answered."""
        return bool(self._answers)

    def is_old(self, now: float) -> bool:
        """Whether somebody should ask again only for the time."""
        return not self._answers or self._answers[-1][0] < now - LASTS / 2

    def here(self, there: float) -> float:
        """A moment of the store's clock by our own."""
        return there + self._offset
