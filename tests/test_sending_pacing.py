"""Rates, windows, back-off, growth and the breaker, with time and chance as plain numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.sending import pacing
from mass_apology.sending.pacing import Ending
from mass_apology.settings import Rate, parse_duration, parse_rate


def slots(pace: pacing.Pace, arrivals: list[float]) -> list[float]:
    taken = []
    for now in arrivals:
        pace, slot = pacing.reserve_slot(pace, max(now, taken[-1] if taken else now))
        taken.append(slot)
    return taken


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("50/s", Rate(letters=50, seconds=1)),
        ("30/min", Rate(letters=30, seconds=60)),
        ("10000/day", Rate(letters=10000, seconds=86400)),
        ("unlimited", None),
    ],
)
def test_rates_are_read(text: str, rate: Rate | None) -> None:
    assert parse_rate(text) == rate


@pytest.mark.parametrize("text", ["", "50", "0/s", "-1/s", "50 /s", "50/second", "5.5/s", "٥٠/s"])
def test_what_is_no_rate_says_what_is(text: str) -> None:
    with pytest.raises(ValueError, match="is no rate; '50/s'"):
        parse_rate(text)


def test_durations_are_read() -> None:
    assert parse_duration("72 hours") == 72 * 3600
    assert parse_duration("1 day") == 86400
    with pytest.raises(ValueError, match="is no duration"):
        parse_duration("soon")


@given(
    rate=st.integers(1, 500),
    pauses=st.lists(st.floats(0, 3), min_size=1, max_size=200),
)
def test_no_second_sees_more_than_the_rate_plus_one(rate: int, pauses: list[float]) -> None:
    arrivals = [sum(pauses[: index + 1]) for index in range(len(pauses))]
    taken = slots(pacing.pace_of(Rate(letters=rate, seconds=1)), arrivals)
    worst = max(sum(start <= slot < start + 1 for slot in taken) for start in taken)
    assert worst <= rate + 1


def test_a_busy_pace_reaches_its_rate() -> None:
    taken = slots(pacing.pace_of(Rate(letters=200, seconds=1)), [0.0] * 2001)
    assert taken[-1] == pytest.approx(10.0)


def test_with_slack_late_takers_still_reach_the_rate() -> None:
    """A timer that is always a little late must not become a rate that is always a little low."""
    pace, now, taken = pacing.pace_of(Rate(letters=200, seconds=1)), 0.0, 0
    while now < 10.0:
        pace, slot = pacing.reserve_slot(pace, now, slack=0.2)
        now = max(now, slot, pace.next_slot) + 0.001
        taken += 1
    assert 1950 < taken <= 2000 + 0.2 * 200


def test_an_unlimited_pace_never_waits() -> None:
    assert slots(pacing.pace_of(None), [1.0, 1.0, 1.0]) == [1.0, 1.0, 1.0]


def test_throttling_halves_the_rate_once_per_round_trip_and_it_climbs_back() -> None:
    pace = pacing.pace_of(Rate(letters=100, seconds=1))
    slowed = pacing.slow_down(pace, 10.0, round_trip=1.0, observed_rate=100.0)
    assert pacing.current_share(slowed, 10.0) == 0.5
    assert pacing.slow_down(slowed, 10.5, round_trip=1.0, observed_rate=100.0) == slowed
    again = pacing.slow_down(slowed, 11.0, round_trip=1.0, observed_rate=100.0)
    assert pacing.current_share(again, 11.0) == pytest.approx(0.25, abs=0.01)
    assert pacing.current_share(again, 11.0 + pacing.CLIMB_SECONDS) == 1.0


def test_an_unlimited_pace_is_limited_by_what_the_relay_took_when_it_complained() -> None:
    slowed = pacing.slow_down(pacing.pace_of(None), 0.0, round_trip=1.0, observed_rate=80.0)
    taken = slots(slowed, [0.0] * 41)
    assert taken[-1] == pytest.approx(1.0, rel=0.02)


@given(
    limit=st.integers(1, 50),
    counts=st.lists(st.tuples(st.integers(0, 300), st.integers(1, 10)), max_size=40),
)
def test_a_window_never_allows_more_than_its_limit_in_any_stretch(limit: int, counts: list[tuple[int, int]]) -> None:
    """Replay: take what the window allows at each moment; no sliding hour ever holds more than the limit."""
    hour = Rate(letters=limit, seconds=3600)
    usage: dict[int, int] = {}
    moments: list[float] = []
    now = 0.0
    for pause, wanted in counts:
        now += pause * 20
        allowed = pacing.remaining_window(hour, sorted(usage.items()), now)
        taken = min(wanted, allowed.remaining)
        minute = int(now // 60 * 60)
        usage[minute] = usage.get(minute, 0) + taken
        moments += [now] * taken
    assert all(sum(start <= moment < start + 3600 for moment in moments) <= limit for start in moments)


def test_a_full_window_says_when_it_reopens() -> None:
    hour = Rate(letters=10, seconds=3600)
    closed = pacing.remaining_window(hour, [(0, 4), (60, 6)], 120.0)
    assert closed == pacing.Window(remaining=0, reopens_at=60 + 3600)
    assert pacing.remaining_window(hour, [(0, 4), (60, 6)], 60 + 3600).remaining == 4
    assert pacing.remaining_window(hour, [(0, 4), (60, 6)], 120 + 3600).remaining == 10


@given(attempts=st.integers(1, 500), chance=st.floats(0, 1, exclude_max=True))
def test_waits_stay_between_least_and_cap(attempts: int, chance: float) -> None:
    for backoff in (pacing.LETTER, pacing.GREYLISTED, pacing.CONNECTION, pacing.RELAY):
        assert backoff.least <= pacing.backoff_seconds(backoff, attempts, chance) <= backoff.cap


def test_waits_double() -> None:
    longest = [pacing.backoff_seconds(pacing.LETTER, attempts, 0.999999) for attempts in (1, 2, 3, 4, 9)]
    assert longest == pytest.approx([300, 600, 1200, 2400, 3600], rel=1e-3)


def test_connections_grow_with_success_and_shrink_with_throttling() -> None:
    concurrency = pacing.starting_concurrency(20)
    letters = 0
    while concurrency.allowed < 20:
        concurrency = pacing.grow(concurrency)
        letters += 1
    assert 150 < letters < 220  # 2 + 3 + … + 19: one more connection for as many letters as there are connections
    assert pacing.shrink(concurrency).allowed == 10
    assert pacing.one_fewer(pacing.shrink(concurrency)) == pacing.Concurrency(allowed=9, limit=9)
    assert pacing.one_fewer(pacing.starting_concurrency(1)).allowed == 1


def test_the_breaker_waits_for_evidence_then_names_its_figures() -> None:
    def verdict(recent: list[Ending], in_doubt: int = 0) -> str | None:
        return pacing.breaker_trip(recent, in_doubt, 10, refusals=0.05, deferrals=0.25)

    refused, accepted, deferred = Ending.REFUSED, Ending.ACCEPTED, Ending.DEFERRED
    assert verdict([refused] * 19) is None
    assert verdict([accepted] * 190 + [refused] * 10) is None
    assert verdict([accepted] * 189 + [refused] * 11) == "11 of the last 200 letters were refused, more than 5%."
    assert verdict([accepted] * 149 + [deferred] * 51) == "51 of the last 200 letters were deferred, more than 25%."
    assert verdict([], in_doubt=10) is None
    assert verdict([], in_doubt=11) == "11 letters are in doubt, more than there are connections."


@pytest.mark.parametrize(("letters", "canary"), [(0, 0), (5, 5), (500, 20), (5_000, 50), (1_000_000, 200)])
def test_the_canary_is_one_percent_within_bounds(letters: int, canary: int) -> None:
    assert pacing.canary_size(letters) == canary


def test_the_finish_time_is_set_by_the_tightest_limit() -> None:
    rate = Rate(letters=10, seconds=1)
    day = Rate(letters=1000, seconds=86400)
    assert pacing.finish_time(500, rate, [], 0.0) == 50.0
    assert pacing.finish_time(2500, rate, [(day, 1000)], 0.0) == 2 * 86400
    assert pacing.finish_time(500, None, [], 0.0) is None
