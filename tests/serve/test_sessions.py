from __future__ import annotations

from mass_apology.flows.serve import sessions
from mass_apology.flows.serve.access_file import EVERY_ROLE
from mass_apology.flows.serve.rate_limit import Allowance, RateLimit
from mass_apology.flows.serve.sessions import Sessions, Visitor

ANNA = Visitor(name="Anna", roles=EVERY_ROLE)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_session_ends_when_it_is_not_used_and_after_a_shift() -> None:
    clock = Clock()
    kept = Sessions(clock)
    token = kept.begin(ANNA)
    for _ in range(3):
        clock.now += sessions.IDLE_SECONDS - 1
        assert kept.find(token) is not None
    clock.now += sessions.IDLE_SECONDS + 1
    assert kept.find(token) is None
    token = kept.begin(ANNA)
    while (found := kept.find(token)) is not None:
        assert clock.now - found.began_at <= sessions.LONGEST_SECONDS
        clock.now += 600


def test_a_link_begins_one_session_within_its_time() -> None:
    clock = Clock()
    kept = Sessions(clock)
    link = kept.new_link()
    assert not kept.redeem("another")
    assert kept.redeem(link)
    assert not kept.redeem(link)
    late = kept.new_link()
    clock.now += sessions.LINK_SECONDS
    assert not kept.redeem(late)


def test_tokens_are_long_and_no_two_are_alike_and_none_is_kept() -> None:
    kept = Sessions()
    tokens = {kept.begin(ANNA) for _ in range(100)} | {kept.new_link() for _ in range(100)}
    assert len(tokens) == 200
    assert min(map(len, tokens)) >= 43
    assert not any(token in repr(vars(kept)) for token in tokens)


def test_one_person_has_only_so_many_and_takes_none_of_another() -> None:
    clock = Clock()
    kept = Sessions(clock)
    ola = kept.begin(Visitor(name="Ola", roles=EVERY_ROLE))
    tokens = []
    for _ in range(sessions.MOST_OF_ONE + 1):
        clock.now += 1
        tokens.append(kept.begin(ANNA))
    assert kept.find(tokens[0]) is None
    assert kept.find(tokens[-1]) is not None
    assert kept.find(ola) is not None


def test_the_least_used_session_gives_way(monkeypatch) -> None:
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 3)
    clock = Clock()
    kept = Sessions(clock)
    tokens = []
    for _ in range(4):
        clock.now += 1
        tokens.append(kept.begin(ANNA))
    assert [kept.find(token) is not None for token in tokens] == [False, True, True, True]


def test_a_bucket_fills_again() -> None:
    limit = RateLimit(Allowance(burst=3, per_second=1.0))
    assert [limit.allows("a", 0.0) for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b", 0.0)
    assert limit.allows("a", 1.0)
    assert not limit.allows("a", 1.5)
