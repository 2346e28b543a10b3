"""A relay whose EHLO changes: after STARTTLS, or from one of its servers to the next. What was said last counts."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest
from smtp_fakes import FakeSource, Fault, FaultyConversation, Relay, message

from mass_apology.errors import RelayError
from mass_apology.model import NoReply, Phase
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.relay import run
from mass_apology.smtp.replies import classify
from mass_apology.smtp.reply_verdicts import Kind
from mass_apology.smtp.session import open_session, probe
from mass_apology.smtp.sink import SinkSettings

ALL = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 26214400")
LOGIN = ("anna", "s3cret")


def offers(*ehlos: Iterable[str]) -> Fault:
    """One EHLO after the other, and the last one for ever."""
    said = itertools.chain(ehlos, itertools.repeat(ehlos[-1]))

    def answer(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        if verb != "EHLO":
            return None
        *firsts, last = ("relay.example", *next(said))
        return "\r\n".join([*(f"250-{line}" for line in firsts), f"250 {last}"]).encode()

    return answer


def without(*names: str) -> tuple[str, ...]:
    return tuple(line for line in ALL if line.partition(" ")[0] not in names)


async def send(relay: Relay, source: FakeSource, ca_file: str | None, **settings: object) -> None:
    scheme = "smtp+starttls" if ca_file else "smtp+plain"
    async with relay.sink as sink:
        url = f"{scheme}://127.0.0.1:{sink.port}"
        await run(RelaySettings(url=url, ca_file=ca_file, **settings), None, source, lambda: 1)


@pytest.mark.parametrize(
    ("before", "after", "letter", "kind", "problem"),
    [
        (ALL, without("8BITMIME"), {"eightbit": True}, Kind.LACKS_EXTENSION, NoReply.NEEDS_8BITMIME),
        (without("8BITMIME"), ALL, {"eightbit": True}, Kind.ACCEPTED, None),
        (ALL, without("SMTPUTF8"), {"smtputf8": True}, Kind.UNSUPPORTED_ADDRESS, NoReply.NEEDS_SMTPUTF8),
        (without("SMTPUTF8"), ALL, {"smtputf8": True}, Kind.ACCEPTED, None),
        (ALL, (*without("SIZE"), "SIZE 10"), {}, Kind.CONTENT, NoReply.TOO_LARGE),
        ((*without("SIZE"), "SIZE 10"), without("SIZE"), {}, Kind.ACCEPTED, None),
        (ALL, ("DSN",), {}, Kind.ACCEPTED, None),
    ],
    ids=["8BITMIME-", "8BITMIME+", "SMTPUTF8-", "SMTPUTF8+", "SIZE smaller", "SIZE gone", "only DSN"],
)
def test_what_is_offered_after_starttls_counts(
    run_loop, server_tls, ca_file, before, after, letter, kind, problem
) -> None:
    relay = Relay(SinkSettings(tls=server_tls), offers((*before, "STARTTLS"), after))
    source = FakeSource(message(n, **letter) for n in (1, 2, 3))
    run_loop(send(relay, source, ca_file))
    assert [classify(outcome).kind for outcome in source.outcomes.values()] == [kind] * 3
    assert [outcome.problem and outcome.problem.kind for outcome in source.outcomes.values()] == [problem] * 3
    assert relay.numbers == ([1, 2, 3] if kind is Kind.ACCEPTED else [])
    assert not any(outcome.dot_written for outcome in source.outcomes.values()) or kind is Kind.ACCEPTED


@pytest.mark.parametrize(("after", "grouped"), [(ALL, True), (without("PIPELINING"), False)])
def test_commands_are_grouped_only_if_they_may_be_under_tls(run_loop, server_tls, ca_file, after, grouped) -> None:
    before = without("PIPELINING") if grouped else ALL
    in_step: list[bool] = []
    ehlos = offers((*before, "STARTTLS"), after)

    def watch(conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "MAIL":
            in_step.append(not conversation._buffer)  # nothing stands behind it yet
        return ehlos(conversation, verb, argument)

    relay, source = Relay(SinkSettings(tls=server_tls), watch), FakeSource([message(1), message(2)])
    run_loop(send(relay, source, ca_file))
    assert relay.numbers == [1, 2]
    assert in_step == [not grouped] * 2


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (("AUTH PLAIN LOGIN",), (), "offers no login"),
        (("AUTH PLAIN LOGIN",), ("AUTH XOAUTH2",), "offers only XOAUTH2"),
    ],
)
def test_a_login_offered_only_without_tls_is_none(run_loop, server_tls, ca_file, before, after, said) -> None:
    relay = Relay(SinkSettings(tls=server_tls), offers((*before, "STARTTLS"), after))

    async def main() -> RelayError:
        async with relay.sink as sink:
            settings = RelaySettings(url=f"smtp+starttls://anna@127.0.0.1:{sink.port}", ca_file=ca_file)
            with pytest.raises(RelayError) as refused:
                await open_session(settings, LOGIN[1])
        return refused.value

    error = run_loop(main())
    assert error.phase is Phase.AUTH
    assert said in error.problem
    assert "AUTH" not in relay.verbs


def test_a_login_offered_only_under_tls_is_used(run_loop, server_tls, ca_file) -> None:
    relay = Relay(SinkSettings(tls=server_tls, login=LOGIN), offers(("STARTTLS",), (*ALL, "AUTH PLAIN"), (*ALL,)))

    async def main() -> str | None:
        async with relay.sink as sink:
            settings = RelaySettings(url=f"smtp+starttls://anna@127.0.0.1:{sink.port}", ca_file=ca_file)
            return (await probe(settings, LOGIN[1])).user

    assert run_loop(main()) == "anna"


def test_an_ehlo_refused_under_tls_is_reported(run_loop, server_tls, ca_file) -> None:
    said = iter([b"250-relay.example\r\n250 STARTTLS", b"550 5.7.1 Not you"])
    relay = Relay(SinkSettings(tls=server_tls), lambda _c, verb, _a: next(said) if verb == "EHLO" else None)

    async def main() -> RelayError:
        async with relay.sink as sink:
            settings = RelaySettings(url=f"smtp+starttls://127.0.0.1:{sink.port}", ca_file=ca_file)
            with pytest.raises(RelayError) as refused:
                await open_session(settings, None)
        return refused.value

    error = run_loop(main())
    assert (error.phase, error.reply.code, error.temporary) == (Phase.EHLO, 550, False)


def test_servers_behind_one_name_may_offer_different_things(run_loop) -> None:
    """The first takes 8bit content in groups, the second does not, and so on; each connection keeps to its own."""
    relay = Relay(fault=offers(ALL, without("PIPELINING", "8BITMIME"), ALL, without("PIPELINING", "8BITMIME")))
    source = FakeSource([message(n, eightbit=n % 2 == 0) for n in range(1, 9)])
    run_loop(send(relay, source, None, messages_per_connection=2))
    kinds = {number: classify(outcome).kind for number, outcome in source.outcomes.items()}
    assert set(kinds) == set(range(1, 9))
    assert set(kinds.values()) == {Kind.ACCEPTED, Kind.LACKS_EXTENSION}
    assert [number for number, kind in kinds.items() if kind is Kind.ACCEPTED] == relay.numbers
    assert all(number % 2 == 0 for number, kind in kinds.items() if kind is Kind.LACKS_EXTENSION)
