"""A folder on a mail server: imaps://user@host:993/INBOX, imap+starttls://user@host:143/INBOX."""

from __future__ import annotations

import re
from enum import StrEnum
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from mass_apology.errors import InputError
from mass_apology.server_url import host_and_port, is_this_machine, joined


class Scheme(StrEnum):
    """How the connection is protected."""

    TLS = "imaps"  # implicit TLS, RFC 8314 §3.2
    STARTTLS = "imap+starttls"  # RFC 9051 §6.2.1; TLS is required all the same
    PLAIN = "imap+plain"  # nothing is protected, so only within this machine


_PORTS = {Scheme.TLS: 993, Scheme.STARTTLS: 143, Scheme.PLAIN: 143}
_NEXT_STEP = (
    "Write it as imaps://user@host/FOLDER or imap+starttls://user@host/FOLDER; in the user and the folder %40 "
    "stands for @, %2F for a slash, %3F for ? and %23 for #."
)
_LOOKS_LIKE_IMAP = re.compile(r"imap[a-z0-9+.-]*://", re.IGNORECASE)


class Mailbox(Struct, frozen=True, kw_only=True):
    """One folder, and who we are there."""

    scheme: Scheme
    host: str  # a name or an IP address, an IPv6 address without its brackets
    port: int
    user: str
    folder: str  # as the server names it

    @property
    def place(self) -> str:
        """``host:port``, as people know it."""
        return joined(self.host, self.port)


def is_imap(source: str) -> bool:
    """Whether this is meant as the URL of a folder, and not as a file."""
    return bool(_LOOKS_LIKE_IMAP.match(source))


def parse(url: str) -> Mailbox:
    """Reads the URL; raises ``InputError``, whose text never repeats it: it may hold a password."""
    parts = _split(url)
    scheme = _scheme(parts)
    host, port = _place(parts)
    if scheme is Scheme.PLAIN and not is_this_machine(host):
        raise InputError(
            "imap+plain:// would send the password and the mail unprotected over a network.",
            next_step="Use imaps:// or imap+starttls://; imap+plain:// is for 127.0.0.1, ::1 and localhost.",
        )
    return Mailbox(
        scheme=scheme,
        host=host,
        port=_PORTS[scheme] if port is None else port,
        user=_user(parts),
        folder=_folder(parts),
    )


def _split(url: str) -> SplitResult:
    if not url.isprintable():  # urlsplit drops tabs and newlines in silence
        raise InputError("The mailbox's URL holds a control character.", next_step=_NEXT_STEP)
    try:
        parts = urlsplit(url)
    except ValueError:
        # "from None": the original's text repeats a part of the URL.
        raise InputError("The mailbox's URL cannot be read.", next_step=_NEXT_STEP) from None
    if parts.query or parts.fragment:
        raise InputError("The mailbox's URL has a ? or a # after the folder.", next_step=_NEXT_STEP)
    return parts


def _scheme(parts: SplitResult) -> Scheme:
    try:
        return Scheme(parts.scheme)
    except ValueError:
        problem = "The mailbox's URL does not say how the connection is protected."
        raise InputError(problem, next_step=_NEXT_STEP) from None


def _place(parts: SplitResult) -> tuple[str, int | None]:
    try:
        return host_and_port(parts, "the mailbox's")
    except ValueError as error:
        raise InputError(str(error), next_step=_NEXT_STEP) from None


def _user(parts: SplitResult) -> str:
    if parts.password is not None:
        raise InputError(
            "The mailbox's URL holds a password, which other users of this machine can see while the command runs.",
            next_step="Change the password, and say where it is kept: --password env:NAME, file:PATH or "
            "keyring:SERVICE.",
        )
    user = unquote(parts.username or "")
    if not user or not user.isprintable():
        raise InputError("The mailbox's URL names no user, or one with a control character.", next_step=_NEXT_STEP)
    return user


def _folder(parts: SplitResult) -> str:
    folder = unquote(parts.path.removeprefix("/"))
    if not folder.isprintable():
        raise InputError("The folder in the mailbox's URL holds a control character.", next_step=_NEXT_STEP)
    return folder or "INBOX"
