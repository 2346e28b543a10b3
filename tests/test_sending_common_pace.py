"""One process's part of a common pace, with played clocks: moments, late letters, slices, and clocks an hour apart."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from math import inf

import pytest

from mass_apology.errors import LedgerError
from mass_apology.ledger.common_limits import (
    AHEAD,
    CommonState,
    Moments,
    OpenedPace,
    PaceState,
    Told,
    WindowWish,
)
from mass_apology.model import Delivery, StopCause
from mass_apology.relay_settings import DestinationSettings
from mass_apology.sending.clock_fit import LASTS, ClockFit
from mass_apology.sending.common_keeper import CommonKeeper
from mass_apology.sending.common_pace import FIRST_SLICE, LATENESS, LATEST, PATIENT_TRIES, CommonPace
from mass_apology.sending.own_pace import OwnPace
from mass_apology.sending.pacing import Ending
from mass_apology.sending.recent_endings import RecentEndings
from mass_apology.sending.routing import Routing
from mass_apology.settings import Rate

RATE = 200
SPACING = 1 / RATE / 0.99
NOW = 1000.0  # monotonic seconds
THERE = 1_796_000_000.0  # the store's clock at that moment
HOUR = 3600.0


def pace(spacing: float = SPACING) -> CommonPace:
    found = CommonPace("relay", spacing, lambda: None)
    found.wish(NOW)
    return found


# The store's clock


def test_the_fastest_answer_tells_the_clock() -> None:
    fit = ClockFit()
    for sent, back, there in ((0.0, 0.4, 0.3), (1.0, 0.002, 0.001), (2.0, 0.2, 0.19)):  # there: when it was read
        fit.answered(NOW + sent, NOW + sent + back, THERE + sent + there)
    assert fit.here(THERE) == pytest.approx(NOW, abs=1e-6)


@pytest.mark.parametrize("apart", [-HOUR, HOUR])
def test_a_clock_that_was_set_by_an_hour_is_believed_at_once(apart: float) -> None:
    fit = ClockFit()
    fit.answered(NOW, NOW + 0.001, THERE)
    fit.answered(NOW + 1, NOW + 1.5, THERE + 1.25 + apart)  # a slow answer, and the only one after it
    assert fit.here(THERE + 10 + apart) == pytest.approx(NOW + 10, abs=0.25)


def test_an_old_answer_is_forgotten_since_clocks_drift() -> None:
    fit = ClockFit()
    assert fit.is_old(NOW)
    fit.answered(NOW, NOW + 0.001, THERE)
    assert not fit.is_old(NOW + 1)
    assert fit.is_old(NOW + LASTS)
    later = NOW + LASTS + 1
    fit.answered(later, later + 0.004, THERE + (later - NOW) + 0.002 - 0.003)  # 3 ms of drift
    assert fit.here(THERE + (later - NOW)) == pytest.approx(later + 0.003, abs=1e-6)


# Moments


def test_a_moment_starts_a_letter_a_while_before_and_lets_one_dot_go() -> None:
    part = pace()
    part.give(2, NOW + 0.1, SPACING, NOW)
    soon = part.seconds_until_start(NOW)
    assert soon is not None
    assert 0 < soon < 0.1
    assert part.seconds_until_start(NOW + soon + 1e-9) is None
    part.begin(1, NOW + 0.09)
    part.begin(2, NOW + 0.09)
    assert part.seconds_until_start(NOW + 0.09) == AHEAD  # there is no other one
    assert [part.reserve(letter, NOW + 0.095) for letter in (1, 2)] == [NOW + 0.1, NOW + 0.1 + SPACING]
    assert part.reserve(3, NOW + 0.095) is None


def test_a_moment_that_was_missed_is_lost_and_not_made_up() -> None:
    part = pace()
    assert not part.is_missed(NOW, NOW + max(SPACING / 2, LATENESS) - 1e-6, 0)
    assert part.is_missed(NOW, NOW + 0.003, 0)
    assert not part.is_missed(NOW, NOW + 0.003, PATIENT_TRIES)  # a machine whose timers are always late
    assert part.is_missed(NOW, NOW + LATEST + 0.001, 1000)  # and never later than that, however often it tried
    part.give(10, NOW, SPACING, NOW)
    late = NOW + 4.5 * SPACING
    assert part.reserve(1, late) == pytest.approx(NOW + 5 * SPACING)
    part.seconds_until_start(late)
    assert part.reserve(2, NOW + 20 * SPACING) is None


def test_what_comes_too_late_is_not_used() -> None:
    part = pace()
    part.give(4, NOW - 1, SPACING, NOW)
    assert part.reserve(1, NOW) is None
    assert part.seconds_until_start(NOW) == AHEAD


def test_a_letter_that_waits_gets_the_next_moment_and_starts_no_other_letter() -> None:
    async def story() -> None:
        part = pace()
        waits = [asyncio.ensure_future(part.next_slot()) for _ in range(3)]
        await asyncio.sleep(0)
        waits[1].cancel()  # the connection was lost
        await asyncio.sleep(0)
        assert part.wanted(NOW) == 2 + FIRST_SLICE
        part.give(3, NOW + 0.1, SPACING, NOW)
        assert [await waits[0], await waits[2]] == [NOW + 0.1, NOW + 0.1 + SPACING]
        assert part.wanted(NOW + 10) == 0  # nobody wishes any more
        part.begin(1, NOW + 0.1)
        assert part.seconds_until_start(NOW + 0.1) == AHEAD  # one moment was left, for one letter

    asyncio.run(story())


def test_so_many_are_asked_for_as_are_used() -> None:
    part, now, asked = pace(), NOW, []
    for round_ in range(12):
        part.wish(now)
        wanted = part.wanted(now)
        asked.append(wanted)
        part.give(wanted, now + 0.1, SPACING, now)
        used = wanted if round_ < 6 else 0
        for letter in range(used):
            part.begin(letter, now)
        now += 0.1 + 100 * SPACING
    assert asked[:6] == [4, 8, 12, 12, 12, 12]  # a quarter of a quarter of a second's at the most
    assert asked[7:] == [12, 6, 3, 1, 1]


def test_nobody_asks_where_nobody_wishes_or_nothing_is_there() -> None:
    asked: list[int] = []
    part = CommonPace("relay", SPACING, lambda: asked.append(1))
    assert part.wanted(NOW) == 0
    part.wish(NOW)
    assert part.wanted(NOW) == FIRST_SLICE
    part.again(NOW + 0.05)
    part.wish(NOW + 0.01)
    assert (part.wanted(NOW + 0.01), len(asked)) == (0, 1)
    assert part.wanted(NOW + 0.06) == FIRST_SLICE
    assert part.wanted(NOW + 5) == 0


def test_a_pace_of_nothing_limits_nobody_until_the_relay_throttles() -> None:
    part = pace(0.0)
    assert not part.is_limited
    assert part.slow_down(NOW, 80.0)
    assert not part.slow_down(NOW + 0.5, 80.0)  # the same complaint
    assert part.slowed == 80.0
    part.learn(PaceState(spacing=1 / 80, share=0.5, closed_for=0.0, recent="", in_doubt=0))
    assert (part.is_limited, part.spacing, part.share(NOW)) == (True, 1 / 40, 0.5)


# Sessions, each with a clock of its own


class Row:
    """The row that all of them ask: GCRA, one moment after the other, by a clock that is played."""

    def __init__(self) -> None:
        self.next_at = 0.0
        self.now = THERE
        self.is_away = False

    def take(self, wanted: int, lead: float) -> Moments:
        if self.is_away:
            raise LedgerError("The database does not answer.", next_step="Start it.")
        first = max(self.next_at, self.now + lead)
        letters = max(0, min(wanted, int((self.now + AHEAD - first) / SPACING) + 1)) if first <= self.now + AHEAD else 0
        self.next_at = first + letters * SPACING if letters else self.next_at
        return Moments(now=self.now, first=first, letters=letters, spacing=SPACING)


class PlayedLimits:
    """Implements ``CommonLimits`` for one session."""

    def __init__(self, row: Row) -> None:
        self._row = row

    def open(self, paces: Sequence[OpenedPace], usage: Mapping[str, Sequence[tuple[int, int]]] | None = None) -> None:
        """There is one."""

    def clock(self) -> float:
        return self._row.now

    def take(self, name: str, wanted: int, lead: float) -> Moments:
        return self._row.take(wanted, lead)

    def exchange(self, told: Mapping[str, Told]) -> CommonState:
        return CommonState(sessions=1, paces={})

    def slow(self, name: str, rate: float, *, destination: bool) -> None:
        raise AssertionError

    def close_for(self, name: str, seconds: float) -> None:
        raise AssertionError

    def halt(self, reason: str, cause: StopCause) -> None:
        raise AssertionError

    def hold(self, name: str, wish: WindowWish) -> int:
        raise AssertionError

    def usage(self, name: str) -> list[tuple[int, int]]:
        return []

    def close(self) -> None:
        """Nothing is open."""


class Session:
    """A process whose clock is ``apart`` from the others', and which sends whenever it may."""

    def __init__(self, row: Row, apart: float) -> None:
        self._row, self._apart = row, apart
        self.keeper = CommonKeeper(PlayedLimits(row), lambda: None, self.clock)
        self.pace = self.keeper.pace("relay", SPACING)
        self.dots: list[float] = []  # by the row's clock
        self.is_suspended = False

    def clock(self) -> float:
        return self._row.now - THERE + NOW + self._apart

    async def turn(self) -> None:
        """What it does in a millisecond."""
        if self.is_suspended:
            return
        now = self.clock()
        self.pace.wish(now)
        await self.keeper._tend()
        while self.pace.seconds_until_start(now) is None:
            self.pace.begin(len(self.dots), now)
            slot = self.pace.reserve(len(self.dots), now)
            if slot is None:
                break
            self.dots.append(slot - now + self._row.now)


async def played(
    row: Row, sessions: Sequence[Session], seconds: float, then: Callable[[int], None] | None = None
) -> None:
    for millisecond in range(int(seconds * 1000)):
        row.now += 0.001
        if then is not None:
            then(millisecond)
        turn = millisecond % len(sessions)
        for session in (*sessions[turn:], *sessions[:turn]):
            await session.turn()


def worst_second(dots: Sequence[float]) -> int:
    return max(sum(start <= dot < start + 1 for dot in dots) for start in dots)


def test_clocks_an_hour_apart_keep_one_pace() -> None:
    row = Row()
    sessions = [Session(row, apart) for apart in (0.0, HOUR, -HOUR, 7.7)]
    asyncio.run(played(row, sessions, 3.0))
    dots = sorted(dot for session in sessions for dot in session.dots)
    assert min(later - earlier for earlier, later in pairwise(dots)) > SPACING - 1e-5
    assert worst_second(dots) <= RATE
    assert len(dots) > 0.95 * 3.0 / SPACING
    assert min(len(session.dots) for session in sessions) > 0.1 * len(dots)  # nobody starves


def test_a_dead_session_leaves_its_part_to_the_others_within_a_second() -> None:
    row = Row()
    sessions = [Session(row, apart) for apart in (0.0, 1.0, 2.0, 3.0)]

    def kill(millisecond: int) -> None:
        sessions[0].is_suspended = millisecond >= 1000

    asyncio.run(played(row, sessions, 3.0, kill))
    dots = sorted(dot for session in sessions for dot in session.dots)
    after = [dot for dot in dots if THERE + 1.25 < dot <= THERE + 2.25]
    assert len(after) >= 0.97 / SPACING
    assert worst_second(dots) <= RATE


def test_a_session_that_stood_still_makes_nothing_up() -> None:
    row = Row()
    sessions = [Session(row, apart) for apart in (0.0, HOUR)]

    def suspend(millisecond: int) -> None:
        sessions[1].is_suspended = 700 <= millisecond < 2000

    asyncio.run(played(row, sessions, 3.0, suspend))
    dots = sorted(dot for session in sessions for dot in session.dots)
    assert worst_second(dots) <= RATE


def test_a_store_that_stays_away_is_told_to_letters_that_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mass_apology.sending.common_keeper.AGAIN", 0.0)
    row = Row()
    session = Session(row, 0.0)

    async def story() -> None:
        waits = asyncio.ensure_future(session.pace.next_slot())
        await asyncio.sleep(0)
        row.is_away = True

        def tick(question: Callable[[], Moments]) -> Moments:
            row.now += 7.0
            return question()

        monkeypatch.setattr(session.keeper, "_take", lambda *facts: tick(partial(row.take, *facts[1:])))
        with pytest.raises(LedgerError):
            await session.keeper.run()
        with pytest.raises(LedgerError):
            await waits
        with pytest.raises(LedgerError):
            await session.pace.next_slot()

    asyncio.run(story())


# Destinations


def test_a_destinations_pace_is_kept_by_all_that_send_to_it() -> None:
    row = Row()
    sessions = [Session(row, apart) for apart in (0.0, HOUR)]
    routes = [Routing((), {"slow.example": DestinationSettings(rate="200/s", connections=2)}) for _ in sessions]
    letter = Delivery(
        id=1, address="a@slow.example", name="", language="en", time_zone="UTC", lines=(1,), rows=(), message_id="<1@x>"
    )
    for session, routing in zip(sessions, routes, strict=True):
        routing.share(lambda name, spacing, own=session: own.keeper.pace(name, spacing, of_starts=True))
        routing.divide(2)
    starts: list[float] = []

    async def story() -> None:
        for millisecond in range(2000):
            row.now += 0.001
            for session, routing in zip(sessions, routes, strict=True):
                destination = routing.destination(letter)
                assert destination is not None
                now = session.clock()
                while destination.seconds_until_start(now) is None:
                    destination.begin(now)
                    starts.append(row.now)
                    assert destination.seconds_until_start(now) == inf  # one connection of two
                    destination.end()
                if millisecond % 5 == 0:
                    await session.keeper._tend()

    asyncio.run(story())
    assert worst_second(starts) <= 200 * 1.02 + 1
    assert len(starts) > 300


def test_a_destination_that_throttles_one_gets_a_pace_for_all() -> None:
    routing = Routing(())
    made: list[tuple[str, float]] = []

    def make(name: str, spacing: float) -> CommonPace:
        made.append((name, spacing))
        return CommonPace(name, spacing, lambda: None, of_starts=True)

    routing.share(make)
    pace = routing.adopt("slow.example")
    assert made == [("slow.example", 0.0)]
    assert pace.seconds_until_start(NOW) is None  # nothing limits it yet
    pace.slow_down(NOW, 40.0)
    assert pace._common is not None
    assert pace._common.slowed == 4.0  # a twentieth of the run's, of which the store takes half as for any other
    pace._common.learn(PaceState(spacing=1.0, share=2.0, closed_for=0.0, recent="", in_doubt=0))
    assert pace.seconds_until_start(NOW + 1) == AHEAD
    assert pace.seconds_for(10) == 5.0


# What is told


def test_one_hears_what_all_know_and_keeps_what_it_has_not_told() -> None:
    endings = RecentEndings()
    endings.add(Ending.ACCEPTED)
    told = endings.untold()
    assert told == Told(endings="A")
    endings.add(Ending.IN_DOUBT)
    endings.learn(PaceState(spacing=0, share=1, closed_for=0, recent="RRA", in_doubt=2))
    assert list(endings.recent) == [Ending.REFUSED, Ending.REFUSED, Ending.ACCEPTED, Ending.IN_DOUBT]
    assert endings.in_doubt == 3
    endings.tell_again(told)
    assert endings.untold() == Told(endings="AI", in_doubt=1)


def test_who_has_the_relay_alone_asks_nobody() -> None:
    own = OwnPace(Rate(letters=100, seconds=1))
    slots = [own.reserve(letter, NOW) for letter in range(3)]
    assert slots == pytest.approx([NOW, NOW + 0.01, NOW + 0.02])
    assert own.taken(NOW) == pytest.approx(0.03)
    assert not OwnPace(None).is_limited
