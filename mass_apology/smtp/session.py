"""Opens connections: aiosmtplib does TCP, greeting, EHLO, TLS and login, and then ``wire`` takes the connection over.

aiosmtplib's own transactions are not used: they do not distinguish a failure before the final dot from one after it.
No other module imports aiosmtplib.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import aiosmtplib
from msgspec import Struct

from mass_apology.errors import CampaignError, RelayError
from mass_apology.model import Extensions, Phase
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp import failures
from mass_apology.smtp.replies import make_reply, printable
from mass_apology.smtp.url import Endpoint, Scheme, parse
from mass_apology.smtp.wire import Wire
from mass_apology.system.regular_file import refuse_special

_HELLO = re.compile(r"[A-Za-z0-9._-]+|\[[A-Za-z0-9.:]+\]")  # a domain or an address literal, RFC 5321 §4.1.1.1
_CONTINUE, _LOGGED_IN = 334, 235  # RFC 4954 §4
_MECHANISM_NAME = re.compile(r"[A-Z0-9_-]{1,20}")  # RFC 4422 §3.1
_LARGEST_SIZE = 20  # digits: RFC 1870 §5 has no more
_MECHANISMS = ("PLAIN", "LOGIN", "CRAM-MD5")  # what a password is good for; XOAUTH2 wants a token, so it must be named


class Session(Struct, frozen=True, kw_only=True):
    """A connection ready for mail transactions."""

    wire: Wire
    extensions: Extensions


class Offer(Struct, frozen=True, kw_only=True):
    """The result of probing a relay."""

    extensions: Extensions
    tls: str | None  # "TLSv1.3"; None if the connection is not protected
    user: str | None  # the user logged in; None without a login


async def open_session(relay: RelaySettings, password: str | None) -> Session:
    """Connect, start TLS and log in, by the settings.

    ``password`` is the OAuth 2 access token if ``auth`` is XOAUTH2. Raises ``RelayError`` with phase and reply for
    failures of the relay, ``CampaignError`` for wrong settings.
    """
    # A task of its own, cancelled until it ends: before Python 3.12 asyncio.wait_for, which aiosmtplib uses, swallows
    # a cancellation that comes together with the awaited result (python/cpython#86296).
    task = asyncio.create_task(_open_session(relay, password))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        while not task.done():
            task.cancel()
            await asyncio.wait([task], timeout=0.05)
        if not task.cancelled() and task.exception() is None:
            task.result().wire.abort()
        raise


async def _open_session(relay: RelaySettings, password: str | None) -> Session:
    client = await _connect(relay, password)
    # No await from here on: the connection's next event must reach its new protocol.
    transport, extensions = client.transport, _extensions(client, relay)
    if transport is None or transport.is_closing():
        raise failures.closed(parse(relay.url), Phase.EHLO if password is None else Phase.AUTH)
    return Session(wire=Wire(cast(asyncio.Transport, transport)), extensions=extensions)


async def probe(relay: RelaySettings, password: str | None) -> Offer:
    """Open a session as ``open_session``, close it, and return what the relay offered; raises the same errors."""
    client = await _connect(relay, password)
    tls = client.get_transport_info("ssl_object")
    offer = Offer(
        extensions=_extensions(client, relay),
        tls=None if tls is None else tls.version(),
        user=parse(relay.url).user if password is not None else None,
    )
    try:
        await client.quit(timeout=relay.connect_timeout)
    except (aiosmtplib.SMTPException, OSError):
        pass  # the offer is known already
    finally:
        client.close()
    return offer


async def _connect(relay: RelaySettings, password: str | None) -> aiosmtplib.SMTP:
    endpoint = parse(relay.url)
    if endpoint.user is not None and password is None:
        problem = f"The relay's password for {endpoint.user} is not known."
        raise CampaignError(problem, next_step="Say in campaign.toml where it is kept: [relay] password.")
    client = aiosmtplib.SMTP(
        hostname=endpoint.host,
        port=endpoint.port,
        local_hostname="localhost",  # never said: every EHLO below names itself, and a default would ask the DNS
        timeout=relay.timeout,
        use_tls=endpoint.scheme is Scheme.TLS,
        start_tls=False,  # done step by step below, so that every failure has its phase
        tls_context=None if endpoint.scheme is Scheme.PLAIN else await asyncio.to_thread(_tls_context, relay.ca_file),
    )
    try:
        await _open(client, endpoint, relay, password)
    except BaseException:
        client.close()
        raise
    return client


async def _open(client: aiosmtplib.SMTP, endpoint: Endpoint, relay: RelaySettings, password: str | None) -> None:
    name = await _ehlo_name(relay)
    with _wrap_errors(endpoint, Phase.CONNECT):
        await client.connect(timeout=relay.connect_timeout)
    await _ehlo(client, endpoint, name)
    if endpoint.scheme is Scheme.STARTTLS:
        if not client.supports_extension("starttls"):
            raise failures.no_starttls(endpoint)
        with _wrap_errors(endpoint, Phase.TLS):
            await client.starttls(timeout=relay.connect_timeout)
        await _ehlo(client, endpoint, name)  # RFC 3207 §4.2: what was offered before is void
    if endpoint.user is not None and password is not None:
        mechanism = _mechanism(client, endpoint, relay)
        with _wrap_errors(endpoint, Phase.AUTH):
            await _log_in(client, mechanism, endpoint.user, password)


async def _ehlo(client: aiosmtplib.SMTP, endpoint: Endpoint, name: str | None) -> None:
    with _wrap_errors(endpoint, Phase.EHLO):
        await client.ehlo(hostname=name or _address_literal(client))


async def _ehlo_name(relay: RelaySettings) -> str | None:
    """The name for EHLO, or ``None`` if this machine has no full domain name."""
    if relay.hello is None:
        return await asyncio.to_thread(_local_domain_name)
    if not _HELLO.fullmatch(relay.hello):
        raise CampaignError(
            "[relay] hello in campaign.toml is neither a host name nor an address in brackets.",
            next_step='Write this machine\'s name, such as hello = "mail.acme.example".',
        )
    return relay.hello


@functools.cache
def _local_domain_name() -> str | None:
    name = socket.getfqdn()
    return name if "." in name and _HELLO.fullmatch(name) else None


def _address_literal(client: aiosmtplib.SMTP) -> str:
    """RFC 5321 §4.1.3."""
    host = str(client.get_transport_info("sockname")[0]).partition("%")[0]
    return f"[IPv6:{host}]" if ":" in host else f"[{host}]"


@functools.lru_cache(maxsize=4)
def _tls_context(ca_file: str | None) -> ssl.SSLContext:
    """A context that trusts the system's authorities and ``ca_file``; cached, since reading them takes 20 ms."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        try:
            refuse_special(Path(ca_file))
            context.load_verify_locations(cafile=ca_file)
        except OSError as error:  # ssl.SSLError is one
            raise CampaignError(
                f"The certificates in {ca_file} cannot be read: {error.strerror or error}.",
                next_step="Correct [relay] ca_file in campaign.toml: it names a PEM file.",
            ) from error
    return context


def _mechanism(client: aiosmtplib.SMTP, endpoint: Endpoint, relay: RelaySettings) -> str:
    """The login mechanism; only one is tried, since a second try with a wrong password could lock the account."""
    offered = _offered(client)
    wanted: tuple[str, ...] = relay.auth or tuple(mechanism for mechanism in offered if mechanism in _MECHANISMS)
    fitting = [mechanism for mechanism in wanted if mechanism in offered]
    if not fitting:
        raise failures.no_login(endpoint, offered, relay.auth or _MECHANISMS)
    return fitting[0]


async def _log_in(client: aiosmtplib.SMTP, mechanism: str, user: str, password: str) -> None:
    methods = {
        "PLAIN": client.auth_plain,
        "CRAM-MD5": client.auth_crammd5,
        "XOAUTH2": client.auth_xoauth2,
    }
    if mechanism == "LOGIN":
        await _log_in_by_login(client, user, password)
    else:
        await methods[mechanism](user, password)


async def _log_in_by_login(client: aiosmtplib.SMTP, user: str, password: str) -> None:
    """AUTH LOGIN with the user as the answer to the prompt; aiosmtplib sends it as an initial response.

    draft-murchison-sasl-login-00 has no initial response, and some servers take one for a wrong login; a second try
    without it could lock the account.
    """
    answers = [base64.b64encode(user.encode()), base64.b64encode(password.encode())]
    reply = await client.execute_command(b"AUTH", b"LOGIN")
    while reply.code == _CONTINUE and answers:
        reply = await client.execute_command(answers.pop(0))
    if reply.code != _LOGGED_IN:
        raise aiosmtplib.SMTPAuthenticationError(reply.code, reply.message)


def _offered(client: aiosmtplib.SMTP) -> tuple[str, ...]:
    """The offered mechanisms, without words that cannot be a name: these could hold control characters."""
    offered = dict.fromkeys(method.upper() for method in client.server_auth_methods)
    return tuple(method for method in offered if _MECHANISM_NAME.fullmatch(method))


def _extensions(client: aiosmtplib.SMTP, relay: RelaySettings) -> Extensions:
    stated = _size(client.esmtp_extensions.get("size"))
    return Extensions(
        pipelining=client.supports_extension("pipelining"),
        eightbitmime=client.supports_extension("8bitmime"),
        smtputf8=client.supports_extension("smtputf8"),
        dsn=client.supports_extension("dsn"),
        size=min((size for size in (stated, relay.size) if size), default=stated),
        auth=_offered(client),
    )


def _size(stated: str | None) -> int | None:
    """The largest message that the relay takes; 0 (no limit) if the parameter is no number (RFC 1870 §4, §5)."""
    if stated is None:
        return None
    return int(stated) if stated.isascii() and stated.isdigit() and len(stated) <= _LARGEST_SIZE else 0


@contextmanager
def _wrap_errors(endpoint: Endpoint, phase: Phase) -> Iterator[None]:
    try:
        yield
    except (aiosmtplib.SMTPException, OSError) as error:
        raise _relay_error(endpoint, phase, error) from error


def _relay_error(endpoint: Endpoint, phase: Phase, error: Exception) -> RelayError:
    reply = error if isinstance(error, aiosmtplib.SMTPResponseException) else None
    if phase is Phase.CONNECT and (reply or isinstance(error.__cause__, aiosmtplib.SMTPException)):
        phase = Phase.GREETING  # aiosmtplib's connect() waits for both
    if reply is None:
        return failures.unopened(endpoint, phase, _cause(error))
    texts = [printable(line.encode("utf-8", "surrogateescape")) for line in reply.message.split("\n")]
    if not 200 <= reply.code <= 599:  # aiosmtplib's -1, or a number that is no reply code
        return failures.not_smtp(endpoint, phase, " ".join(texts))
    return failures.refused(endpoint, phase, make_reply(reply.code, texts))


def _cause(error: BaseException | None) -> BaseException | None:
    """The first cause that is not an exception of aiosmtplib."""
    while isinstance(error, aiosmtplib.SMTPException):
        error = error.__cause__
    return error
