"""Watches whether a relay answers: letters that were begun and not handed over may still go through another one. Pure.

All times are monotonic seconds.
"""

from __future__ import annotations

from math import inf

STALLED = 3.0  # seconds without any answer to letters that were begun, after which another relay gets them
FORGETS = 0.9  # of the slowest letter so far, with each letter that was faster


class AnswerWatch:
    """Watches the letters of one relay, by their ids."""

    def __init__(self) -> None:
        self._begun: set[int] = set()  # and not handed over
        self._handed_over: dict[int, float] = {}  # without an outcome: when
        self._slowest = 0.0  # seconds from a letter's hand-over to its outcome, the longest lately
        self._heard_at = -inf  # when the relay answered last, or the first of these letters was begun

    def begin(self, letter: int, now: float) -> None:
        """A letter is begun."""
        if not self._begun:
            self._heard_at = now
        self._begun.add(letter)

    def hand_over(self, letter: int, now: float) -> None:
        """The relay has taken a letter's commands, and the letter is handed over."""
        self.end(letter, now)
        self._handed_over[letter] = now

    def end(self, letter: int, now: float) -> None:
        """A letter has its outcome, or was given back."""
        self._begun.discard(letter)
        self._heard_at = now
        begun = self._handed_over.pop(letter, now)
        self._slowest = max(FORGETS * self._slowest, now - begun)

    def is_stalled(self, now: float) -> bool:
        """Whether letters wait for a relay that has answered nothing for long, measured by its slowest letter."""
        return bool(self._begun) and now - self._heard_at > max(STALLED, 2 * self._slowest)
