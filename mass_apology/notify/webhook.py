"""Tells a server by one HTTP POST, signed as Standard Webhooks 1.0.0 says (www.standardwebhooks.com).

``webhook-signature`` is ``v1,`` and the Base64 of HMAC-SHA256 over "ID.TIMESTAMP.BODY". A try is one connection: no
redirect is followed, no proxy is used, the body of the answer is not read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import socket
import ssl
import time
from binascii import Error as Base64Error
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from threading import Timer
from urllib.parse import urlsplit

from msgspec import Struct

from mass_apology import __version__
from mass_apology.errors import CampaignError
from mass_apology.notify.channel import NotTold
from mass_apology.notify.notification import Notification, encoded
from mass_apology.server_url import host_and_port, is_this_machine, joined

KEY_PREFIX = "whsec_"  # of a secret in Base64, as the standard writes it; any other secret is used as it is
LATER = frozenset({408, 425, 429})  # of the 4xx, those that may pass


class Place(Struct, frozen=True, kw_only=True):
    """Where a webhook is."""

    tls: bool
    host: str
    port: int
    target: str  # path and query, as the request line has them; it may hold a token, so nobody is shown it

    @property
    def shown(self) -> str:
        """``host:port``, for people."""
        return joined(self.host, self.port)


def webhook_place(url: str) -> Place:
    """Reads the URL. Raises ``ValueError`` whose text completes "`key` …" and never repeats the URL."""
    if not url.isascii() or not url.isprintable() or " " in url:
        raise ValueError("holds a blank or another character that no URL has; write it percent-encoded")
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ValueError("cannot be read as a URL") from None  # the original's text repeats a part of it
    if parts.scheme not in {"https", "http"}:
        raise ValueError("does not begin with https://")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise ValueError("holds a user, a password or a #, which are not sent; take them out")
    try:
        host, port = host_and_port(parts, "the webhook's")
    except ValueError as error:
        raise ValueError(f"cannot be used: {str(error).rstrip('.')}") from None
    tls = parts.scheme == "https"
    if not tls and not is_this_machine(host):
        raise ValueError("would send the notification unprotected; write https://, or name 127.0.0.1")
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Place(tls=tls, host=host, port=port or (443 if tls else 80), target=target)


def signing_key(secret: str) -> bytes:
    """The octets of a secret. Raises ``ValueError`` whose text completes the sentence "the secret …"."""
    if not secret.startswith(KEY_PREFIX):
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix(KEY_PREFIX), validate=True)
    except Base64Error:
        raise ValueError(f"begins with {KEY_PREFIX} and is not Base64 after it") from None
    if not key:
        raise ValueError(f"has nothing after {KEY_PREFIX}")
    return key


def signature(key: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """The value of ``webhook-signature``."""
    digest = hmac.new(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


def tls_context(ca_file: str | None) -> ssl.SSLContext:
    """Verifies certificate and name. Raises ``CampaignError`` where the file cannot be used."""
    context = ssl.create_default_context()
    if ca_file is not None:
        try:
            context.load_verify_locations(ca_file)
        except (OSError, ValueError) as error:  # an SSLError is an OSError
            raise CampaignError(
                f"The certificates in {ca_file} cannot be read: {getattr(error, 'strerror', None) or error}.",
                next_step="Correct [notify.webhook] ca_file in campaign.toml: a file with certificates in PEM.",
            ) from error
    return context


class WebhookChannel:
    """One server; see ``channel.Channel``."""

    def __init__(self, place: Place, key: bytes, *, tls: ssl.SSLContext | None, timeout: float) -> None:
        """``timeout``: seconds for one try as a whole, however slowly the server answers."""
        self.name = f"the webhook {place.shown}"
        self._place = place
        self._key = key
        self._tls = tls
        self._timeout = timeout
        self._connection: HTTPConnection | None = None
        self._is_cut = False

    def tell(self, notification: Notification) -> None:
        """One POST."""
        self._is_cut = False
        limit = Timer(self._timeout, self.abandon)
        limit.daemon = True
        limit.start()
        try:
            status = self._post(notification)
        except ssl.SSLCertVerificationError as error:
            raise NotTold(f"its certificate is refused ({error.verify_message})", may_help=False) from error
        except TimeoutError as error:
            raise self._too_slow() from error
        except (OSError, HTTPException, ValueError) as error:  # ValueError: what was read from was cut meanwhile
            if self._is_cut:  # by us, which looks like a server that went away
                raise self._too_slow() from error
            why = getattr(error, "strerror", None) or f"no HTTP answer ({type(error).__name__})"
            raise NotTold(why, may_help=True) from error
        finally:
            limit.cancel()
            self._close()
        if self._is_cut:  # in the middle of its headers, which http.client takes for their end
            raise self._too_slow()
        _require_taken(status)

    def _too_slow(self) -> NotTold:
        return NotTold(f"no answer within {self._timeout:g} s", may_help=True)

    def _post(self, notification: Notification) -> int:
        body, now = encoded(notification), int(time.time())
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"mass-apology/{__version__}",
            "Connection": "close",
            "webhook-id": notification.id,
            "webhook-timestamp": str(now),
            "webhook-signature": signature(self._key, notification.id, now, body),
        }
        place, timeout = self._place, self._timeout
        connection = (
            HTTPConnection(place.host, place.port, timeout=timeout)
            if self._tls is None
            else HTTPSConnection(place.host, place.port, timeout=timeout, context=self._tls)
        )
        self._connection = connection
        connection.request("POST", place.target, body=body, headers=headers)
        return connection.getresponse().status

    def abandon(self) -> None:
        """Cut the connection: whoever reads from it fails at once."""
        self._is_cut = True
        sock = self._connection.sock if self._connection is not None else None
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _require_taken(status: int) -> None:
    if 300 <= status < 400:
        raise NotTold(f"it answered {status}, a redirect, which is not followed", may_help=False)
    if not 200 <= status < 300:
        raise NotTold(f"it answered {status}", may_help=status >= 500 or status in LATER)
