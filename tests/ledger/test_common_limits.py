"""Limits that sessions keep together in the database: GCRA with played clocks, and what one tells the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ledger_samples import CAMPAIGN, NOON
from postgres_stores import postgres_store

from mass_apology.ledger.common_limits import AHEAD, CommonLimits, OpenedPace, Told, WindowWish
from mass_apology.ledger.postgres.postgres_limits import PostgresLimits
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.model import StopCause

pytestmark = pytest.mark.slow

SPACING = 1 / 200 / 0.99
CLOCK = 1_796_000_000.0  # Unix seconds


@pytest.fixture
def store(tmp_path: Path) -> PostgresStore:
    store = postgres_store(tmp_path)
    store.create(CAMPAIGN).__exit__()
    return store


@pytest.fixture
def sessions(store: PostgresStore) -> Iterator[list[CommonLimits]]:
    """The limits as two sessions have them, with a relay at 200/s."""
    with ExitStack() as opened:
        ledgers = [opened.enter_context(store.open(CAMPAIGN)) for _ in range(2)]
        ledgers[0].acquire(NOON)
        found: list[CommonLimits] = []
        for ledger in ledgers:
            limits = ledger.limits()
            assert limits is not None
            opened.callback(limits.close)
            found.append(limits)
        found[0].open([OpenedPace(name="relay", spacing=SPACING)], {})
        yield found


def raw(limits: CommonLimits) -> psycopg.Connection[tuple[float, ...]]:
    assert isinstance(limits, PostgresLimits)
    limits.clock()
    assert limits._raw is not None
    return limits._raw


# GCRA by the database's own function, at times that are played


def moments(
    limits: CommonLimits, next_at: float, asked_at: float, *, wanted: int, lead: float = 0.0, now: float = CLOCK
) -> tuple[float, int, float]:
    """What ``moments_at`` says: the first, how many, and when the next one would be."""
    row = raw(limits).execute(
        "SELECT first, letters, next FROM moments_at(%s::float8, %s::float8, %s::float8, %s, %s::float8, %s::float8, "
        "%s::float8)",
        (next_at, asked_at, SPACING, wanted, lead, AHEAD, now),
    ).fetchone()  # fmt: skip
    assert row is not None
    first, letters, next_ = row
    return first, int(letters), next_


def gcra(next_at: float, asked_at: float, *, wanted: int, lead: float, now: float) -> tuple[float, int, float]:
    """The same in other words: one moment after the other."""
    due = next_at - (asked_at - now) if now < asked_at else next_at
    first = moment = max(due, now + lead)
    letters = 0
    while letters < wanted and first + letters * SPACING <= now + AHEAD:
        letters += 1
        moment = first + letters * SPACING
    return first, letters, moment if letters else due


def test_who_asks_first_gets_what_is_left_and_no_moment_comes_twice(sessions: list[CommonLimits]) -> None:
    first, letters, next_at = moments(sessions[0], 0.0, 0.0, wanted=12, lead=0.05)
    assert (first, letters) == (CLOCK + 0.05, 12)
    assert next_at == pytest.approx(CLOCK + 0.05 + 12 * SPACING, abs=1e-6)
    again, letters, after = moments(sessions[1], next_at, CLOCK, wanted=100)
    assert again == next_at
    assert letters == int((AHEAD - 0.05) / SPACING) - 12 + 1  # and none later than that
    assert moments(sessions[0], after, CLOCK, wanted=12)[1:] == (0, after)


def test_a_moment_that_nobody_asked_for_is_lost(sessions: list[CommonLimits]) -> None:
    first, letters, _ = moments(sessions[0], CLOCK - 3600, CLOCK - 3600, wanted=500)
    assert first == CLOCK
    assert letters == int(AHEAD / SPACING) + 1


def test_a_clock_that_was_set_back_by_an_hour_stops_nobody(sessions: list[CommonLimits]) -> None:
    first, letters, _ = moments(sessions[0], CLOCK + 3600.2, CLOCK + 3600, wanted=3)
    assert first == pytest.approx(CLOCK + 0.2, abs=1e-6)
    assert letters == 3


@settings(max_examples=60, deadline=None)
@given(
    ahead=st.floats(-2, 0.4),
    asked=st.floats(-2, 2),
    wanted=st.integers(1, 60),
    lead=st.floats(0, 0.2),
)
def test_the_database_reckons_as_it_was_meant(
    gcra_session: CommonLimits, ahead: float, asked: float, wanted: int, lead: float
) -> None:
    facts = {"wanted": wanted, "lead": lead, "now": CLOCK}
    expected = gcra(CLOCK + ahead, CLOCK + asked, **facts)  # type: ignore[arg-type]
    found = moments(gcra_session, CLOCK + ahead, CLOCK + asked, **facts)  # type: ignore[arg-type]
    assert found[0] == pytest.approx(expected[0], abs=1e-5)
    assert abs(found[1] - expected[1]) <= 1  # the last one may be a rounding before the end, or after it
    assert found[2] == pytest.approx(found[0] + found[1] * SPACING if found[1] else expected[2], abs=1e-5)


@pytest.fixture(scope="module")
def gcra_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CommonLimits]:
    store = postgres_store(tmp_path_factory.mktemp("gcra"))
    with store.create(CAMPAIGN) as ledger:
        limits = ledger.limits()
        assert limits is not None
        yield limits
        limits.close()


@settings(max_examples=20, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 0.2), st.integers(1, 60), st.floats(0, 0.2)), min_size=20, max_size=60))
def test_no_second_has_more_than_the_rate(gcra_session: CommonLimits, asked: list[tuple[float, int, float]]) -> None:
    """Sessions ask at any times for any number; all moments of all of them."""
    now, next_at, asked_at = CLOCK, 0.0, 0.0
    given_out: list[float] = []
    for pause, wanted, lead in asked:
        now += pause
        first, letters, next_at = moments(gcra_session, next_at, asked_at, wanted=wanted, lead=lead, now=now)
        asked_at = now
        given_out += [first + number * SPACING for number in range(letters)]
        assert all(
            now + lead - 1e-6 <= moment <= now + AHEAD + 1e-6 for moment in given_out[len(given_out) - letters :]
        )
    assert given_out == sorted(given_out)
    assert max(sum(start <= each < start + 1 for each in given_out) for start in given_out) <= 200


# What sessions share


def test_two_sessions_that_ask_at_once_share_one_row(sessions: list[CommonLimits]) -> None:
    with raw(sessions[0]).transaction():
        taken = sessions[0].take("relay", 10, 0.0)
        waiting = raw(sessions[1]).execute("SET statement_timeout = '100ms'")
        assert waiting is not None
        with pytest.raises(Exception, match="timeout"):
            sessions[1].take("relay", 10, 0.0)  # it waits for its turn
    raw(sessions[1]).execute("SET statement_timeout = 0")
    other = sessions[1].take("relay", 10, 0.0)
    assert (taken.letters, other.letters) == (10, 10)
    assert other.first >= taken.first + 10 * SPACING - 1e-6


def test_moments_of_a_session_that_died_are_lost_and_no_others(sessions: list[CommonLimits]) -> None:
    dead = sessions[0].take("relay", 12, 0.0)
    sessions[0].close()
    found = sessions[1].take("relay", 200, 0.0)
    assert found.letters > 0
    assert found.first <= dead.first + 12 * SPACING + 1e-6 or found.first <= found.now + 1e-6


def test_a_relay_that_throttles_one_is_slower_for_all(sessions: list[CommonLimits]) -> None:
    sessions[0].slow("relay", 100.0, destination=False)
    sessions[1].slow("relay", 100.0, destination=False)  # in the same second: one complaint
    state = sessions[1].exchange({}).paces["relay"]
    assert state.share == pytest.approx(0.5, abs=0.01)
    assert sessions[1].take("relay", 1, 0.0).spacing == pytest.approx(2 * SPACING, rel=0.05)


def test_a_relay_without_a_rate_gets_that_of_all_when_it_throttles(sessions: list[CommonLimits]) -> None:
    sessions[0].open([OpenedPace(name="relay fast", spacing=0.0)])
    assert sessions[1].take("relay fast", 5, 0.0).letters == 0
    sessions[0].slow("relay fast", 80.0, destination=False)
    assert sessions[1].take("relay fast", 1, 0.0).spacing == pytest.approx(1 / 40, rel=0.05)


def test_a_destination_that_throttles_gets_a_pace_of_its_own(sessions: list[CommonLimits]) -> None:
    sessions[0].slow("destination slow.example", 10.0, destination=True)
    assert sessions[1].take("destination slow.example", 1, 0.0).spacing == pytest.approx(1 / 5, rel=0.05)
    sessions[0].open([OpenedPace(name="destination d.example", spacing=0.1, doubles=True)])
    sessions[0].slow("destination d.example", 4.0, destination=True)
    assert sessions[1].take("destination d.example", 1, 0.0).spacing == pytest.approx(1 / 2, rel=0.05)


def test_the_last_endings_of_all_are_known_to_all(sessions: list[CommonLimits]) -> None:
    sessions[0].exchange({"relay": Told(endings="A" * 150, in_doubt=0)})
    sessions[1].exchange({"relay": Told(endings="R" * 60 + "I", in_doubt=1)})
    state = sessions[0].exchange({"relay": Told()}).paces["relay"]
    assert (state.recent, state.in_doubt) == ("A" * 139 + "R" * 60 + "I", 1)


def test_a_quota_is_used_up_for_all(sessions: list[CommonLimits]) -> None:
    sessions[0].close_for("relay", 3600.0)
    sessions[1].close_for("relay", 60.0)  # the longer one counts
    assert sessions[1].exchange({}).paces["relay"].closed_for == pytest.approx(3600, abs=5)


def test_all_stop_for_the_first_reason(sessions: list[CommonLimits]) -> None:
    assert sessions[1].exchange({}).halt is None
    sessions[0].halt("The campaign paused itself.", StopCause.BREAKER)
    sessions[1].halt("Later.", StopCause.REPLY)
    assert sessions[1].exchange({}).halt == ("The campaign paused itself.", StopCause.BREAKER)
    sessions[0].open([], {})  # who confirms again begins anew
    assert sessions[1].exchange({}).halt is None


def wish(used: int = 0, begun: int = 0, wanted: int = 0) -> WindowWish:
    return WindowWish(used=used, begun=begun, wanted=wanted, limits=((100, 86400), (60, 3600)))


def test_a_window_holds_for_all_together(sessions: list[CommonLimits]) -> None:
    sessions[0].open([OpenedPace(name="relay", spacing=SPACING)], {"relay": [(0, 999), (int(CLOCK), 0)]})
    one, other = sessions
    assert one.hold("relay", wish(wanted=40)) == 40
    assert other.hold("relay", wish(wanted=40)) == 20  # of the tighter one
    assert one.hold("relay", wish(used=30, begun=10, wanted=40)) == 10
    assert other.hold("relay", wish()) == 0  # and gives it back
    assert one.hold("relay", wish(begun=10, wanted=40)) == 30
    assert sum(letters for _, letters in one.usage("relay") if letters != 999) == 30


def test_what_a_session_held_that_is_not_heard_of_counts_as_used(sessions: list[CommonLimits]) -> None:
    one, other = sessions
    assert one.hold("relay", wish(wanted=40)) == 40
    raw(one).execute("UPDATE all_window_hold SET at = at - 61 WHERE campaign = this_campaign()")
    assert other.hold("relay", wish(wanted=40)) == 20
    assert sum(letters for _, letters in other.usage("relay")) == 40
