"""Opening a connection: TLS in all its forms, logging in, and a sentence with a next step for every failure."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

import pytest
from smtp_fakes import FakeSource, FaultyConversation, Relay, deliver, deliver_until_cancelled, message

from mass_apology.errors import CampaignError, RelayError
from mass_apology.model import Extensions, Phase
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp.relay import run
from mass_apology.smtp.session import Offer, open_session, probe
from mass_apology.smtp.sink import Sink, SinkSettings

LOGIN = ("anna@acme.example", "s3cret & żółć")
USER = "anna%40acme.example@"


def url(scheme: str, sink: Sink, user: str = "") -> str:
    return f"{scheme}://{user}127.0.0.1:{sink.port}"


async def attempt(sink: Sink, relay: RelaySettings, password: str | None = None) -> RelayError:
    """The error of a probe, which is also that of opening a session."""
    async with sink:
        settings = RelaySettings(
            url=relay.url.replace("PORT", str(sink.port)),
            ca_file=relay.ca_file,
            auth=relay.auth,
            timeout=relay.timeout,
            connect_timeout=relay.connect_timeout,
        )
        with pytest.raises(RelayError) as opening:
            await open_session(settings, password)
        with pytest.raises(RelayError) as probing:
            await probe(settings, password)
    first, second = opening.value, probing.value
    assert (first.phase, first.problem, first.temporary) == (second.phase, second.problem, second.temporary)
    assert first.problem.endswith(".") or first.reply is not None
    assert first.next_step
    assert password is None or password not in f"{first!r} {first.problem} {first.next_step} {first.__cause__!r}"
    return first


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
@pytest.mark.parametrize(("auth", "latency"), [((), 0.01), (("LOGIN",), 0.0), (("CRAM-MD5", "PLAIN"), 0.0)])
def test_protected_and_logged_in_messages_go_out(run_loop, server_tls, ca_file, scheme, auth, latency) -> None:
    settings = SinkSettings(tls=server_tls, implicit_tls=scheme == "smtps", login=LOGIN, latency=latency)
    relay, source = Relay(settings), FakeSource(message(n, b"x" * 70 + b"\r\n") for n in range(1, 21))

    async def main() -> Offer:
        async with relay.sink as sink:
            settings = RelaySettings(url=url(scheme, sink, USER), ca_file=ca_file, auth=auth, messages_per_connection=8)
            offer = await probe(settings, LOGIN[1])
            await run(settings, LOGIN[1], source, lambda: 2)
        return offer

    offer = run_loop(main())
    assert offer.extensions == Extensions(
        pipelining=True, eightbitmime=True, smtputf8=True, dsn=True, size=26214400, auth=("PLAIN", "LOGIN")
    )
    assert offer.tls in {"TLSv1.2", "TLSv1.3"}
    assert offer.user == LOGIN[0]
    assert sorted(relay.numbers) == list(range(1, 21))
    assert source.backs == {}


def test_a_large_message_over_tls_arrives_whole(run_loop, server_tls, ca_file) -> None:
    body = b"".join(b"%07d %s\r\n" % (n, b"." * 60) for n in range(40_000))
    relay, source = Relay(SinkSettings(tls=server_tls)), FakeSource([message(1, body), message(2)])

    async def main() -> None:
        async with relay.sink as sink:
            await run(RelaySettings(url=url("smtp+starttls", sink), ca_file=ca_file), None, source, lambda: 1)

    run_loop(main())
    assert relay.received[0].data == body
    assert relay.numbers == [1, 2]


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_a_certificate_of_somebody_else_is_refused_by_name(run_loop, stranger_tls, ca_file, scheme) -> None:
    sink = Sink(lambda _: None, SinkSettings(tls=stranger_tls, implicit_tls=scheme == "smtps"))
    error = run_loop(attempt(sink, RelaySettings(url=f"{scheme}://127.0.0.1:PORT", ca_file=ca_file)))
    assert (error.phase, error.temporary) == (Phase.TLS, False)
    assert "127.0.0.1" in error.problem
    assert "mismatch" in error.problem


@pytest.mark.parametrize("scheme", ["smtp+starttls", "smtps"])
def test_an_unknown_authority_is_refused(run_loop, server_tls, scheme) -> None:
    sink = Sink(lambda _: None, SinkSettings(tls=server_tls, implicit_tls=scheme == "smtps"))
    error = run_loop(attempt(sink, RelaySettings(url=f"{scheme}://127.0.0.1:PORT")))
    assert error.phase is Phase.TLS
    assert "unable to get local issuer certificate" in error.problem
    assert "ca_file" in error.next_step


def test_starttls_is_required(run_loop) -> None:
    error = run_loop(attempt(Sink(lambda _: None), RelaySettings(url="smtp+starttls://127.0.0.1:PORT")))
    assert error.phase is Phase.TLS
    assert "does not offer STARTTLS" in error.problem


def test_tls_to_a_plain_port_says_which_scheme_to_try(run_loop) -> None:
    error = run_loop(attempt(Sink(lambda _: None), RelaySettings(url="smtps://127.0.0.1:PORT")))
    assert error.phase is Phase.TLS
    assert "smtp+starttls://" in error.next_step


def test_a_plain_greeting_awaited_from_a_tls_port_says_which_scheme_to_try(run_loop, server_tls) -> None:
    sink = Sink(lambda _: None, SinkSettings(tls=server_tls, implicit_tls=True))
    relay = RelaySettings(url="smtp+starttls://127.0.0.1:PORT", connect_timeout=0.3)
    error = run_loop(attempt(sink, relay))
    assert (error.phase, error.temporary) == (Phase.GREETING, True)
    assert "smtps://" in error.next_step


@pytest.mark.parametrize("auth", [(), ("LOGIN",)])
def test_a_refused_login_is_tried_once_and_is_final(run_loop, server_tls, ca_file, auth) -> None:
    relay = Relay(SinkSettings(tls=server_tls, login=LOGIN))
    settings = RelaySettings(url=f"smtp+starttls://{USER}127.0.0.1:PORT", ca_file=ca_file, auth=auth)
    error = run_loop(attempt(relay.sink, settings, "wr0ng"))
    assert (error.phase, error.reply.code, error.temporary) == (Phase.AUTH, 535, False)
    assert "anna@acme.example" in error.problem
    assert relay.verbs.count("AUTH") == 2  # one for each of two connections


@pytest.mark.parametrize("auth", [("LOGIN",), ("CRAM-MD5", "LOGIN")])
def test_login_waits_to_be_asked_for_the_user(run_loop, server_tls, ca_file, auth) -> None:
    """Some servers take the user behind AUTH LOGIN for a wrong login; there is no second try."""

    def no_initial_response(_conversation: FaultyConversation, verb: str, argument: bytes) -> bytes | None:
        if verb == "AUTH" and argument.upper() != b"LOGIN":
            return b"535 5.7.8 No initial response, please"
        return None

    relay = Relay(SinkSettings(tls=server_tls, login=LOGIN), no_initial_response)

    async def main() -> Offer:
        async with relay.sink as sink:
            settings = RelaySettings(url=url("smtp+starttls", sink, USER), ca_file=ca_file, auth=auth)
            return await probe(settings, LOGIN[1])

    assert run_loop(main()).user == LOGIN[0]
    assert relay.verbs.count("AUTH") == 1


@pytest.mark.parametrize("reply", [b"504 5.5.4 What", b"334 ", b"435 4.7.8 Later"])
def test_a_login_that_goes_on_asking_or_says_no_is_not_tried_twice(run_loop, server_tls, ca_file, reply) -> None:
    asked = []

    def fault(_conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        asked.append(verb)
        return None if verb in {"GREETING", "EHLO", "STARTTLS", "QUIT"} else reply

    relay = Relay(SinkSettings(tls=server_tls, login=LOGIN), fault)
    settings = RelaySettings(url=f"smtp+starttls://{USER}127.0.0.1:PORT", ca_file=ca_file, auth=("LOGIN",))
    error = run_loop(attempt(relay.sink, settings, "pw"))
    assert (error.phase, error.reply.code) == (Phase.AUTH, int(reply[:3]))
    assert asked.count("AUTH") == 2  # one for each of two connections


def _saying(*lines: str) -> Callable[[FaultyConversation, str, bytes], bytes | None]:
    *firsts, last = ("relay.example", *lines)
    ehlo = "\r\n".join([*(f"250-{line}" for line in firsts), f"250 {last}"]).encode("utf-8", "surrogateescape")
    return lambda _conversation, verb, _argument: ehlo if verb == "EHLO" else None


@pytest.mark.parametrize(
    ("stated", "size"),
    [
        ("SIZE " + "9" * 6000, 0),
        ("SIZE " + "9" * 20, 10**20 - 1),
        ("SIZE", 0),
        ("SIZE 0", 0),
        ("SIZE -5", 0),
        ("SIZE 1e6", 0),
        ("SIZE \u0661\u0662", 0),
        ("size 35882577", 35882577),
        ("SIZES 12", None),
    ],
)
def test_any_size_of_an_ehlo_is_read_or_states_no_limit(run_loop, stated, size) -> None:
    relay = Relay(fault=_saying("PIPELINING", stated))

    async def main() -> Offer:
        async with relay.sink as sink:
            return await probe(RelaySettings(url=sink.url), None)

    extensions = run_loop(main()).extensions
    assert extensions.size == size
    assert extensions.pipelining


@pytest.mark.parametrize(
    "lines",
    [
        ("",),
        (" ", "\t", "-"),
        ("X" * 7000,),
        ("\udcff\udc80 \udcfe", "8BITMIME extra words", "\x1b[31mPIPELINING"),
        tuple(f"X-EXTENSION-{n}" for n in range(900)),
        ("AUTH " + " ".join(f"M{n}" for n in range(900)), "AUTH=PLAIN"),
        ("AUTH \x1b[31mPLAIN PLAI\u0274 " + "L" * 300,),
    ],
)
def test_an_absurd_ehlo_is_read_for_what_it_offers(run_loop, lines) -> None:
    relay, source = Relay(fault=_saying(*lines)), FakeSource([message(1), message(2)])

    async def main() -> Offer:
        async with relay.sink as sink:
            offer = await probe(RelaySettings(url=sink.url), None)
            await run(RelaySettings(url=sink.url), None, source, lambda: 1)
        return offer

    offer = run_loop(main())
    assert not offer.extensions.pipelining
    assert all(name.isascii() and name.isprintable() for name in offer.extensions.auth)
    assert relay.numbers == [1, 2]


def test_extensions_offered_before_tls_are_dropped(run_loop, server_tls, ca_file) -> None:
    """RFC 3207 §4.2; here the relay offers less afterwards, and another size."""
    ehlos = iter(
        [
            b"250-relay.example\r\n250-PIPELINING\r\n250-SMTPUTF8\r\n250-DSN\r\n250-SIZE 10\r\n250 STARTTLS",
            b"250-relay.example\r\n250-SIZE 5000\r\n250 8BITMIME",
        ]
    )
    relay = Relay(SinkSettings(tls=server_tls), lambda _c, verb, _a: next(ehlos) if verb == "EHLO" else None)
    source = FakeSource([message(1), message(2)])

    async def main() -> None:
        async with relay.sink as sink:
            await run(RelaySettings(url=url("smtp+starttls", sink), ca_file=ca_file), None, source, lambda: 1)

    run_loop(main())
    assert relay.numbers == [1, 2]
    assert relay.received[0].mail_parameters == ("SIZE=22",)
    assert relay.received[0].rcpt_parameters == ()


def test_no_login_offered(run_loop, server_tls, ca_file) -> None:
    settings = RelaySettings(url=f"smtps://{USER}127.0.0.1:PORT", ca_file=ca_file)
    sink = Sink(lambda _: None, SinkSettings(tls=server_tls, implicit_tls=True))
    error = run_loop(attempt(sink, settings, "pw"))
    assert (error.phase, error.reply) == (Phase.AUTH, None)
    assert "offers no login" in error.problem


def test_none_of_the_wanted_logins_offered(run_loop, server_tls, ca_file) -> None:
    settings = RelaySettings(url=f"smtps://{USER}127.0.0.1:PORT", ca_file=ca_file, auth=("XOAUTH2",))
    sink = Sink(lambda _: None, SinkSettings(tls=server_tls, implicit_tls=True, login=LOGIN))
    error = run_loop(attempt(sink, settings, "token"))
    assert "offers only PLAIN, LOGIN" in error.problem
    assert "XOAUTH2" in error.problem


def test_a_login_that_is_down_may_be_tried_again(run_loop, server_tls, ca_file) -> None:
    relay = Relay(
        SinkSettings(tls=server_tls, implicit_tls=True, login=LOGIN),
        lambda _conversation, verb, _argument: b"454 4.7.0 Temporary failure" if verb == "AUTH" else None,
    )
    settings = RelaySettings(url=f"smtps://{USER}127.0.0.1:PORT", ca_file=ca_file)
    error = run_loop(attempt(relay.sink, settings, "pw"))
    assert (error.phase, error.reply.enhanced, error.temporary) == (Phase.AUTH, "4.7.0", True)


ACTS: dict[str, Callable[[FaultyConversation], bytes]] = {
    "close": FaultyConversation.close,
    "hang": FaultyConversation.hang,
    "4xx": lambda _: b"450 4.3.2 Busy",
    "5xx": lambda _: b"554 5.3.2 No SMTP service here",
    "421": lambda _: b"421 4.3.2 Shutting down",
    "nonsense": lambda _: b"HTTP/1.1 400 Bad Request",
}


@pytest.mark.parametrize("verb", ["GREETING", "EHLO"])
@pytest.mark.parametrize("act", ACTS)
def test_each_failure_before_a_transaction_has_its_phase(run_loop, verb, act) -> None:
    relay = Relay(fault=lambda conversation, it, _: ACTS[act](conversation) if it == verb else None)
    settings = RelaySettings(url="smtp+plain://127.0.0.1:PORT", connect_timeout=0.3, timeout=0.3)
    error = run_loop(attempt(relay.sink, settings))
    assert error.phase is Phase[verb]
    assert error.temporary is (act not in {"5xx", "nonsense"})
    assert (error.reply is not None) is (act in {"4xx", "5xx", "421"})


@pytest.mark.parametrize("act", ACTS)
def test_each_failure_of_starttls_is_reported(run_loop, server_tls, ca_file, act) -> None:
    relay = Relay(
        SinkSettings(tls=server_tls),
        lambda conversation, verb, _: ACTS[act](conversation) if verb == "STARTTLS" else None,
    )
    settings = RelaySettings(url="smtp+starttls://127.0.0.1:PORT", ca_file=ca_file, connect_timeout=0.3, timeout=0.3)
    assert run_loop(attempt(relay.sink, settings)).phase is Phase.TLS


def test_a_refused_connection(run_loop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(RelayError) as caught:
        run_loop(open_session(RelaySettings(url=f"smtp+plain://127.0.0.1:{port}"), None))
    assert (caught.value.phase, caught.value.temporary) == (Phase.CONNECT, True)
    assert f"127.0.0.1:{port}" in caught.value.problem
    assert "refuses the connection" in caught.value.problem


def test_a_host_without_address(run_loop) -> None:
    with pytest.raises(RelayError) as caught:
        run_loop(open_session(RelaySettings(url="smtp+plain://relay.invalid"), None))
    assert caught.value.phase is Phase.CONNECT
    assert "relay.invalid has no address" in caught.value.problem


def test_a_user_without_password_is_a_matter_of_the_settings(run_loop) -> None:
    with pytest.raises(CampaignError, match="password"):
        run_loop(open_session(RelaySettings(url="smtps://anna@127.0.0.1"), None))


@pytest.mark.parametrize(("content", "problem"), [(None, "No such file"), ("no PEM", "cannot be read")])
def test_a_ca_file_that_is_none(run_loop, tmp_path, content, problem) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(CampaignError, match=problem) as caught:
        run_loop(open_session(RelaySettings(url="smtps://127.0.0.1", ca_file=str(path)), None))
    assert "ca_file" in caught.value.next_step


@pytest.mark.parametrize("hello", ["two words", "a\r\nMAIL", "żółć.example", "[1.2.3.4"])
def test_an_impossible_name_for_ehlo(run_loop, hello) -> None:
    with pytest.raises(CampaignError, match="hello"):
        run_loop(open_session(RelaySettings(url="smtp+plain://127.0.0.1", hello=hello), None))


@pytest.mark.parametrize("hello", ["mail.acme.example", "[192.0.2.1]", "[IPv6:2001:db8::1]"])
def test_ehlo_sends_the_configured_name(run_loop, hello) -> None:
    names = []
    relay = Relay(fault=lambda _conversation, verb, argument: names.append(argument) if verb == "EHLO" else None)
    run_loop(deliver(relay, FakeSource([message(1)]), hello=hello))
    assert names == [hello.encode()]


def test_a_connection_closed_while_it_changes_hands_is_noticed(run_loop) -> None:
    """The relay leaves right after its EHLO reply: an error of opening, or an outcome of the first message."""
    relay = Relay(fault=lambda conversation, verb, _: leave(conversation) if verb == "EHLO" else None)

    def leave(conversation: FaultyConversation) -> bytes:
        conversation.write(b"250 sink.example\r\n")
        return conversation.close()

    source = FakeSource([message(1)])
    run_loop(deliver(relay, source))
    assert len(source.outcomes) + len(source.unreachable_errors) == 1
    assert source.out == {}


def test_cancelled_while_opening_everything_is_closed_and_the_message_back(run_loop) -> None:
    reached = asyncio.Event()

    def hang(conversation: FaultyConversation, _verb: str, _argument: bytes) -> bytes:
        reached.set()
        return conversation.hang()

    relay, source = Relay(fault=hang), FakeSource([message(1)])

    run_loop(deliver_until_cancelled(relay, source, reached))
    assert source.backs == {1: 1}
