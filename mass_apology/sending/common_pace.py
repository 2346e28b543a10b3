"""One process's part of a pace that several have in common: the moments that it was given, and the letters for them.

It asks nobody itself: ``common_keeper`` asks for as many moments as ``wanted`` says and brings them by ``give``. A
moment allows one letter to start, some time before, and one dot, on time. Which letter's dot that is does not matter:
one that comes late takes the next moment, and where there is none more, one is asked for that starts no letter.

So many are asked for at a time (a *slice*) as are used: twice as many after a slice that was used up, half as many
after one of which a moment passed without a letter, for that is lost to the others.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from math import inf

from mass_apology.errors import LedgerError
from mass_apology.ledger.common_limits import AHEAD, PaceState

LATENESS = 0.002  # seconds after which a moment is lost: another one is taken, and nothing is made up
START_LATENESS = 0.02  # the same of a moment that only starts a letter
LATEST = 0.008  # so after some tries, on a machine whose timers are late: the common rate leaves 10 ms
PATIENT_TRIES = 3  # before that
SLICES = 4  # of those that may be given out at one time, for as many processes without a pause
FIRST_SLICE = 4  # moments
LONGEST_LEAD = 0.1  # seconds from the start of a letter to its dot that are reckoned with
FIRST_LEAD = 0.02  # seconds of the same, before any letter has told
LEAD_PARTS = 1.25  # of what letters took lately, since most are to be in time
MARGIN = 0.004  # seconds beside that
FIRST_DELAY = 0.03  # seconds from asking for moments to having them, at first
LEAST_DELAY = 0.01
LONGEST_DELAY = 0.12  # seconds of the same that are reckoned with
WISH_LASTS = 0.5  # seconds: then nobody has asked for a letter any more
ROUND_TRIP = 1.0  # seconds: throttling replies closer together than this are one complaint
_WEIGHT = 0.05  # of the newest letter in a moving average


class CommonPace:
    """Implements ``relay_pace.RelayPace``. Times are monotonic seconds."""

    def __init__(self, name: str, spacing: float, ask: Callable[[], None], *, of_starts: bool = False) -> None:
        """``ask`` is called when moments are wanted. ``of_starts``: moments are for starting letters, as a
        destination's, and a dot waits for none."""
        self.name = name
        self.is_limited = spacing > 0
        self.again_at = -inf  # before that nothing would be given
        self.slowed: float | None = None  # it throttled at this rate, which nobody was told yet
        self._spacing = spacing
        self._share = 1.0
        self._ask = ask
        self.of_starts = of_starts
        self._grace = START_LATENESS if of_starts else 0.0
        self._lead = 0.0 if of_starts else FIRST_LEAD  # seconds before its moment at which a letter starts
        self._delay = FIRST_DELAY
        self._begun: dict[int, float] = {}  # letters that were started, and when
        self._dots: deque[float] = deque()  # moments that no letter has taken
        self._starts: deque[float] = deque()  # of these: moments that have started no letter
        self._waiting: deque[asyncio.Future[float]] = deque()  # letters without a moment
        self._slice = FIRST_SLICE
        self._lost = 0  # moments that started no letter, since the last slice
        self._wished_at = -inf
        self._slowed_at = -inf
        self._failure: LedgerError | None = None

    # Letters

    def seconds_until_start(self, now: float) -> float | None:
        self._forget(now)
        if not self._starts:
            return AHEAD
        soon = self._starts[0] - self._lead - now
        return soon if soon > 0 else None

    def wish(self, now: float) -> None:
        self._wished_at = now
        if now >= self.again_at:
            self._ask()

    def begin(self, letter: int, now: float) -> None:
        self._begun[letter] = now
        self.start()

    def start(self) -> None:
        """A letter is started, whichever it is."""
        if self._starts:
            self._starts.popleft()

    def reserve(self, letter: int, now: float) -> float | None:
        begun = self._begun.pop(letter, now)
        self._lead += _WEIGHT * (min(LONGEST_LEAD, LEAD_PARTS * (now - begun) + MARGIN) - self._lead)
        return self._next(now)

    async def next_slot(self) -> float:
        if self._failure is not None:
            raise self._failure
        waits: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._waiting.append(waits)
        self._ask()
        return await waits

    def end(self, letter: int) -> None:
        self._begun.pop(letter, None)

    def is_missed(self, slot: float, now: float, tries: int) -> bool:
        return now - slot > max(self.spacing / 2, LATENESS if tries < PATIENT_TRIES else LATEST)

    def slow_down(self, now: float, observed_rate: float) -> bool:
        if now - self._slowed_at < ROUND_TRIP:
            return False
        self._slowed_at = now
        self.slowed = observed_rate
        self._ask()
        return True

    def share(self, now: float) -> float:
        return self._share

    def taken(self, now: float) -> float:
        return 0.0

    # Moments

    @property
    def spacing(self) -> float:
        """Seconds between two letters of all processes, as far as is known."""
        return self._spacing / self._share

    @property
    def lead(self) -> float:
        """Seconds from asking for moments to the first dot: earlier moments are of no use."""
        return self._lead + self._delay

    def wanted(self, now: float) -> int:
        """How many moments to ask for; 0: none, or not now."""
        while self._waiting and self._waiting[0].done():  # the connection was given up
            self._waiting.popleft()
        waiting = sum(not each.done() for each in self._waiting)
        self._forget(now)
        starts = 0
        if now - self._wished_at < WISH_LASTS and len(self._starts) <= self._slice // 2:
            starts = self._slice - len(self._starts)
        if now < self.again_at or not self.is_limited:
            return 0
        return waiting + starts

    def give(self, moments: int, first: float, spacing: float, now: float) -> None:
        """So many moments, from ``first`` on."""
        if moments:
            came_late = first - self._lead < now
            self._delay = min(LONGEST_DELAY, self._delay * 1.5) if came_late else max(LEAST_DELAY, self._delay * 0.98)
        for number in range(moments):
            moment = first + number * spacing
            if moment >= now and not self._serve(moment):
                self._dots.append(moment)
                self._starts.append(moment)
        if moments:
            self._slice = self._next_slice(spacing)

    def again(self, at: float) -> None:
        """There was nothing; there is before that moment."""
        self.again_at = at

    def learn(self, state: PaceState) -> None:
        """What all processes know of it."""
        self._spacing, self._share = state.spacing, state.share
        self.is_limited = state.spacing > 0

    def fail(self, error: LedgerError) -> None:
        """Nothing can be asked for any more: who waits hears of it, and who comes later."""
        self._failure = error
        for each in self._waiting:
            if not each.done():
                each.set_exception(error)
        self._waiting.clear()

    def _serve(self, moment: float) -> bool:
        """Give it to the letter that waits longest."""
        while self._waiting:
            first = self._waiting.popleft()
            if not first.done():
                first.set_result(moment)
                return True
        return False

    def _next(self, now: float) -> float | None:
        """Earlier moments stay for letters that need no time any more."""
        for number, moment in enumerate(self._dots):
            if moment >= now:
                del self._dots[number]
                return moment
        return None

    def _forget(self, now: float) -> None:
        """Moments that have passed are lost."""
        while self._starts and self._starts[0] + self._grace < now:
            self._starts.popleft()
            self._lost += 1
        while self._dots and self._dots[0] < now:
            self._dots.popleft()

    def _next_slice(self, spacing: float) -> int:
        largest = max(1, int(AHEAD / SLICES / spacing))
        grown = max(1, self._slice // 2) if self._lost else self._slice * 2
        self._lost = 0
        return min(largest, grown)
