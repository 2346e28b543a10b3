"""When all will have left, what holds it up, and what would be sooner."""

from __future__ import annotations

import pytest

from mass_apology.sending.verdict import Load, RelayCapacity, Verdict, WindowUse, verdict
from mass_apology.settings import Rate

HOUR, DAY = Rate(letters=100, seconds=3600), Rate(letters=1000, seconds=86400)
BOTH = frozenset({0, 1})
FIRST = frozenset({0})


def clock(at: float) -> str:
    return f"{at:.0f} s"


def one(letters: int, **relay: object) -> Verdict:
    return verdict([RelayCapacity(name="a", **relay)], [Load(letters=letters, relays=FIRST)], 0.0)


def test_a_rate_alone() -> None:
    found = one(500, rate=10.0)
    assert found.finish_at == pytest.approx(50.0)
    assert found.sentence(clock) == "All out by 50 s; the rate of a holds you."


def test_without_a_limit_there_is_no_end() -> None:
    assert one(10**6) == Verdict()
    assert one(0, rate=1.0) == Verdict()
    assert Verdict().sentence(clock) == ""


def test_letters_that_no_relay_takes_have_no_end() -> None:
    assert one(5, rate=1.0, usable=False) == Verdict()


def test_a_window_lets_the_rest_go_when_it_reopens() -> None:
    found = one(2500, rate=10.0, windows=(WindowUse(limit=DAY),))
    assert found.finish_at == pytest.approx(2 * 86400 + 50 + 120, abs=130)  # minutes leave the window as a whole
    assert found.held_by == "the window of a (1000/day)"


def test_what_was_used_before_counts() -> None:
    used = WindowUse(limit=HOUR, usage=((0, 60), (1200, 30)))
    assert one(60, rate=10.0, windows=(used,)).finish_at == pytest.approx(3600 + 60 + 5, abs=61)


def test_several_relays_share_the_letters() -> None:
    relays = [RelayCapacity(name="a", rate=10.0), RelayCapacity(name="b", rate=30.0)]
    assert verdict(relays, [Load(letters=400, relays=BOTH)], 100.0).finish_at == pytest.approx(110.0)


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ("a", "the rate of a holds you"),
        ("ab", "the rates of a and b hold you"),
        ("abc", "the rates of a, b and c hold you"),
    ],
)
def test_one_holds_and_several_hold(names: str, said: str) -> None:
    relays = [RelayCapacity(name=name, rate=10.0) for name in names]
    found = verdict(relays, [Load(letters=900, relays=frozenset(range(len(names))))], 0.0)
    assert found.sentence(clock).endswith(f"; {said}.")


def test_another_relay_would_be_sooner() -> None:
    relays = [RelayCapacity(name="a", rate=1.0), RelayCapacity(name="b", rate=100.0)]
    found = verdict(relays, [Load(letters=600, relays=FIRST), Load(letters=100, relays=frozenset({1}))], 0.0)
    assert found.sentence(clock) == "All out by 600 s; the rate of a holds you; with b by 7 s."


def test_a_relay_that_cannot_be_reached_would_be_sooner() -> None:
    relays = [RelayCapacity(name="a", rate=1.0), RelayCapacity(name="b", rate=1.0, usable=False)]
    found = verdict(relays, [Load(letters=600, relays=BOTH)], 0.0)
    assert (found.finish_at, found.sooner_with, found.sooner_at) == (pytest.approx(600), "b", pytest.approx(300))


def test_a_slow_destination_ends_last_and_the_others_lose_nothing() -> None:
    loads = [
        Load(letters=900, relays=FIRST),
        Load(letters=100, relays=FIRST, pace=1.0, destination="slow.example"),
    ]
    found = verdict([RelayCapacity(name="a", rate=50.0)], loads, 0.0)
    assert (found.finish_at, found.held_by) == (pytest.approx(100.0, abs=2), "the pace of slow.example")


def test_a_relay_that_may_be_used_later() -> None:
    found = one(100, rate=10.0, from_=3600.0)
    assert found.finish_at == pytest.approx(3610.0)


def test_a_million_letters_through_a_small_window_are_reckoned_in_no_time() -> None:
    used = tuple((minute * 60, 1) for minute in range(1440))
    found = one(10**6, rate=0.5, windows=(WindowUse(limit=Rate(letters=10_000, seconds=86400), usage=used),))
    assert found.finish_at == pytest.approx(100 * 86400, rel=0.03)
