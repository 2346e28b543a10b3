"""The sources of feedback: a mailbox on this machine or on a server, or a file of events."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from mass_apology.bounces import boxes, imap_url
from mass_apology.bounces.bounce_report import Report
from mass_apology.bounces.events import read_events
from mass_apology.bounces.mail_reading import read
from mass_apology.errors import InputError, install_extra
from mass_apology.flows.feedback.log_lines import STANDARD_INPUT
from mass_apology.smtp import password as passwords
from mass_apology.system.regular_file import read_regular

if TYPE_CHECKING:
    from types import ModuleType

MOST_EVENTS = 64 << 20  # octets of one file of events

_WHERE_KEPT = "Say where the mailbox's password is kept: --password env:NAME, file:PATH or keyring:SERVICE."


class Returned(Struct, frozen=True, kw_only=True):
    """One parsed message or event. ``returned`` makes it."""

    key: str  # the same in every box and at every reading
    where: str  # for people: "bounces.mbox, message 12"
    report: Report
    octets: bytes  # the message's beginning, at most ``parts.LIMIT`` octets and one line; or the event as JSON
    suffix: str  # of a file with these octets: ".eml" or ".json"


def returned(source: str, password: str | None, since: float | None) -> Iterator[Returned]:
    """Read the messages or events of ``source``: a path, "-", or the URL of a folder on a mail server.

    From a server only messages since ``since`` (Unix seconds) are read; ``password`` is the place of its password:
    "env:NAME", "file:PATH" or "keyring:SERVICE". Raises ``InputError`` or ``PasswordError``.
    """
    if imap_url.is_imap(source):
        messages = _on_server(source, password, since)
    elif password is not None:
        raise InputError(
            "--password is for a mailbox on a server, and --from names none.",
            next_step="Leave it out, or write --from imaps://user@host/FOLDER.",
        )
    elif Path(source).suffix.lower() in {".json", ".jsonl"}:
        yield from _events(Path(source))
        return
    elif source == STANDARD_INPUT:
        messages = boxes.of_stream(sys.stdin.buffer, "standard input")
    else:
        messages = boxes.messages(Path(source))
    for message in messages:
        report = read(message.data)
        yield Returned(key=message.key, where=message.where, report=report, octets=message.data, suffix=".eml")


def _on_server(url: str, password: str | None, since: float | None) -> Iterator[boxes.BoxMessage]:
    mailbox = imap_url.parse(url)
    imap = _imap()
    messages: Iterator[boxes.BoxMessage] = imap.messages(mailbox, _password(password, mailbox), since)
    return messages


def _imap() -> ModuleType:
    try:
        from mass_apology.bounces import imap  # noqa: PLC0415 (an extra; absent from a plain installation)
    except ImportError as error:
        raise InputError(
            "A mailbox on a server needs the package imapclient, which is not installed.",
            next_step=f"To read it, {install_extra('imap')}",
        ) from error
    return imap


def _password(setting: str | None, mailbox: imap_url.Mailbox) -> str:
    """The mailbox's password. It has no default place, so that the relay's password never goes to another server."""
    if setting is None or not passwords.names_a_place(setting):
        # The option is not repeated: it may be the password itself.
        raise InputError("--password does not say where the mailbox's password is kept.", next_step=_WHERE_KEPT)
    return passwords.read(setting, mailbox.user)


def _events(path: Path) -> Iterator[Returned]:
    try:
        if path.stat().st_size > MOST_EVENTS:
            raise InputError(
                f"{path} is larger than {MOST_EVENTS >> 20} MB.", next_step="Split it, then read the pieces."
            )
        data = read_regular(path, MOST_EVENTS)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror or error}.", next_step="Name a file that is there."
        ) from error
    for number, event in enumerate(read_events(data, str(path)), start=1):
        where = f"{path}, event {number}"
        yield Returned(key=event.key, where=where, report=event.report, octets=event.octets, suffix=".json")
