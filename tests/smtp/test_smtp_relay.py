"""The pool: how many connections, what a dead relay does, and how everything ends; and relays of other people."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess

import pytest
from aiosmtpd import smtp as foreign
from smtp_fakes import FakeSource, FaultyConversation, Relay, deliver, message

from mass_apology.errors import LedgerError, RelayError
from mass_apology.model import Message, Phase
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.relay import run
from mass_apology.smtp.replies import classify
from mass_apology.smtp.reply_verdicts import Kind
from mass_apology.smtp.sink import SinkSettings


def test_as_many_connections_as_allowed_and_no_message_twice(run_loop) -> None:
    relay, source = Relay(SinkSettings(latency=0.01)), FakeSource(message(n) for n in range(1, 101))
    run_loop(deliver(relay, source, connections=7))
    assert sorted(relay.numbers) == list(range(1, 101))
    assert relay.verbs.count("EHLO") == 7


def test_no_connection_is_opened_without_a_message(run_loop) -> None:
    relay, source = Relay(SinkSettings(latency=0.05)), FakeSource([message(1), message(2)])
    run_loop(deliver(relay, source, connections=50))
    assert relay.verbs.count("EHLO") == 2


def test_nothing_to_send_opens_nothing(run_loop) -> None:
    relay, source = Relay(), FakeSource([])
    run_loop(deliver(relay, source, connections=3))
    assert relay.verbs == []


@pytest.mark.parametrize(("each", "opened"), [(1000, 6), (2, 100), (1, 200)])
def test_the_connections_grow_and_shrink_with_what_is_allowed(run_loop, each: int, opened: int) -> None:
    """However few messages each of them takes."""
    seen = []

    def look(_conversation: FaultyConversation, verb: str, _argument: bytes) -> None:
        if verb == "MAIL":
            seen.append(len(relay.sink.connections))

    relay, source = Relay(SinkSettings(latency=0.005), look), FakeSource(message(n) for n in range(1, 201))

    def allowed() -> int:
        done = len(source.outcomes)
        return 1 if done < 20 else 6 if done < 120 else 0

    async def main() -> None:
        async with relay.sink as sink:
            await run(RelaySettings(url=sink.url, messages_per_connection=each), None, source, allowed)

    run_loop(main())
    assert sorted(relay.numbers) == list(range(1, 201))
    assert max(seen) == 6
    assert max(seen[-20:]) == 1  # less than one counts as one
    assert relay.verbs.count("QUIT") == relay.verbs.count("EHLO")
    assert opened <= relay.verbs.count("EHLO") <= opened + 5


def test_a_relay_that_comes_back_is_waited_for(run_loop) -> None:
    tries = iter([b"421 4.3.2 Not yet", b"554 5.3.2 Never", None])
    relay = Relay(fault=lambda _conversation, verb, _argument: next(tries) if verb == "GREETING" else None)
    source = FakeSource([message(1)])
    source.waits.extend([0.01, 0.01])
    run_loop(deliver(relay, source))
    assert [error.reply.code for error in source.unreachable_errors] == [421, 554]
    assert source.backs == {1: 2}
    assert relay.numbers == [1]


def test_a_source_that_gives_up_the_relay_ends_it_with_the_messages_back(run_loop) -> None:
    relay = Relay(fault=lambda _conversation, verb, _argument: b"554 5.3.2 Never" if verb == "GREETING" else None)
    source = FakeSource([message(1), message(2)])
    run_loop(deliver(relay, source, connections=2))
    assert {error.phase for error in source.unreachable_errors} == {Phase.GREETING}
    assert source.outcomes == {}
    assert sorted(letter.delivery.id for letter in source.waiting) == [1, 2]


def test_a_connection_one_too_many_is_done_without(run_loop) -> None:
    greetings = iter([None, b"421 4.7.0 Too many connections", b"421 4.7.0 Too many connections"])
    relay = Relay(
        SinkSettings(latency=0.01),
        lambda _conversation, verb, _argument: next(greetings) if verb == "GREETING" else None,
    )
    source = FakeSource(message(n) for n in range(1, 31))
    run_loop(deliver(relay, source, connections=3))
    assert len(source.unreachable_errors) == 2
    assert sorted(relay.numbers) == list(range(1, 31))


@pytest.mark.parametrize("where", ["next_message", "hand_over", "settle", "connection_failed"])
def test_an_exception_of_the_source_ends_all_connections_and_is_raised_unchanged(run_loop, where) -> None:
    greeting = b"554 5.3.2 Never" if where == "connection_failed" else None
    relay = Relay(
        SinkSettings(latency=0.01), lambda _conversation, verb, _argument: greeting if verb == "GREETING" else None
    )
    source = FakeSource(message(n) for n in range(1, 60))
    cause = OSError("No space left on device")

    def fail() -> None:
        raise LedgerError("The ledger cannot be written.", next_step="Make room.") from cause

    if where == "hand_over":

        async def hand_over(letter: Message) -> None:
            fail()

        source.on_hand_over = hand_over
    elif where == "next_message":
        give = source.next_message

        async def next_message() -> Message | None:
            if len(source.outcomes) >= 5:
                fail()
            return await give()

        source.at_hand = False
        source.next_message = next_message
    else:
        setattr(source, where, lambda *_: fail())

    with pytest.raises(LedgerError) as caught:
        run_loop(deliver(relay, source, connections=4))
    assert caught.value.__cause__ is cause
    if where != "settle":
        assert source.out == {}


def test_cancelled_in_full_swing_every_message_is_accounted_for(run_loop) -> None:
    relay, source = Relay(SinkSettings(latency=0.01)), FakeSource(message(n) for n in range(1, 2000))

    async def main() -> None:
        task = asyncio.create_task(deliver(relay, source, connections=10))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_loop(main())
    assert source.out == {}
    assert source.waiting
    accepted = {n for n, outcome in source.outcomes.items() if classify(outcome).kind is Kind.ACCEPTED}
    in_doubt = {n for n, outcome in source.outcomes.items() if classify(outcome).kind is Kind.IN_DOUBT}
    assert accepted <= set(relay.numbers) <= accepted | in_doubt
    assert len(in_doubt) <= 10


def test_cancelled_while_it_waits_for_a_dead_relay(run_loop) -> None:
    relay = Relay(fault=lambda _conversation, verb, _argument: b"421 4.3.2 No" if verb == "GREETING" else None)
    source = FakeSource([message(1)])
    told = asyncio.Event()

    async def connection_failed(_: RelayError) -> bool:
        told.set()
        await asyncio.sleep(3600.0)
        return True

    source.connection_failed = connection_failed

    async def main() -> None:
        task = asyncio.create_task(deliver(relay, source))
        await told.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    run_loop(main())
    assert source.backs == {1: 1}


def test_a_connection_that_is_being_opened_is_given_up_when_the_source_closes(run_loop) -> None:
    relay = Relay(
        fault=lambda conversation, verb, _: FaultyConversation.hang(conversation) if verb == "GREETING" else None
    )
    source = FakeSource([message(1)])

    async def main() -> None:
        sending = asyncio.create_task(deliver(relay, source))
        await asyncio.sleep(0.1)
        source.closes.set()
        async with asyncio.timeout(4):  # the greeting would be waited for longer
            await sending

    run_loop(main())
    assert source.backs == {1: 1}
    assert source.outcomes == {}


def test_a_relay_that_will_not_say_goodbye_does_not_keep_us(run_loop, monkeypatch) -> None:
    monkeypatch.setattr("mass_apology.smtp.wire._CLOSING_SECONDS", 0.1)
    relay = Relay(fault=lambda conversation, verb, _: FaultyConversation.hang(conversation) if verb == "QUIT" else None)
    source = FakeSource([message(1)])
    run_loop(deliver(relay, source))
    assert relay.numbers == [1]


class _ForeignHandler:
    """Collects what aiosmtpd takes."""

    def __init__(self) -> None:
        self.received: dict[str, bytes] = {}

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802 (aiosmtpd's name)
        self.received[envelope.rcpt_tos[0]] = envelope.content
        return "250 2.0.0 Taken"


def test_against_aiosmtpd(run_loop, server_tls, ca_file) -> None:
    """A foreign implementation, in lock-step over STARTTLS."""
    handler = _ForeignHandler()
    source = FakeSource(message(n, b"Subject: %d\r\n\r\n.\r\n..x\r\n" % n) for n in range(1, 31))

    async def main() -> None:
        loop = asyncio.get_running_loop()
        server = await loop.create_server(
            lambda: foreign.SMTP(handler, hostname="sink.example", tls_context=server_tls, loop=loop),
            "127.0.0.1",
            0,
        )
        url = f"smtp+starttls://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await run(RelaySettings(url=url, ca_file=ca_file), None, source, lambda: 3)
        server.close()
        await asyncio.sleep(0.05)

    run_loop(main())
    assert {classify(outcome).kind for outcome in source.outcomes.values()} == {Kind.ACCEPTED}
    assert handler.received == {
        f"customer{n}@example.org": b"Subject: %d\r\n\r\n.\r\n..x\r\n" % n for n in range(1, 31)
    }


SMTP_SINK = shutil.which("smtp-sink", path=f"{os.environ.get('PATH', '')}:/usr/sbin")


@pytest.mark.skipif(SMTP_SINK is None, reason="Postfix's smtp-sink is not installed (Debian: postfix)")
def test_against_the_sink_of_postfix(run_loop) -> None:
    """A foreign implementation, pipelined."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [SMTP_SINK, *user, f"127.0.0.1:{port}", "100"]
    sink = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        source = FakeSource(message(n) for n in range(1, 501))

        async def main() -> None:
            for _ in range(100):
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                except OSError:
                    await asyncio.sleep(0.05)
                else:
                    writer.close()
                    await writer.wait_closed()
                    break
            await run(RelaySettings(url=f"smtp+plain://127.0.0.1:{port}"), None, source, lambda: 5)

        run_loop(main())
    finally:
        sink.send_signal(signal.SIGTERM)
        sink.wait()
    assert len(source.outcomes) == 500
    assert {classify(outcome).kind for outcome in source.outcomes.values()} == {Kind.ACCEPTED}
    assert source.unreachable_errors == []


def test_an_error_of_opening_says_what_to_do_next(run_loop) -> None:
    relay = Relay(fault=lambda _conversation, verb, _argument: b"554 5.7.1 Blocked" if verb == "GREETING" else None)
    source = FakeSource([message(1)])
    run_loop(deliver(relay, source))
    (error,) = source.unreachable_errors
    assert isinstance(error, RelayError)
    assert "554 5.7.1 Blocked" in error.problem
    assert "mass-apology check" in error.next_step
