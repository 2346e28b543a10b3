"""A small SMTP server for demo, tests and benchmarks (RFC 5321): it accepts every message and calls a callback."""

from __future__ import annotations

import asyncio
import base64
import binascii
import ssl
from collections.abc import Callable
from types import TracebackType
from typing import Self, cast

from msgspec import Struct

_END = b"\r\n.\r\n"
_HOST = "127.0.0.1"


class Received(Struct, frozen=True, kw_only=True):
    """One message the sink accepted."""

    sender: str  # MAIL FROM, without the angle brackets
    recipients: tuple[str, ...]  # RCPT TO, without the angle brackets
    mail_parameters: tuple[str, ...]  # e.g. "BODY=8BITMIME"
    rcpt_parameters: tuple[str, ...]  # of the last recipient
    data: bytes  # the content, dot-stuffing undone


class SinkSettings(Struct, frozen=True, kw_only=True):
    """The extensions, login and latency of a sink."""

    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 26214400", "ENHANCEDSTATUSCODES")
    tls: ssl.SSLContext | None = None  # STARTTLS is offered
    implicit_tls: bool = False  # instead, TLS from the first octet
    login: tuple[str, str] | None = None  # user and password, required before MAIL
    latency: float = 0.0  # seconds between a command and its reply


_DEFAULTS = SinkSettings()


class SinkConversation(asyncio.Protocol):
    """The server's side of one connection. Subclasses in tests misbehave."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._settings = sink.settings
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._replies = bytearray()  # to all that arrived together
        self._then: Callable[[], None] | None = None  # called when the replies are written
        self._takes_content = False
        self._logged_in = self._settings.login is None
        self._challenge: Callable[[bytes], bytes] | None = None  # takes the next line, in the middle of AUTH
        self._expects_tls = False  # from STARTTLS until the handshake is over
        self._handshake: asyncio.Task[None] | None = None  # kept, since the loop does not keep it
        self._answers = {
            "GREETING": self._greeting,
            "EHLO": self._ehlo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "DATA": self._data,
            ".": self._dot,
            "RSET": self._rset,
            "QUIT": self._quit,
        }
        self._forget()

    def respond(self, verb: str, argument: bytes) -> bytes:
        """The reply, without its CRLF, to a command, a new connection ("GREETING") or a content (".")."""
        if not self._logged_in and verb in {"MAIL", "RCPT", "DATA"}:
            return b"530 5.7.0 Authentication required"
        answer = self._answers.get(verb)
        return answer(argument) if answer else b"500 5.5.2 Unknown command"

    def write(self, replies: bytes) -> None:
        """Writes whole replies; the connection may be gone by now."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(replies)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        is_new = self._transport is None
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is none by its class, but by its methods
        self._sink.connections.add(self._transport)
        if is_new:
            self._say(self.respond("GREETING", b""))
            self._flush()

    def connection_lost(self, _error: Exception | None) -> None:
        if self._transport is not None:
            self._sink.connections.discard(self._transport)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._expects_tls:
            return  # the first octets under TLS may come before start_tls() has returned the transport to answer by
        while self._take_content() if self._takes_content else self._take_line():
            pass
        self._flush()

    def _take_line(self) -> bool:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        challenge, self._challenge = self._challenge, None
        if challenge is None:
            verb, _, argument = line.partition(b" ")
            self._say(self.respond(verb.upper().decode("ascii", "replace"), argument))
        else:
            self._say(challenge(line))
        return True

    def _take_content(self) -> bool:
        # The CRLF of DATA counts as the one before the dot of an empty content (RFC 5321 §4.1.1.4).
        end = -2 if self._buffer.startswith(_END[2:]) else self._buffer.find(_END)
        if end == -1:
            return False
        content = bytes(self._buffer[: end + 2])
        del self._buffer[: end + len(_END)]
        self._takes_content = False
        self._say(self.respond(".", content))
        return True

    def _say(self, reply: bytes) -> None:
        self._replies += reply + b"\r\n"

    def _flush(self) -> None:
        replies, self._replies = bytes(self._replies), bytearray()
        then, self._then = self._then, None
        if self._settings.latency and replies:
            asyncio.get_running_loop().call_later(self._settings.latency, self._reply, replies, then)
        elif replies:
            self._reply(replies, then)

    def _reply(self, replies: bytes, then: Callable[[], None] | None) -> None:
        self.write(replies)
        if then is not None:
            then()

    def _forget(self) -> None:
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._mail_parameters: tuple[str, ...] = ()
        self._rcpt_parameters: tuple[str, ...] = ()

    def _is_secure(self) -> bool:
        return self._transport is not None and self._transport.get_extra_info("sslcontext") is not None

    # The commands.

    def _greeting(self, _argument: bytes) -> bytes:
        return b"220 sink.example ESMTP"

    def _ehlo(self, _argument: bytes) -> bytes:
        self._forget()
        lines = ["sink.example", *self._settings.extensions]
        if self._settings.tls is not None and not self._is_secure():
            lines.append("STARTTLS")
        elif self._settings.login is not None:
            lines.append("AUTH PLAIN LOGIN")
        *firsts, last = lines
        return "\r\n".join([*(f"250-{line}" for line in firsts), f"250 {last}"]).encode()

    def _starttls(self, _argument: bytes) -> bytes:
        if self._settings.tls is None or self._is_secure():
            return b"454 4.7.0 TLS not available"
        self._buffer.clear()  # what came before TLS must not count (RFC 3207 §5)
        self._expects_tls = True
        self._then = self._shake_hands
        return b"220 2.0.0 Ready to start TLS"

    def _shake_hands(self) -> None:
        if self._transport is not None and self._settings.tls is not None:
            protecting = self._protect(self._transport, self._settings.tls)
            self._handshake = asyncio.get_running_loop().create_task(protecting)

    async def _protect(self, plain: asyncio.Transport, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        try:
            transport = await loop.start_tls(plain, self, context, server_side=True)
        except OSError:  # the client did not like the certificate, or left
            plain.abort()
            return
        if transport is not None:
            self._sink.connections.discard(plain)
            self.connection_made(transport)
            self._expects_tls = False
            self.data_received(b"")

    def _auth(self, argument: bytes) -> bytes:
        mechanism, _, initial = argument.partition(b" ")
        if mechanism.upper() == b"PLAIN":
            return self._auth_plain(initial) if initial else self._ask(b"", self._auth_plain)
        if mechanism.upper() == b"LOGIN":
            return self._auth_user(initial) if initial else self._ask(b"Username:", self._auth_user)
        return b"504 5.5.4 Unknown mechanism"

    def _ask(self, prompt: bytes, answer: Callable[[bytes], bytes]) -> bytes:
        self._challenge = answer
        return b"334 " + base64.b64encode(prompt)

    def _auth_plain(self, line: bytes) -> bytes:
        _, _, credentials = _decoded(line).partition(b"\0")
        user, _, password = credentials.partition(b"\0")
        return self._log_in(user, password)

    def _auth_user(self, line: bytes) -> bytes:
        user = _decoded(line)
        return self._ask(b"Password:", lambda password: self._log_in(user, _decoded(password)))

    def _log_in(self, user: bytes, password: bytes) -> bytes:
        self._logged_in = self._settings.login == (user.decode(), password.decode())
        return b"235 2.7.0 Welcome" if self._logged_in else b"535 5.7.8 Wrong user or password"

    def _mail(self, argument: bytes) -> bytes:
        if self._sender is not None:
            return b"503 5.5.1 There is a sender already"
        self._sender, self._mail_parameters = _path(argument)
        return b"250 2.1.0 Ok"

    def _rcpt(self, argument: bytes) -> bytes:
        if self._sender is None:
            return b"503 5.5.1 MAIL comes first"
        recipient, self._rcpt_parameters = _path(argument)
        self._recipients.append(recipient)
        return b"250 2.1.5 Ok"

    def _data(self, _argument: bytes) -> bytes:
        if not self._recipients:
            return b"554 5.5.1 No valid recipients"
        self._takes_content = True
        return b"354 End with a dot on its own line"

    def _dot(self, content: bytes) -> bytes:
        received = Received(
            sender=self._sender or "",
            recipients=tuple(self._recipients),
            mail_parameters=self._mail_parameters,
            rcpt_parameters=self._rcpt_parameters,
            data=(b"\r\n" + content).replace(b"\r\n.", b"\r\n")[2:],  # RFC 5321 §4.5.2
        )
        self._forget()
        self._sink.take(received)
        return b"250 2.0.0 Accepted"

    def _rset(self, _argument: bytes) -> bytes:
        self._forget()
        return b"250 2.0.0 Ok"

    def _quit(self, _argument: bytes) -> bytes:
        self._then = self._leave
        return b"221 2.0.0 Bye"

    def _leave(self) -> None:
        if self._transport is not None:
            self._transport.close()


class Sink:
    """A server on a free port of 127.0.0.1, for as long as the ``async with`` lasts."""

    def __init__(
        self,
        accept: Callable[[Received], None],
        settings: SinkSettings = _DEFAULTS,
        conversation: Callable[[Sink], asyncio.Protocol] = SinkConversation,
    ) -> None:
        self.settings = settings
        self.accepted = 0  # messages
        self.port = 0  # known once it listens
        self.connections: set[asyncio.Transport] = set()  # open ones
        self._accept = accept
        self._conversation = conversation
        self._server: asyncio.Server | None = None

    @property
    def url(self) -> str:
        """What to write under [relay] url to reach it in the clear."""
        return f"smtp+plain://{_HOST}:{self.port}"

    def take(self, received: Received) -> None:
        """Counts a message and passes it on; called by the conversations."""
        self.accepted += 1
        self._accept(received)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: self._conversation(self),
            _HOST,
            0,
            ssl=self.settings.tls if self.settings.implicit_tls else None,
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
            for transport in list(self.connections):
                transport.abort()
            await self._server.wait_closed()


def _path(argument: bytes) -> tuple[str, tuple[str, ...]]:
    """Address and parameters of MAIL or RCPT."""
    path, *parameters = argument.partition(b":")[2].strip().decode().split(" ")
    return path.strip("<>"), tuple(parameters)


def _decoded(line: bytes) -> bytes:
    try:
        return base64.b64decode(line, validate=True)
    except binascii.Error:
        return b""
