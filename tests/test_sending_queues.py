"""Which letter goes next through which relay: queues, routes, paces and shares, in virtual time."""

from __future__ import annotations

from math import inf

import pytest
from msgspec.structs import replace
from smtp_fakes import message

from mass_apology.model import Message
from mass_apology.relay_settings import RelaySettings
from mass_apology.sending.answer_watch import STALLED, AnswerWatch
from mass_apology.sending.gate import Gate, relay_rule
from mass_apology.sending.ready_letters import Expiry, LetterQueues, ParkedLetters, ReadyLetter
from mass_apology.sending.relay_shares import AHEAD, Shares
from mass_apology.sending.routing import RECOVERY, SLOWEST, DestinationPace, Routing

VALID = Expiry(0.0, -inf)


def relay(name: str, **settings: object) -> RelaySettings:
    return RelaySettings(name=name, url="smtp+plain://127.0.0.1", **settings)


def letter(number: int, domain: str = "example.org", **delivery: object) -> Message:
    made = message(number, address=f"c{number}@{domain}")
    return replace(made, delivery=replace(made.delivery, **delivery))


def ready(*letters: Message) -> list[ReadyLetter]:
    return [ReadyLetter(each, inf, 0.0) for each in letters]


def popped(queues: LetterQueues, relay: int, now: float = 0.0, **facts: frozenset[int]) -> int | None:
    found = queues.pop(relay, now, **facts)
    return None if found is None else found.message.delivery.id


def admitted(queues: LetterQueues, *letters: Message) -> list[int]:
    return [each.id for each, _ in queues.admitted([(one.delivery, inf) for one in letters])]


A_AND_B = [relay("a", for_=("gmail.com",)), relay("b")]


def test_a_relay_takes_the_oldest_letter_that_it_may_take() -> None:
    queues = LetterQueues(Routing(A_AND_B), 100)
    queues.push(ready(letter(1), letter(2, "gmail.com"), letter(3), letter(4, "gmail.com")))
    assert [popped(queues, 0), popped(queues, 0), popped(queues, 0)] == [2, 4, None]
    queues.push_front(ready(letter(5)))
    assert [popped(queues, 1) for _ in range(4)] == [5, 1, 3, None]
    assert len(queues) == 0


def test_letters_that_were_tried_go_before_the_others() -> None:
    queues = LetterQueues(Routing(A_AND_B), 100)
    queues.push(ready(letter(1), letter(2, attempts=1), letter(3)))
    assert [popped(queues, 1) for _ in range(3)] == [2, 1, 3]


def test_a_letter_that_was_in_doubt_goes_through_its_relay_alone() -> None:
    routing = Routing(A_AND_B)
    assert routing.relays(letter(1, relay="a").delivery) == {0}
    assert routing.relays(letter(1, relay="gone").delivery) == frozenset()
    assert routing.relays(letter(1).delivery) == {1}
    assert Routing([relay("only")]).relays(letter(1, relay="gone").delivery) == {0}  # the gate holds it back


def test_the_gate_holds_a_letter_back_whose_relay_is_gone() -> None:
    letters = [letter(1, relay="a").delivery, letter(2, relay="gone").delivery, letter(3).delivery]
    result = Gate([relay_rule(["a", "b"])]).check(letters, 0.0)
    assert [each.id for each, _ in result.allowed] == [1, 3]
    assert [each.id for each in result.later] == [2]


def test_a_relay_that_is_given_up_leaves_its_letters_to_others_or_to_a_later_run() -> None:
    routing = Routing([relay("a", for_=("gmail.com",)), relay("b", except_=("gmail.com",)), relay("c")])
    queues = LetterQueues(routing, 16)
    letters = [letter(number, ("gmail.com", "example.org")[number % 2]) for number in range(40)]
    first = admitted(queues, *letters)
    queues.push(ready(*(each for each in letters if each.delivery.id in first)))
    parked = queues.parked
    for number in (0, 2):
        routing.drop(number)
        queues.drop(number)
    assert 0 < queues.parked < parked
    assert admitted(queues, letter(50, "gmail.com")) == []
    assert popped(queues, 2) is None
    assert popped(queues, 1) == 1


def test_what_others_can_take() -> None:
    routing = Routing([relay("a", for_=("gmail.com",)), relay("b"), relay("c", except_=("gmail.com",))])
    assert routing.can_do_without(0, frozenset({1}))
    assert routing.can_do_without(2, frozenset({1}))
    assert not routing.can_do_without(1, frozenset({2}))
    assert routing.can_do_without(1, frozenset({0, 2}))


def test_a_queue_takes_its_share_of_the_places_and_parks_the_rest() -> None:
    queues = LetterQueues(Routing(A_AND_B), 32)
    many = [letter(number, "gmail.com") for number in range(100)]
    assert admitted(queues, *many) == list(range(16))
    assert queues.parked == 84
    assert admitted(queues, letter(200)) == [200]  # nobody else waits behind them
    assert admitted(queues, letter(300, "gmail.com", attempts=2)) == [300]  # it has waited already
    assert queues.take_parked(10) == []
    queues.push(ready(*many[:16]))
    for _ in range(12):
        popped(queues, 0)
    assert queues.take_parked(10) == list(range(16, 26))
    assert queues.parked == 74


def test_parked_letters_keep_their_order() -> None:
    parked, others = ParkedLetters(), ParkedLetters()
    for number in range(10):
        parked.add(number)
    assert parked.take(3) == [0, 1, 2]
    others.add(99)
    parked.extend(others)
    assert len(parked) == 8
    assert parked.take(100) == [3, 4, 5, 6, 7, 8, 9, 99]
    assert len(parked) == 0


def test_the_gate_is_asked_again_about_letters_that_may_go_and_not_about_those_that_wait() -> None:
    queues = LetterQueues(Routing(A_AND_B), 100)
    queues.push([ReadyLetter(letter(1), 5.0, 0.0), ReadyLetter(letter(2, "gmail.com"), 5.0, 0.0)])
    assert queues.take_expired(0, 0.0, VALID) == []
    (expired,) = queues.take_expired(0, 0.0, Expiry(6.0, -inf))
    assert expired.delivery.id == 2
    assert len(queues) == 1


def test_weights_are_kept_where_both_could_take_a_letter() -> None:
    shares, taken = Shares([3, 1]), [0, 0]
    for turn in range(400):
        number = turn % 2
        if not shares.first(number, [1 - number]):
            shares.took(number, [1 - number])
            taken[number] += 1
    assert 2.5 < taken[0] / taken[1] < 3.5


def test_a_relay_that_could_not_take_letters_has_no_claim_to_them_afterwards() -> None:
    shares = Shares([3, 1])
    for _ in range(100):
        assert not shares.first(1, [])
        shares.took(1, [])
    for _ in range(AHEAD):
        assert not shares.first(1, [0])
        shares.took(1, [0])


def test_a_relay_leaves_a_letter_to_those_before_it_only_where_they_may_take_it() -> None:
    queues = LetterQueues(Routing(A_AND_B), 100)
    queues.push(ready(letter(1), letter(2, "gmail.com")))
    assert popped(queues, 1, yields_to=frozenset({0})) == 1
    assert popped(queues, 1, yields_to=frozenset({0})) is None
    assert popped(queues, 1) == 2


class TestDestinationPace:
    def test_a_rate_spaces_letters_out(self) -> None:
        pace = DestinationPace(rate=2.0)
        assert pace.seconds_until_start(10.0) is None
        pace.begin(10.0)
        assert pace.seconds_until_start(10.1) == pytest.approx(0.4)
        assert pace.seconds_until_start(10.6) is None

    def test_connections_bound_what_is_on_its_way(self) -> None:
        pace = DestinationPace(connections=2)
        pace.begin(0.0)
        pace.begin(0.0)
        assert pace.seconds_until_start(0.0) == inf
        pace.end()
        assert pace.seconds_until_start(0.0) is None

    def test_processes_divide_the_connections_and_each_has_one(self) -> None:
        pace = DestinationPace(connections=5)
        pace.divide(2)
        pace.begin(0.0)
        assert pace.seconds_until_start(0.0) is None
        pace.begin(0.0)
        assert pace.seconds_until_start(0.0) == inf
        pace.end()
        pace.end()
        pace.divide(9)
        assert pace.seconds_until_start(0.0) is None

    def test_a_destination_that_throttles_gets_half_each_time_and_recovers(self) -> None:
        pace = DestinationPace()
        pace.slow_down(0.0, 400.0)
        first = pace.rate(0.0)
        assert 1 < first < 100
        pace.slow_down(0.5, 400.0)  # the same complaint
        assert pace.rate(0.5) == pytest.approx(first, rel=0.02)
        pace.slow_down(2.0, 400.0)
        assert pace.rate(2.0) == pytest.approx(first / 2, rel=0.05)
        assert pace.rate(2.0 + RECOVERY) == pytest.approx(first, rel=0.05)
        for second in range(10, 60):
            pace.slow_down(float(second), 400.0)
        assert pace.rate(59.0) == pytest.approx(SLOWEST)
        assert pace.rate(1e9) > 1e9

    def test_it_never_exceeds_what_the_campaign_says(self) -> None:
        pace = DestinationPace(rate=1.0)
        pace.slow_down(0.0, 1000.0)
        assert pace.rate(0.0) == pytest.approx(0.5)
        assert pace.rate(1e6) == 1.0


def test_a_destination_that_throttles_gets_a_queue_of_its_own() -> None:
    routing = Routing([relay("only")])
    routing.slow_down(letter(9, "slow.example").delivery, 0.0, 20.0)
    queues = LetterQueues(routing, 100, ready(letter(1), letter(2, "slow.example"), letter(3)))
    assert [popped(queues, 0), popped(queues, 0), popped(queues, 0)] == [1, 3, None]
    assert queues.seconds_until(0, 0.0) == pytest.approx(1.0, rel=0.2)
    assert popped(queues, 0, 5.0) == 2
    assert not queues.ended(letter(2, "slow.example"))


class TestAnswers:
    def test_a_relay_that_answers_is_not_stalled(self) -> None:
        watch = AnswerWatch()
        assert not watch.is_stalled(1e9)
        watch.begin(1, 0.0)
        watch.begin(2, 2.0)
        assert not watch.is_stalled(STALLED)
        watch.hand_over(1, 2.9)
        assert not watch.is_stalled(STALLED + 2)
        assert watch.is_stalled(STALLED + 3)
        watch.end(2, 6.5)
        assert not watch.is_stalled(1e9)  # what was handed over waits for its reply, however long

    def test_a_slow_relay_gets_twice_the_time_of_its_slowest_letter(self) -> None:
        watch = AnswerWatch()
        watch.begin(1, 0.0)
        watch.hand_over(1, 1.0)
        watch.end(1, 11.0)
        watch.begin(2, 11.0)
        assert not watch.is_stalled(30.0)
        assert watch.is_stalled(31.1)
