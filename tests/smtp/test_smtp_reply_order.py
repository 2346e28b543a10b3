"""Relays that answer what stands behind a dot before the dot: found out, served in lock-step; nothing lost or twice."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from smtp_fakes import FakeSource, FaultyConversation, Relay, deliver, message
from test_smtp_transaction import check_books

from mass_apology.model import Phase, Status
from mass_apology.smtp.replies import classify, parse_reply
from mass_apology.smtp.reply_order import GROUP, dot_reply, is_suspicious
from mass_apology.smtp.reply_verdicts import Kind
from mass_apology.smtp.sink import SinkConversation, SinkSettings

ENVELOPE = {Phase.MAIL: (None, "Sender ok"), Phase.RCPT: (None, "Recipient ok")}
OK_TO_ALL = dict.fromkeys(ENVELOPE, (None, "OK"))

Wording = Callable[[str], bytes | None]


def disordered(late_by: int, wording: Wording = lambda _: None, *, first: int = 1) -> Relay:
    """A relay whose replies to the dot come so many replies late, from its n-th dot on."""
    dots = 0

    def fault(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        nonlocal dots
        if verb == ".":
            dots += 1
            conversation.dot_late_by = late_by if dots >= first else 0
            if wording(verb) is None:
                return None
            if b"refuse" in argument:
                return wording(verb)
        said = None if verb == "." else wording(verb)
        if said is not None:
            SinkConversation.respond(conversation, verb, argument)
        return said

    return Relay(SinkSettings(), fault)


def letters(count: int, *, refused: int = 0) -> FakeSource:
    body = b"Subject: x\r\n\r\n%s\r\n"
    return FakeSource(message(n, body % (b"refuse" if n == refused else b"Sorry.")) for n in range(1, count + 1))


def statuses(source: FakeSource) -> dict[int, Status]:
    return {number: classify(outcome).status for number, outcome in source.outcomes.items()}


@pytest.mark.parametrize("late_by", [1, 2, 3])
@pytest.mark.parametrize("first", [1, 4])
def test_a_dot_answered_late_is_found_and_the_relay_is_served_in_lock_step(run_loop, late_by, first) -> None:
    relay, source = disordered(late_by, first=first), letters(9)
    run_loop(deliver(relay, source))
    check_books(source, relay)
    assert relay.numbers == list(range(1, 10))
    assert set(statuses(source).values()) == {Status.ACCEPTED}
    assert {outcome.reply.text for outcome in source.outcomes.values()} == {"Accepted"}  # the dot's, and no other's
    assert relay.verbs.count("EHLO") == 2  # one connection was given up, and no other
    assert sum(source.backs.values()) == 1


@pytest.mark.parametrize("late_by", [1, 2, 3])
def test_a_letter_refused_late_is_refused_and_the_next_one_is_not(run_loop, late_by) -> None:
    def wording(verb: str) -> bytes | None:
        return b"552 5.3.4 Too big" if verb == "." else None

    relay, source = disordered(late_by, wording), letters(5, refused=2)
    run_loop(deliver(relay, source))
    assert source.outcomes[2].reply.code == 552
    assert source.outcomes[2].phase is Phase.DOT
    assert {number for number, status in statuses(source).items() if status is not Status.ACCEPTED} == {2}
    assert relay.numbers == [1, 3, 4, 5]


@pytest.mark.parametrize("late_by", [1, 2, 3])
def test_without_enhanced_codes_the_words_tell(run_loop, late_by) -> None:
    def wording(verb: str) -> bytes | None:
        return {"MAIL": b"250 OK", "RCPT": b"250 Recipient fine", ".": b"554 Cannot take it"}.get(verb)

    relay, source = disordered(late_by, wording), letters(5, refused=3)
    run_loop(deliver(relay, source))
    assert source.outcomes[3].reply.code == 554
    assert {number for number, status in statuses(source).items() if status is not Status.ACCEPTED} == {3}
    assert relay.numbers == [1, 2, 4, 5]


def test_a_relay_that_says_ok_to_everything_in_order_keeps_its_groups(run_loop) -> None:
    received: list[bytes] = []

    def ok(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb in {"MAIL", "RCPT"}:
            SinkConversation.respond(conversation, verb, argument)
            return b"250 OK"
        if verb == ".":
            received.append(argument)
            return b"250 OK"
        return None

    relay, source = Relay(fault=ok), letters(8)
    run_loop(deliver(relay, source))
    assert set(statuses(source).values()) == {Status.ACCEPTED}
    assert len(received) == 8
    assert relay.verbs.count("EHLO") == 1
    assert source.backs == {}


@pytest.mark.parametrize("verb", ["MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("reply", [b"354 Go on", b"334 What", b"250 2.0.0 Queued"])
def test_a_reply_of_another_kind_behind_a_dot_ends_the_grouping(run_loop, verb, reply) -> None:
    """Whatever it is, all arrive once, and after it no command stands behind a dot any more."""
    seen = {"count": 0, "told": False}

    def fault(conversation: FaultyConversation, it: str, _argument: bytes) -> bytes | None:
        if it != verb:
            return None
        seen["count"] += 1
        fits = reply.startswith(b"354") if verb == "DATA" else reply.startswith(b"250")
        if seen["count"] == 3 and not fits:
            seen["told"] = True
            return reply
        return None

    relay, source = Relay(fault=fault), letters(9)
    run_loop(deliver(relay, source))
    check_books(source, relay)
    assert Status.IN_DOUBT not in statuses(source).values()
    lost = [number for number, status in statuses(source).items() if status is not Status.ACCEPTED]
    assert all(classify(source.outcomes[number]).kind is Kind.PROTOCOL_ERROR for number in lost)
    assert len(lost) <= (1 if seen["told"] and verb != "MAIL" else 0)
    if seen["told"] and verb == "MAIL":
        assert source.backs[3] == 1


def replies(*said: bytes) -> list:
    return [parse_reply([each]) for each in said]


MAIL, RCPT, DATA = b"250 2.1.0 Ok", b"250 2.1.5 Ok", b"354 Go on"
QUEUED, REFUSED = b"250 2.0.0 Queued", b"554 5.6.0 Malformed"


@pytest.mark.parametrize("dot", [QUEUED, REFUSED, b"451 4.3.0 Later", b"550 5.7.1 Spam"])
@pytest.mark.parametrize("place", [1, 2, 3])
def test_the_dots_reply_is_found_wherever_it_stands(dot, place) -> None:
    group = [MAIL, RCPT, DATA]
    group.insert(place, dot)
    found = dot_reply(replies(*group), ENVELOPE)
    assert found.reply == parse_reply([dot])
    assert not found.in_order


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ((MAIL, b"550 5.1.1 No such user", b"503 5.5.1 No recipients", QUEUED), 250),
        ((MAIL, b"550 5.1.1 No such user", b"503 5.5.1 No recipients", REFUSED), 554),
        ((DATA, MAIL, RCPT, QUEUED), 250),
        ((MAIL, RCPT, DATA, MAIL), 250),  # all were taken, whichever it was
        ((MAIL, b"450 4.2.0 Later", b"450 4.3.0 Later", DATA), None),
        ((MAIL, REFUSED), None),  # and then it was closed
        ((MAIL, QUEUED), 250),
        ((MAIL,), None),
        ((DATA,), None),
        ((b"421 4.3.2 Bye",), None),
    ],
)
def test_what_cannot_be_told_is_not_guessed(said, code) -> None:
    found = dot_reply(replies(*said), ENVELOPE)
    assert (found.reply.code if found.reply else None) == code


@pytest.mark.parametrize("rest", [(), (MAIL,), (MAIL, RCPT, DATA), (b"452 4.3.1 Full", b"503 No", b"503 No")])
def test_a_first_reply_that_may_be_the_dots_is_where_the_others_follow_in_order(rest) -> None:
    found = dot_reply(replies(b"250 Sender ok", *rest), ENVELOPE)
    assert found.in_order
    assert found.reply.text == "Sender ok"


OK = b"250 OK"


@pytest.mark.parametrize(
    ("rest", "code", "in_order"),
    [
        ((OK, OK, DATA), 250, True),
        ((OK, b"550 5.1.1 No such user", DATA), 250, True),
        ((OK, b"550 5.1.1 No such user", b"503 No"), 250, True),
        ((OK, DATA, b"554 No"), 554, False),
        ((b"554 No", OK, DATA), 554, False),
        ((OK, b"554 No", DATA), None, False),  # RCPT's or the dot's
    ],
)
def test_a_relay_that_says_ok_to_all_is_believed_as_far_as_it_can_be(rest, code, in_order) -> None:
    found = dot_reply(replies(OK, *rest), OK_TO_ALL)
    assert (found.reply.code if found.reply else None, found.in_order) == (code, in_order)


def test_an_ordinary_reply_raises_no_suspicion() -> None:
    for said in (QUEUED, REFUSED, b"250 Ok: queued as 4XyZ", b"421 4.3.2 Bye", b"250 2.6.0 Queued mail for delivery"):
        assert not is_suspicious(parse_reply([said]), ENVELOPE)
    for said in (MAIL, RCPT, DATA, b"250 Sender ok", b"334 What"):
        assert is_suspicious(parse_reply([said]), ENVELOPE)


SAID = st.sampled_from(
    [MAIL, RCPT, DATA, QUEUED, REFUSED, b"250 Sender ok", b"503 5.5.1 No", b"421 4.3.2 Bye", b"550 No"]
)


@given(st.lists(SAID, min_size=1, max_size=GROUP))
def test_an_acceptance_is_never_made_up(said) -> None:
    """Whatever comes, the reply that is found is one of those that came, and no 354."""
    found = dot_reply(replies(*said), ENVELOPE)
    if found.reply is not None:
        assert found.reply in replies(*said)
        assert found.reply.positive or found.reply.code >= 400
