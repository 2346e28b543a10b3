"""Every way a transaction can end, on both event loops, pipelined and in lock-step."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from smtp_fakes import (
    LOCK_STEP,
    PIPELINED,
    FakeSource,
    FaultyConversation,
    Nth,
    Relay,
    deliver,
    deliver_until_cancelled,
    message,
)

from mass_apology.errors import LedgerError
from mass_apology.model import Message, NoReply, Outcome, Phase, Problem, Status
from mass_apology.smtp import transaction
from mass_apology.smtp.envelope import stuffed
from mass_apology.smtp.replies import classify
from mass_apology.smtp.reply_verdicts import Kind
from mass_apology.smtp.sink import SinkSettings

MODES = pytest.mark.parametrize("mode", [PIPELINED, LOCK_STEP], ids=["pipelined", "lock-step"])
PHASES = {"MAIL": Phase.MAIL, "RCPT": Phase.RCPT, "DATA": Phase.DATA, ".": Phase.DOT}

ACTS: dict[str, Callable[[FaultyConversation], bytes]] = {
    "close": FaultyConversation.close,
    "hang": FaultyConversation.hang,
    "4xx": lambda _: b"451 4.3.0 Not now",
    "5xx": lambda _: b"550 5.7.1 Not you",
    "421": lambda _: b"421 4.3.2 Shutting down",
    "nonsense": lambda _: b"HTTP/1.1 400 Bad Request",
    "wrong class": lambda _: b"334 Go on",
}
WITHOUT_REPLY = {
    "close": NoReply.CLOSED,
    "hang": NoReply.SILENT,
    "nonsense": NoReply.NONSENSE,
    "wrong class": NoReply.UNEXPECTED,
}
CODES = {"4xx": 451, "5xx": 550, "421": 421}


def check_books(source: FakeSource, relay: Relay) -> None:
    """Whatever happened, the relay has exactly the messages whose outcome says so, once each, or they are in doubt."""
    assert source.out == {}
    accepted = {number for number, outcome in source.outcomes.items() if classify(outcome).status is Status.ACCEPTED}
    in_doubt = {number for number, outcome in source.outcomes.items() if classify(outcome).status is Status.IN_DOUBT}
    assert len(relay.numbers) == len(set(relay.numbers))
    assert accepted <= set(relay.numbers) <= accepted | in_doubt


async def fail_once(mode: SinkSettings, verb: str, act: str, number: int) -> None:
    """The number-th use of a verb fails: its message gets the outcome, and no other is touched."""
    relay, source = Relay(mode, Nth(verb, number, ACTS[act])), FakeSource(message(n) for n in range(1, 6))
    patience = 1.0 if act == "hang" else 60.0

    await deliver(relay, source, timeout=patience, dot_timeout=patience)

    check_books(source, relay)
    assert sorted(source.outcomes) == [1, 2, 3, 4, 5]
    lost = act == "hang" and mode is PIPELINED  # or lost behind the dot, as far as one can tell the first time
    astray = act == "wrong class" and mode is PIPELINED  # not its own reply, behind a dot
    # Between messages: no attempt, it went afterwards.
    if (verb, number) == ("MAIL", 2) and (act == "close" or lost or astray):
        assert source.backs[2] == 1
        assert relay.numbers == [1, 2, 3, 4, 5]
        return
    check_failure(source.outcomes.pop(number), verb, act)
    assert all(classify(outcome).kind is Kind.ACCEPTED for outcome in source.outcomes.values())
    assert relay.numbers == [n for n in (1, 2, 3, 4, 5) if n != number]


def check_failure(failed: Outcome, verb: str, act: str) -> None:
    assert failed.phase is PHASES[verb]
    assert failed.dot_written is (verb == ".")
    if act in CODES:
        assert failed.reply is not None
        assert failed.reply.code == CODES[act]
        assert failed.problem is None
    else:
        assert failed.reply is None
        assert failed.problem is not None
        assert failed.problem.kind is WITHOUT_REPLY[act]
        assert (classify(failed).kind is Kind.IN_DOUBT) is (verb == ".")


@MODES
@pytest.mark.parametrize("act", ACTS)
def test_each_failure_settles_its_own_message_and_no_other(run_loop, mode, act) -> None:
    async def everywhere() -> None:
        # Side by side, since the silent ones take their time.
        await asyncio.gather(*(fail_once(mode, verb, act, number) for verb in PHASES for number in (1, 2)))

    run_loop(everywhere())


@pytest.mark.parametrize("act", ["close", "421", "nonsense"])
def test_a_message_pipelined_behind_the_end_of_a_connection_is_given_back(run_loop, act) -> None:
    relay, source = Relay(fault=Nth(".", 1, ACTS[act])), FakeSource([message(1), message(2)])
    run_loop(deliver(relay, source))
    assert source.backs == {2: 1}
    assert source.outcomes[2].reply.code == 250


CAPS = pytest.mark.parametrize(
    "said",
    [
        b"421 Maximum message count per session reached",
        b"452 4.5.3 Too many recipients: Too many messages sent",  # OpenSMTPD, which leaves the connection open
        b"451 4.5.3 Too many letters in this transaction",
    ],
    ids=["421", "OpenSMTPD", "another"],
)


@CAPS
@MODES
def test_a_session_cap_reconnects_and_costs_nothing(run_loop, mode, said) -> None:
    relay, source = Relay(mode, Nth("MAIL", 3, lambda _: said)), FakeSource(message(n) for n in range(1, 6))
    run_loop(deliver(relay, source))
    assert relay.numbers == [1, 2, 3, 4, 5]
    assert source.backs == {3: 1}
    assert relay.verbs.count("EHLO") == 2


@CAPS
@MODES
def test_a_session_cap_on_the_first_message_is_an_outcome_or_it_would_never_end(run_loop, mode, said) -> None:
    def cap(conversation: FaultyConversation, verb: str, _: bytes) -> bytes | None:
        return said if verb == "MAIL" else None

    relay, source = Relay(mode, cap), FakeSource([message(1), message(2)])
    run_loop(deliver(relay, source))
    assert {classify(outcome).kind for outcome in source.outcomes.values()} == {Kind.SESSION_CAP}


def test_a_relay_that_closes_every_first_mail_is_not_tried_for_ever(run_loop) -> None:
    relay = Relay(fault=lambda conversation, verb, _: conversation.close() if verb == "MAIL" else None)
    source = FakeSource([message(1), message(2)])
    run_loop(deliver(relay, source))
    assert [(o.phase, o.problem) for o in source.outcomes.values()] == [(Phase.MAIL, Problem(NoReply.CLOSED))] * 2


@pytest.mark.parametrize("dot_reply", [b"250 2.0.0 Queued", b"554 5.5.1 No valid recipients"])
def test_354_after_a_refused_recipient_takes_a_lone_dot_and_is_no_acceptance(run_loop, dot_reply) -> None:
    contents = []

    def fault(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "RCPT" and b"customer2@" in argument:
            conversation.refused = True
            return b"550 5.1.1 No such user"
        if verb == "DATA" and getattr(conversation, "refused", False):
            return conversation.take_content()
        if verb == "." and getattr(conversation, "refused", False):
            conversation.refused = False
            contents.append(argument)
            return dot_reply
        return None

    relay, source = Relay(fault=fault), FakeSource(message(n) for n in (1, 2, 3))
    run_loop(deliver(relay, source))
    assert contents == [b""]
    assert relay.numbers == [1, 3]
    assert source.handed_over == [1, 3]
    assert (source.outcomes[2].phase, source.outcomes[2].dot_written) == (Phase.RCPT, False)
    assert classify(source.outcomes[2]).kind is Kind.BAD_ADDRESS
    assert relay.verbs.count("EHLO") == 1


def test_354_after_a_refused_sender_but_a_taken_recipient_sends_not_even_a_dot(run_loop) -> None:
    def fault(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if conversation is not conversations.setdefault("first", conversation):
            return None
        answers = {"MAIL": b"451 4.3.0 Not now", "RCPT": b"250 2.1.5 Ok"}
        return conversation.take_content() if verb == "DATA" else answers.get(verb)

    conversations: dict[str, FaultyConversation] = {}
    relay, source = Relay(fault=fault), FakeSource([message(1), message(2)])
    run_loop(deliver(relay, source))
    assert relay.numbers == [2]
    assert (source.outcomes[1].phase, source.outcomes[1].reply.code) == (Phase.MAIL, 451)


@MODES
def test_after_a_refused_recipient_the_relay_is_reset_and_the_connection_goes_on(run_loop, mode) -> None:
    relay, source = Relay(mode, Nth("RCPT", 2, ACTS["5xx"])), FakeSource(message(n) for n in (1, 2, 3))
    run_loop(deliver(relay, source))
    assert relay.verbs.count("EHLO") == 1
    assert relay.verbs.count("RSET") == 1
    assert relay.numbers == [1, 3]


@MODES
@pytest.mark.parametrize("act", ["close", "421", "nonsense", "5xx", "hang"])
def test_a_failed_reset_is_no_attempt_at_the_next_message(run_loop, mode, act) -> None:
    refuse, fail = Nth("RCPT", 1, ACTS["5xx"]), Nth("RSET", 1, ACTS[act])
    relay = Relay(mode, lambda *arguments: refuse(*arguments) or fail(*arguments))
    source = FakeSource(message(n) for n in (1, 2, 3))
    run_loop(deliver(relay, source, timeout=0.4 if act == "hang" else 20.0))
    assert source.outcomes[1].reply.code == 550
    assert source.backs == {2: 1}
    assert relay.numbers == [2, 3]


@MODES
@pytest.mark.parametrize(
    "unasked", [b"421 4.3.2 Down\r\n", b"552 5.3.4 Too big\r\n", b"250 2.0.0 Already?\r\n", b"\x16\x03\x01\r\n"]
)
def test_a_reply_between_354_and_the_dot_stops_the_dot(run_loop, mode, unasked) -> None:
    conversations = []

    def fault(conversation: FaultyConversation, verb: str, _: bytes) -> bytes | None:
        conversations.append(conversation)
        return None

    relay, source = Relay(mode, fault), FakeSource([message(1), message(2)])

    async def interrupt(letter: Message) -> None:
        if letter.delivery.id == 1:
            conversations[-1].say_unasked(unasked)
            await asyncio.sleep(0.1)

    source.on_hand_over = interrupt
    run_loop(deliver(relay, source))
    outcome = source.outcomes[1]
    assert (outcome.phase, outcome.dot_written) == (Phase.CONTENT, False)
    if unasked[:1] in b"45":
        assert outcome.reply.code == int(unasked[:3])
    else:
        assert outcome.problem.kind is (NoReply.UNASKED if unasked.startswith(b"250") else NoReply.NONSENSE)
    assert relay.numbers == [2]


@MODES
def test_a_close_during_hand_over_leaves_no_dot(run_loop, mode) -> None:
    conversations = []
    relay = Relay(mode, lambda conversation, *_: conversations.append(conversation))
    source = FakeSource([message(1), message(2)])

    async def close(letter: Message) -> None:
        if letter.delivery.id == 1:
            conversations[-1].close()
            await asyncio.sleep(0.1)

    source.on_hand_over = close
    run_loop(deliver(relay, source))
    assert source.outcomes[1] == Outcome(phase=Phase.CONTENT, problem=Problem(NoReply.CLOSED))
    assert relay.numbers == [2]


@MODES
def test_a_ledger_that_fails_stops_before_the_dot(run_loop, mode) -> None:
    relay, source = Relay(mode), FakeSource(message(n) for n in (1, 2, 3))

    async def fail(letter: Message) -> None:
        if letter.delivery.id == 2:
            raise LedgerError("The disk is full.", next_step="Make room.")

    source.on_hand_over = fail
    with pytest.raises(LedgerError, match="disk is full"):
        run_loop(deliver(relay, source))
    assert source.outcomes[2] == Outcome(phase=Phase.CONTENT, problem=Problem(NoReply.INTERRUPTED))
    assert relay.numbers == [1]
    assert source.out == {}


@MODES
@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        ("MAIL", None),
        ("RCPT", None),
        ("DATA", None),
        (".", Outcome(phase=Phase.DOT, problem=Problem(NoReply.INTERRUPTED), dot_written=True)),
    ],
)
def test_a_cancelled_connection_is_aborted_and_its_message_settled(run_loop, mode, verb, expected) -> None:
    reached = asyncio.Event()

    def hang(conversation: FaultyConversation) -> bytes:
        reached.set()
        return conversation.hang()

    relay, source = Relay(mode, Nth(verb, 1, hang)), FakeSource([message(1), message(2)])

    run_loop(deliver_until_cancelled(relay, source, reached))
    assert source.outcomes.get(1) == expected
    assert source.backs[1] == (expected is None)
    assert source.out == {}


@MODES
def test_cancelled_in_hand_over_the_letter_is_settled_without_a_dot(run_loop, mode) -> None:
    relay, source = Relay(mode), FakeSource([message(1), message(2)])
    reached = asyncio.Event()

    async def wait(_: Message) -> None:
        reached.set()
        await asyncio.Event().wait()

    source.on_hand_over = wait

    run_loop(deliver_until_cancelled(relay, source, reached))
    assert source.outcomes == {1: Outcome(phase=Phase.CONTENT, problem=Problem(NoReply.INTERRUPTED))}
    assert relay.numbers == []


@MODES
def test_a_desk_that_waits_and_an_idle_connection_that_closes(run_loop, mode) -> None:
    """The message that comes after the relay has left is given back, and goes out over a new connection."""
    conversations = []
    relay, source = Relay(mode, lambda conversation, *_: conversations.append(conversation)), FakeSource([message(1)])
    give = source.next_message

    async def slowly() -> Message | None:
        if 1 in source.outcomes and not source.backs and 2 not in source.outcomes:
            conversations[-1].say_unasked(b"421 4.4.2 Idle too long\r\n")
            await asyncio.sleep(0.1)
            source.waiting.append(message(2))
        return await give()

    source.next_message = slowly
    run_loop(deliver(relay, source))
    assert source.backs == {2: 1}
    assert relay.numbers == [1, 2]


@MODES
def test_replies_may_come_octet_by_octet(run_loop, mode) -> None:
    def fault(conversation: FaultyConversation, verb: str, _: bytes) -> bytes | None:
        conversation.in_pieces = verb not in {"GREETING", "EHLO"}
        return b"250-2.0.0 Queued\r\n250 2.0.0 as 4XyZ" if verb == "." else None

    relay, source = Relay(mode, fault), FakeSource(message(n) for n in (1, 2))
    run_loop(deliver(relay, source))
    assert [(o.reply.code, o.reply.enhanced, o.reply.text) for o in source.outcomes.values()] == [
        (250, "2.0.0", "Queued as 4XyZ")
    ] * 2


@pytest.mark.parametrize("connections", [1, 3])
def test_a_relay_that_loses_what_stands_behind_a_dot_is_served_without(
    run_loop, monkeypatch: pytest.MonkeyPatch, connections: int
) -> None:
    """As Courier does: what came together with the end of the content is gone."""
    monkeypatch.setattr(transaction, "_TRIAL", 0.3)

    def lose(conversation: FaultyConversation, verb: str, _: bytes) -> bytes | None:
        if verb == ".":
            conversation._buffer.clear()
        return None

    relay, source = Relay(PIPELINED, lose), FakeSource(message(n) for n in range(1, 21))
    run_loop(deliver(relay, source, connections=connections, timeout=30.0, dot_timeout=30.0))
    check_books(source, relay)
    assert sorted(relay.numbers) == list(range(1, 21))
    assert all(classify(outcome).kind is Kind.ACCEPTED for outcome in source.outcomes.values())
    assert sum(source.backs.values()) <= connections  # each connection loses one at the most, and then all know


@MODES
def test_a_reply_without_end_is_nonsense(run_loop, mode) -> None:
    relay = Relay(mode, Nth("RCPT", 1, lambda _: b"\r\n".join([b"250-" + b"x" * 500] * 100)))
    source = FakeSource([message(1), message(2)])
    run_loop(deliver(relay, source))
    assert source.outcomes[1].phase is Phase.RCPT
    assert source.outcomes[1].problem.kind is NoReply.NONSENSE
    assert relay.numbers == [2]


def test_more_replies_than_commands_end_the_connection_before_the_next_dot(run_loop) -> None:
    relay = Relay(fault=Nth(".", 1, lambda _: b"250 2.0.0 Queued\r\n250 2.0.0 Queued"))
    source = FakeSource(message(n) for n in (1, 2, 3))
    run_loop(deliver(relay, source))
    assert not source.outcomes[2].dot_written
    assert classify(source.outcomes[2]).kind is Kind.PROTOCOL_ERROR
    assert relay.numbers == [3]  # the first one was answered by the fault alone


@MODES
def test_a_slow_reader_is_waited_for(run_loop, mode) -> None:
    """More than any buffer holds: the dot waits until the content has left."""
    body = b"".join(b"%07d %s\r\n" % (n, b"x" * 60) for n in range(100_000))
    relay, source = Relay(mode), FakeSource([message(1, body), message(2)])
    run_loop(deliver(relay, source))
    assert relay.received[0].data == body
    assert relay.numbers == [1, 2]


@MODES
def test_a_reader_that_stops_reading_ends_as_stalled_content(run_loop, mode) -> None:
    def stop_reading(conversation: FaultyConversation) -> bytes:
        conversation._transport.pause_reading()
        return conversation.take_content()

    relay = Relay(mode, Nth("DATA", 1, stop_reading))
    source = FakeSource([message(1, b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 300_000), message(2)])
    run_loop(deliver(relay, source, timeout=0.5))
    assert source.outcomes[1].phase is Phase.CONTENT
    assert source.outcomes[1].text.startswith("nothing could be written for")
    assert source.handed_over == [2]
    assert relay.numbers == [2]


@MODES
@pytest.mark.parametrize("at_hand", [True, False])
def test_a_connection_ends_politely_after_its_share_of_messages(run_loop, mode, at_hand) -> None:
    relay, source = Relay(mode), FakeSource(message(n) for n in range(1, 8))
    source.at_hand = at_hand
    run_loop(deliver(relay, source, messages_per_connection=3))
    assert relay.numbers == [1, 2, 3, 4, 5, 6, 7]
    assert relay.verbs.count("EHLO") == relay.verbs.count("QUIT") == 3


def test_the_envelope_names_the_extensions_in_use(run_loop) -> None:
    relay = Relay()
    letters = [
        message(1, eightbit=True),
        message(2, "Subject: ą\r\n\r\nż\r\n".encode(), address="żółć@example.org", eightbit=True, smtputf8=True),
    ]
    source = FakeSource(letters)
    run_loop(deliver(relay, source))
    first, second = relay.received
    assert first.sender == "noreply@acme.example"
    assert first.mail_parameters == ("SIZE=22", "BODY=8BITMIME", "RET=HDRS", "ENVID=letter1")
    assert first.rcpt_parameters == ("NOTIFY=FAILURE,DELAY",)
    assert second.recipients == ("żółć@example.org",)
    assert "SMTPUTF8" in second.mail_parameters


def test_the_envelope_uses_only_offered_extensions(run_loop) -> None:
    relay, source = Relay(SinkSettings(extensions=())), FakeSource([message(1)])
    run_loop(deliver(relay, source))
    assert (relay.received[0].mail_parameters, relay.received[0].rcpt_parameters) == ((), ())


@pytest.mark.parametrize(
    ("extensions", "letter", "kind", "status"),
    [
        (("PIPELINING",), message(2, address="ż@example.org", smtputf8=True), Kind.UNSUPPORTED_ADDRESS, Status.REFUSED),
        (("PIPELINING",), message(2, eightbit=True), Kind.LACKS_EXTENSION, Status.DEFERRED),
        (("PIPELINING", "SIZE 30"), message(2, b"x" * 40 + b"\r\n"), Kind.CONTENT, Status.REFUSED),
        (("SIZE 30",), message(2, b"x" * 40 + b"\r\n"), Kind.CONTENT, Status.REFUSED),
        (("PIPELINING",), message(2, address="a@b>\r\nRCPT TO:<c@d"), Kind.BAD_ADDRESS, Status.REFUSED),
    ],
)
@pytest.mark.parametrize("position", [0, 1, 2])
def test_what_the_relay_cannot_take_is_settled_without_asking_it(
    run_loop, extensions, letter, kind, status, position
) -> None:
    letters = [message(1), message(3)]
    letters.insert(position, letter)
    relay, source = Relay(SinkSettings(extensions=extensions)), FakeSource(letters)
    run_loop(deliver(relay, source))
    verdict = classify(source.outcomes[2])
    assert (verdict.kind, verdict.status) == (kind, status)
    assert source.outcomes[2].phase is Phase.MAIL
    assert relay.verbs.count("MAIL") == 2
    assert relay.numbers == [1, 3]


def test_size_0_states_no_limit(run_loop) -> None:
    relay, source = Relay(SinkSettings(extensions=("SIZE 0",))), FakeSource([message(1)])
    run_loop(deliver(relay, source))
    assert relay.received[0].mail_parameters == ("SIZE=22",)


LINES = st.lists(st.sampled_from([b"", b".", b"..", b".x", b"x.", b"\xc5\xbc", b". ", b"QUIT", b"x" * 998]), max_size=8)


@settings(max_examples=60, deadline=None)
@given(bodies=st.lists(LINES, min_size=1, max_size=5), mode=st.sampled_from([PIPELINED, LOCK_STEP]))
def test_the_octets_received_are_the_octets_sent(bodies, mode) -> None:
    letters = [message(n, b"".join(line + b"\r\n" for line in lines)) for n, lines in enumerate(bodies, 1)]
    relay, source = Relay(mode), FakeSource(letters)
    asyncio.run(deliver(relay, source))
    assert [one.data for one in relay.received] == [letter.data for letter in letters]


@given(st.lists(st.binary(max_size=5).filter(lambda line: b"\r" not in line and b"\n" not in line), min_size=1))
def test_stuffing_touches_only_lines_that_begin_with_a_dot(lines) -> None:
    expected = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)
    assert stuffed(b"".join(line + b"\r\n" for line in lines)) == expected


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_whatever_goes_wrong_the_books_are_right(data) -> None:
    """Random faults at random places, several connections: every message has one outcome, and the relay agrees."""
    plan = data.draw(st.lists(st.sampled_from([None] * 8 + [name for name in ACTS if name != "hang"]), max_size=60))
    mode = data.draw(st.sampled_from([PIPELINED, LOCK_STEP]))
    steps = iter(plan)

    def fault(conversation: FaultyConversation, verb: str, _: bytes) -> bytes | None:
        act = next(steps, None) if verb in PHASES else None
        return ACTS[act](conversation) if act else None

    relay, source = Relay(mode, fault), FakeSource(message(n) for n in range(1, 21))
    asyncio.run(deliver(relay, source, connections=3, messages_per_connection=5))
    check_books(source, relay)
    assert sorted(source.outcomes) == list(range(1, 21))
