"""The messages of a folder on a mail server (IMAP, RFC 3501 and 9051). Nothing there is marked, moved or changed.

Only this module imports imapclient, which is an extra: importing it fails where the extra is not installed.
"""

from __future__ import annotations

import imaplib
import socket
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, date, datetime, timedelta
from io import BytesIO
from typing import Any

from imapclient import IMAPClient, SocketTimeout
from imapclient.exceptions import LoginError

from mass_apology.bounces.bounce_report import one_line
from mass_apology.bounces.boxes import BoxMessage, of_message
from mass_apology.bounces.imap_url import Mailbox, Scheme
from mass_apology.errors import InputError
from mass_apology.mail_parts import LIMIT

CONNECT_TIMEOUT = 30.0  # seconds to connect, for TLS, and for the greeting
READ_TIMEOUT = 300.0  # seconds for an answer: a search in a folder of millions takes its time

_AT_ONCE = 4 << 20  # octets that one command asks for
_SIZES_AT_ONCE = 1000  # messages whose sizes one command asks for
_FOLDERS = 30  # that an error names if the wanted one is missing
_BEGINNING = f"BODY.PEEK[]<0.{LIMIT}>"  # PEEK: reading marks nothing as seen (RFC 3501 §6.4.5)
_ANSWERED = b"BODY[]<0>"


def messages(mailbox: Mailbox, password: str, since: float | None) -> Iterator[BoxMessage]:
    """The folder's messages that arrived at ``since`` (Unix seconds) or later, the oldest first; all for ``None``.

    The server compares whole days by its own clock, so the day before is included. Of a message that is larger
    than ``parts.LIMIT`` only so much is fetched, and its key is that part's.

    Raises:
        InputError: there is no such server, user or folder, TLS fails, or the connection ends.
    """
    with _wrap_errors(mailbox), _Client(mailbox) as client:
        _log_in(client, mailbox, password)
        _open(client, mailbox)
        found = sorted(client.search(["SINCE", _day_before(since)] if since is not None else "ALL"))
        for start in range(0, len(found), _SIZES_AT_ONCE):
            sizes = client.fetch(found[start : start + _SIZES_AT_ONCE], ["RFC822.SIZE"])
            for group in _groups({uid: int(said.get(b"RFC822.SIZE", 0)) for uid, said in sorted(sizes.items())}):
                yield from _fetched(client, group, mailbox)


class _Client(IMAPClient):  # type: ignore[misc]  # imapclient has no types
    """A client whose connections are the standard library's.

    imapclient 3.1 forgets the time limit of a connection under TLS (mjs/imapclient#646), so that a host that is gone
    would hold us for minutes, and a mute one for ever.
    """

    def __init__(self, mailbox: Mailbox) -> None:
        self._scheme = mailbox.scheme
        super().__init__(
            mailbox.host,
            mailbox.port,
            ssl=mailbox.scheme is Scheme.TLS,
            timeout=SocketTimeout(CONNECT_TIMEOUT, READ_TIMEOUT),
        )

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 (imapclient's name)
        if self._scheme is Scheme.TLS:
            context = ssl.create_default_context()  # verifies the certificate and the name in it
            return imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=CONNECT_TIMEOUT)
        connection = imaplib.IMAP4(self.host, self.port, timeout=CONNECT_TIMEOUT)
        if self._scheme is Scheme.STARTTLS:
            try:
                connection.starttls(ssl.create_default_context())
            except BaseException:
                with suppress(OSError):  # closed by the failure
                    connection.shutdown()
                raise
        return connection


def _log_in(client: Any, mailbox: Mailbox, password: str) -> None:
    plain = client.has_capability("AUTH=PLAIN")  # RFC 4616: in UTF-8
    if not plain and not (mailbox.user + password).isascii():
        raise InputError(
            f"The mail server {mailbox.place} takes no user or password with characters other than ASCII.",
            next_step="Give the mailbox another password there.",
        )
    try:
        (client.plain_login if plain else client.login)(mailbox.user, password)
    except LoginError as error:
        cause = error.__context__
        if isinstance(cause, imaplib.IMAP4.abort):  # the connection ended
            raise cause from None
        # "from None": what is behind it may hold what was sent.
        raise InputError(
            f"The mail server {mailbox.place} refuses {mailbox.user}: {_error_text(cause or error)}.",
            next_step="Correct the user in the URL, or what --password names. Some servers want a password that is "
            "made for programs.",
        ) from None


def _open(client: Any, mailbox: Mailbox) -> None:
    """EXAMINE: the same as SELECT, and the server lets nothing be changed (RFC 3501 §6.3.2)."""
    try:
        client.select_folder(mailbox.folder, readonly=True)
    except imaplib.IMAP4.abort:
        raise
    except imaplib.IMAP4.error as error:
        folders = [name for flags, _, name in client.list_folders() if b"\\Noselect" not in flags]
        more = " and others" if len(folders) > _FOLDERS else ""
        said = _error_text(error).removeprefix("select failed: ")
        raise InputError(
            f"The folder {mailbox.folder} of {mailbox.user} cannot be opened: {said}.",
            next_step=f"There are: {', '.join(map(str, folders[:_FOLDERS]))}{more}. Name one of them after the host.",
        ) from error


def _day_before(since: float) -> date:
    return (datetime.fromtimestamp(since, UTC) - timedelta(days=1)).date()


def _groups(sizes: Mapping[int, int]) -> Iterator[list[int]]:
    """UIDs to be fetched with one command each."""
    group: list[int] = []
    octets = 0
    for uid, size in sizes.items():
        if group and octets + min(size, LIMIT) > _AT_ONCE:
            yield group
            group, octets = [], 0
        group.append(uid)
        octets += min(size, LIMIT)
    if group:
        yield group


def _fetched(client: Any, uids: Sequence[int], mailbox: Mailbox) -> Iterator[BoxMessage]:
    said = client.fetch(uids, [_BEGINNING])
    for uid in uids:
        data = said.get(uid, {}).get(_ANSWERED)
        if data:  # deleted meanwhile otherwise
            yield of_message(BytesIO(data), f"{mailbox.folder} at {mailbox.host}, UID {uid}")


@contextmanager
def _wrap_errors(mailbox: Mailbox) -> Iterator[None]:
    """Turn errors of the network, TLS and the server into ``InputError``."""
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        raise InputError(
            f"The certificate of {mailbox.place} cannot be trusted: {error.verify_message}.",
            next_step="Use the name that is in the certificate; for an authority of your own, name its file in the "
            "environment variable SSL_CERT_FILE.",
        ) from error
    except ssl.SSLError as error:
        raise InputError(
            f"No protected connection to {mailbox.place} came about: {error.reason or error}.",
            next_step="imaps:// is mostly on port 993, imap+starttls:// on port 143.",
        ) from error
    except socket.gaierror as error:
        raise InputError(
            f"There is no host {mailbox.host}: {error.strerror}.", next_step="Correct the host after --from."
        ) from error
    except (OSError, imaplib.IMAP4.error) as error:
        raise InputError(
            f"The mailbox at {mailbox.place} cannot be read: {_error_text(error)}.",
            next_step="Try again later, or look at the host and the port. Reading it again changes nothing.",
        ) from error


def _error_text(error: BaseException) -> str:
    """The text of the server's or the system's error, on one line."""
    said = error.args[-1] if error.args else ""
    text = said.decode(errors="replace") if isinstance(said, bytes) else str(said)
    return one_line(text, 200).rstrip(".") or type(error).__name__
