"""Windows ("10000/day") that several processes keep together: each holds some letters of what is left. Pure.

Implements ``window_count.WindowCount``. What is held may be begun; what was handed over is told, and what nobody needs
is given back, within a second or two. ``common_keeper`` asks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf

from mass_apology.ledger.common_limits import WindowWish
from mass_apology.sending import pacing
from mass_apology.settings import Rate

FIRST = 4  # letters that are asked for at a time, at first
MOST = 200  # and at the most, but no more than
PART = 40  # so many of them are in the smallest window
TELLS_EVERY = 1.0  # seconds between two words of what was handed over
IDLE = 1.0  # seconds without a wish, after which what is held is given back
AGAIN = 0.5  # seconds until more is asked for, where the others held the rest


class CommonWindows:
    """One process's part in the windows of one relay. Times are Unix seconds by our own clock."""

    def __init__(self, name: str, limits: Sequence[Rate], ask: Callable[[], None], *, begun: int = 0) -> None:
        """``begun``: letters that were started before others took part."""
        self.name = name
        self._limits = limits
        self._ask = ask
        self._begun = begun  # letters started and not handed over yet
        self._used = 0  # letters handed over and not told yet
        self._held = begun  # letters that may be begun or used
        self._most = max(1, min([MOST, *(limit.letters // PART for limit in limits)]))
        self._batch = min(FIRST, self._most)
        self._is_returning = False  # nothing is begun while what is held is given back
        self._wishes = False  # a letter wished to start since the last question
        self._wished_at = -inf
        self._asked_at = -inf
        self._again_at = -inf
        self._reopens_at: float | None = None

    @property
    def in_flight(self) -> int:
        """Letters started and not handed over yet."""
        return self._begun

    def begin(self) -> None:
        """Count a letter that is started: others will follow it."""
        self._begun += 1
        self._wish()

    def end(self, *, handed_over_at: float | None) -> None:
        """End a letter: handed over at that time, or not at all (``None``)."""
        self._begun -= 1
        if handed_over_at is not None:
            self._used += 1

    def wish(self, now: float) -> None:
        """A letter would start if it might."""
        self._wish()

    def closed_until(self, now: float) -> float | None:
        """When to ask again whether a letter may start, or when the windows reopen; ``None`` while one may start."""
        if self._free > 0 and not self._is_returning:
            return None
        return max(self._reopens_at or 0.0, now + AGAIN)

    def question(self, now: float, *, last: bool = False) -> WindowWish | None:
        """What is to be told and asked, if anything; ``answered`` must follow. ``last``: give everything back."""
        if self._wishes:
            self._wished_at, self._wishes = now, False
        idle = now - self._wished_at > IDLE
        lacks = not (idle or last) and self._free <= self._batch // 2 and now >= self._again_at
        if not (lacks or last or (now - self._asked_at > TELLS_EVERY and (self._used or self._held))):
            return None
        self._is_returning = last or idle
        self._asked_at = now
        return WindowWish(
            used=self._used,
            begun=self._begun if self._is_returning else self._held - self._used,
            wanted=self._batch if lacks else 0,
            limits=tuple((limit.letters, limit.seconds) for limit in self._limits),
        )

    def answered(self, wish: WindowWish, held: int, usage: Sequence[tuple[int, int]], there: float, now: float) -> None:
        """``usage``: as ``CommonLimits.usage``; ``there``: the store's clock."""
        self._held = held
        self._used -= wish.used
        self._is_returning = False
        if not wish.wanted:
            return
        if held - wish.begun >= wish.wanted:
            self._batch, self._reopens_at = min(self._most, self._batch * 2), None
            return
        self._batch, self._again_at = 1, now + AGAIN
        windows = [pacing.remaining_window(limit, usage, there) for limit in self._limits]
        reopens = [each.reopens_at for each in windows if each.reopens_at is not None]
        self._reopens_at = max(reopens) - there + now if reopens else None

    @property
    def _free(self) -> int:
        return self._held - self._begun - self._used

    def _wish(self) -> None:
        self._wishes = True
        if self._free <= self._batch // 2:
            self._ask()
