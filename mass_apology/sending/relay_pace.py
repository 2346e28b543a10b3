"""What a relay's connections ask of a pace."""

from __future__ import annotations

from typing import Protocol

MARK_AHEAD = 0.01  # seconds by which the durable mark is begun before a letter's slot, so that the dot is on time
COMMITS_AHEAD = 2.0  # of what a mark takes to be durable lately: so much before, where that is longer
LONGEST_AHEAD = 0.1  # seconds


def seconds_ahead(commit_seconds: float) -> float:
    """Seconds before its slot at which a letter's mark is begun, where one takes ``commit_seconds`` to be durable."""
    return min(LONGEST_AHEAD, max(MARK_AHEAD, COMMITS_AHEAD * commit_seconds))


class RelayPace(Protocol):
    """When letters may start and dots may be written. ``own_pace.OwnPace`` decides alone, ``common_pace.CommonPace``
    with other processes. Times are monotonic seconds."""

    is_limited: bool  # otherwise nothing here is called but ``slow_down`` and ``share``

    def seconds_until_start(self, now: float) -> float | None:
        """Seconds during which no letter may start; ``None`` if one may start now."""

    def wish(self, now: float) -> None:
        """A letter would start if it might."""

    def begin(self, letter: int, now: float) -> None:
        """A letter is started."""

    def reserve(self, letter: int, now: float) -> float | None:
        """The slot of its dot, ``now`` or later; ``None`` where ``next_slot`` has to be waited for."""

    async def next_slot(self) -> float:
        """A slot for a letter that has none. Raises ``LedgerError`` where there will be none."""

    def end(self, letter: int) -> None:
        """It has ended without a slot."""

    def is_missed(self, slot: float, now: float, tries: int) -> bool:
        """Whether it is too late for the slot, and another one is to be had; ``tries``: it was so that often before."""

    def slow_down(self, now: float, observed_rate: float) -> bool:
        """Halve the rate; false where that has just been done. ``observed_rate``: for a pace without a limit."""

    def share(self, now: float) -> float:
        """The share of the full rate that is in use."""

    def taken(self, now: float) -> float:
        """Seconds for which slots have been given out."""
