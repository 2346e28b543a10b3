"""When refusals are about us after all, as values: no relay, no clock."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest

from mass_apology.model import Delivery, Mark, NoReply, Outcome, Phase, Problem, Status
from mass_apology.sending.decisions import Decision, Effect, decide
from mass_apology.sending.refusals_in_a_row import (
    CANARIES,
    DOMAINS,
    LETTERS,
    Refusals,
    check_refusals,
    reopen_row,
)
from mass_apology.smtp.replies import classify, parse_reply

BLOCKED = "554 5.7.1 <{address}>: nothing for you (ticket {number})"
ACCEPTED = "250 2.0.0 Ok: queued as {number}A"
DEAD = "550 5.1.1 user unknown"
SPAM = "554 5.7.1 Message {number} rejected as spam"


class History:
    """Feeds a run's outcomes in, and keeps the statuses as the ledger would."""

    def __init__(self) -> None:
        self.statuses: dict[int, Status] = {}
        self.decisions: list[Decision] = []
        self._refusals = Refusals()

    def hear(self, number: int, said: str, *, domain: str | None = None, canary: bool = False) -> Decision:
        delivery = _delivery(number, domain or f"d{number}.example")
        outcome = _outcome(said.format(address=delivery.address, number=number))
        verdict = classify(outcome)
        decision = decide(delivery, outcome, verdict, now=100.0, chance=0.5, give_up_at=1e9)
        checked = check_refusals(self._refusals, decision, delivery, outcome, verdict, canary=canary, chance=0.5)
        self._refusals = checked.refusals
        self._apply([letter.mark for letter in checked.reopened])
        self._apply([checked.decision.mark])
        self.decisions.append(checked.decision)
        return checked.decision

    def hear_all(self, said: Sequence[str], **facts: object) -> None:
        for number, each in enumerate(said, 1):
            self.hear(number, each, **facts)

    def pause(self) -> None:
        self._refusals, letters = reopen_row(self._refusals, now=200.0, chance=0.5)
        self._apply([letter.mark for letter in letters])

    def _apply(self, marks: Iterable[Mark]) -> None:
        for mark in marks:
            before = self.statuses.get(mark.delivery)
            assert before in {None, Status.REFUSED, Status.DEFERRED}
            assert before is not Status.DEFERRED or mark.status is Status.DEFERRED, "taken back twice"
            assert (mark.due_at is not None) is (mark.status is Status.DEFERRED)
            self.statuses[mark.delivery] = mark.status

    @property
    def stopped(self) -> list[int]:
        """At which letters it stopped, counted from 1."""
        return [n for n, decision in enumerate(self.decisions, 1) if decision.effect is Effect.STOP]


def _delivery(number: int, domain: str) -> Delivery:
    return Delivery(
        id=number,
        address=f"customer{number}@{domain}",
        name="",
        language="en",
        time_zone="",
        lines="[2]",
        rows="[{}]",
        message_id=f"<letter{number}@acme.example>",
    )


def _outcome(said: str) -> Outcome:
    if said.endswith("octets, and it takes 2000"):
        return Outcome(phase=Phase.MAIL, problem=Problem(NoReply.TOO_LARGE, said))
    return Outcome(phase=Phase.DOT, reply=parse_reply([said.encode()]), dot_written=True)


def test_the_same_words_to_several_domains_stop_the_run_and_refuse_nobody() -> None:
    history = History()
    history.hear_all([BLOCKED] * DOMAINS)
    assert history.stopped == [DOMAINS]
    assert set(history.statuses.values()) == {Status.DEFERRED}
    assert "the same permanent answer" in history.decisions[-1].sentence
    assert "nothing for you" in history.decisions[-1].sentence


def test_within_one_domain_it_takes_more_letters() -> None:
    history = History()
    history.hear_all([BLOCKED] * LETTERS, domain="one.example")
    assert history.stopped == [LETTERS]
    assert set(history.statuses.values()) == {Status.DEFERRED}


def test_letters_on_their_way_when_it_stopped_are_not_refused_either() -> None:
    history = History()
    history.hear_all([BLOCKED] * (DOMAINS + 6))
    assert set(history.statuses.values()) == {Status.DEFERRED}


def test_dead_addresses_stay_refused_however_many_there_are() -> None:
    history = History()
    history.hear_all([DEAD] * 30)
    assert history.stopped == []
    assert set(history.statuses.values()) == {Status.REFUSED}


def test_dead_addresses_in_between_do_not_interrupt_a_row() -> None:
    history = History()
    history.hear_all([BLOCKED, DEAD, BLOCKED, DEAD, BLOCKED])
    assert history.stopped == [5]
    assert [history.statuses[n] is Status.REFUSED for n in range(1, 6)] == [False, True, False, True, False]


def test_somebody_accepted_in_between_begins_a_new_row() -> None:
    history = History()
    history.hear_all([BLOCKED, BLOCKED, ACCEPTED] * 5)
    assert history.stopped == []
    assert history.statuses[1] is Status.REFUSED


def test_other_words_begin_a_new_row() -> None:
    history = History()
    history.hear_all([BLOCKED, SPAM] * 5)
    assert history.stopped == []
    history.hear(11, SPAM)
    history.hear(12, SPAM)
    assert history.stopped == [12]


def test_one_person_refused_again_and_again_is_no_row() -> None:
    history = History()
    for _ in range(LETTERS + 1):
        history.hear(1, "554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.example")
    assert history.stopped == []


def test_a_blocked_host_stays_due_and_stops_the_run() -> None:
    history = History()
    history.hear_all(
        ["554 5.7.1 Service unavailable; Client host [192.0.2.{number}] blocked using zen.example"] * DOMAINS
    )
    assert history.stopped == [DOMAINS]
    assert set(history.statuses.values()) == {Status.DEFERRED}


CONTENT = ["552 5.3.4 Message {number} too big", "554 5.6.0 Malformed header {number}", "552 5.7.0 Blocked content"]
TOO_BIG = "{number}345 octets, and it takes 2000"


@pytest.mark.parametrize("said", [*CONTENT, TOO_BIG])
def test_one_canary_letter_refused_for_its_content_is_set_aside(said: str) -> None:
    history = History()
    history.hear_all([ACCEPTED, said, ACCEPTED, ACCEPTED], canary=True)
    assert history.stopped == []
    assert history.statuses[2] is Status.REFUSED


@pytest.mark.parametrize("said", [*CONTENT, TOO_BIG])
def test_several_canary_letters_refused_for_their_content_stop_the_run_and_are_due_again(said: str) -> None:
    history = History()
    history.hear_all([said, ACCEPTED] * CANARIES, canary=True)
    assert history.stopped == [2 * CANARIES - 1]
    assert [history.statuses[n] for n in range(1, 2 * CANARIES, 2)] == [Status.DEFERRED] * CANARIES
    assert "refused for their content" in history.decisions[2 * CANARIES - 2].sentence


def test_an_unfinished_row_is_due_again_when_the_breaker_pauses_the_run() -> None:
    history = History()
    history.hear_all([SPAM, ACCEPTED, DEAD, BLOCKED, BLOCKED])
    history.pause()
    history.hear(6, BLOCKED)  # was on its way
    history.hear(7, SPAM)
    refused = {number for number, status in history.statuses.items() if status is Status.REFUSED}
    assert refused == {1, 3}


def test_letters_too_large_after_the_canary_are_refused_one_by_one() -> None:
    history = History()
    history.hear_all([TOO_BIG] * 9)
    assert history.stopped == []
    assert set(history.statuses.values()) == {Status.REFUSED}
