"""Asks the store for what this process may have of the common limits, and tells it what others must know.

One thread of its own asks, one question after the other, so that neither letters nor commits wait for an answer.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import TypeVar

from mass_apology.errors import LedgerError
from mass_apology.ledger.common_limits import AHEAD, CommonLimits, CommonState, Moments, Told, WindowWish
from mass_apology.model import StopCause
from mass_apology.sending.clock_fit import FIRST, ClockFit
from mass_apology.sending.common_pace import CommonPace
from mass_apology.sending.common_windows import CommonWindows
from mass_apology.settings import Rate

PATIENCE = 30.0  # seconds for which the store may be away, as the ledger's own
AGAIN = 0.2  # seconds until it is asked again
LONGEST_SLEEP = 1.0  # seconds

T = TypeVar("T")


class CommonKeeper:
    """Keeps the common limits of one run. ``changed`` is called when letters may start that could not before."""

    def __init__(
        self, limits: CommonLimits, changed: Callable[[], None], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.paces: dict[str, CommonPace] = {}
        self.windows: dict[str, CommonWindows] = {}
        self._limits = limits
        self._changed = changed
        self._clock = clock
        self._fit = ClockFit()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="common-limits")
        self._asked = asyncio.Event()
        self._failing_since: float | None = None
        self._sessions = 1  # as far as is known

    def pace(self, name: str, spacing: float, *, of_starts: bool = False) -> CommonPace:
        """A relay's part; ``of_starts``: a destination's."""
        return self.paces.setdefault(name, CommonPace(name, spacing, self.ask, of_starts=of_starts))

    def window(self, name: str, limits: Sequence[Rate], begun: int) -> CommonWindows:
        """A relay's windows; ``begun``: letters that were started before."""
        return self.windows.setdefault(name, CommonWindows(name, limits, self.ask, begun=begun))

    def ask(self) -> None:
        """Something is wanted."""
        self._asked.set()

    async def run(self) -> None:
        """Until it is cancelled. Raises ``LedgerError`` where the store stays away."""
        while True:
            try:
                await self._tend()
                self._failing_since = None
                await self._sleep()
            except LedgerError as error:
                self._give_up_after(error)
                await asyncio.sleep(AGAIN)

    async def exchange(self, told: Mapping[str, Told]) -> CommonState:
        """See ``CommonLimits.exchange``; the paces learn what they have to know."""
        state = await self.call(partial(self._limits.exchange, told))
        self._sessions = state.sessions
        for name, pace in self.paces.items():
            if name in state.paces:
                pace.learn(state.paces[name])
        return state

    async def close_for(self, name: str, seconds: float) -> None:
        """See ``CommonLimits.close_for``."""
        await self.call(partial(self._limits.close_for, name, seconds))

    async def call(self, question: Callable[[], T]) -> T:
        """Ask something else, in its turn."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, question)

    async def close(self, reason: tuple[str, StopCause] | None) -> None:
        """Hold nothing any more; ``reason``: and all stop for that."""
        with suppress(LedgerError):  # what was held counts as used in a minute
            for each in self.windows.values():
                await self._hold(each, last=True)
            if reason is not None:
                await self.call(partial(self._limits.halt, *reason))
        await self.call(self._limits.close)
        self._thread.shutdown(wait=False)

    async def _tend(self) -> None:
        self._asked.clear()
        while self._fit.is_old(self._clock()):
            for _ in range(FIRST):
                await self.call(self._ask_time)
        for pace in list(self.paces.values()):
            if pace.slowed is not None:
                rate, pace.slowed = pace.slowed * self._sessions, None
                await self.call(partial(self._limits.slow, pace.name, rate, destination=pace.of_starts))
            if wanted := pace.wanted(self._clock()):
                given = await self.call(partial(self._take, pace.name, wanted, pace.lead))
                self._bring(pace, given, wanted)
        for each in list(self.windows.values()):
            await self._hold(each)

    def _bring(self, pace: CommonPace, given: Moments, wanted: int) -> None:
        pace.give(given.letters, self._fit.here(given.first), given.spacing, self._clock())
        if given.letters < wanted:  # the others have what there is: as many again are there a little later
            until = given.first + given.letters * given.spacing - AHEAD
            pace.again(self._fit.here(until) + wanted * given.spacing * random.uniform(0.5, 1.0))  # noqa: S311 (turns)
        if given.letters:
            self._changed()

    async def _hold(self, windows: CommonWindows, *, last: bool = False) -> None:
        wish = windows.question(time.time(), last=last)
        if wish is None:
            return
        held, usage, there = await self.call(partial(self._ask_windows, windows.name, wish))
        windows.answered(wish, held, usage, there, time.time())
        if wish.wanted and not last:
            self._changed()

    def _ask_windows(self, name: str, wish: WindowWish) -> tuple[int, list[tuple[int, int]], float]:
        held = self._limits.hold(name, wish)
        if held - wish.begun >= wish.wanted:
            return held, [], 0.0
        return held, self._limits.usage(name), self._limits.clock()

    def _ask_time(self) -> None:
        sent = self._clock()
        told = self._limits.clock()
        self._fit.answered(sent, self._clock(), told)

    def _take(self, name: str, wanted: int, lead: float) -> Moments:
        sent = self._clock()
        given = self._limits.take(name, wanted, lead)
        self._fit.answered(sent, self._clock(), given.now)
        return given

    async def _sleep(self) -> None:
        """Until something is wanted, or may be had."""
        now = self._clock()
        waits = [pace.again_at - now for pace in self.paces.values() if pace.again_at > now]
        with suppress(TimeoutError):
            async with asyncio.timeout(min([LONGEST_SLEEP, *waits])):
                await self._asked.wait()

    def _give_up_after(self, error: LedgerError) -> None:
        now = self._clock()
        self._failing_since = self._failing_since or now
        if now - self._failing_since > PATIENCE:
            for pace in self.paces.values():
                pace.fail(error)
            raise error
