"""Sendmail: the line with the Message-ID comes before a milter's last word, so a letter counts once a mailer has it."""

from __future__ import annotations

import re
from collections.abc import Set

from mass_apology.relay_log.log_events import Disposition, LogEvent, printable

# "mx1 sm-mta[219]: 6AM2pLQ7000219: from=<…>, size=5511, …, msgid=<…>, proto=ESMTP, …"
_HEAD = re.compile(rb"(?<!\S)(\S{1,255}) [^\s\[]{1,64}\[\d{1,10}\]: ([0-9A-Za-z]{10,20}): (from=|to=|Milter: )([^\n]*)")
_ID = re.compile(rb", msgid=<([^<>\s]{1,500})>")


class Sendmail:
    """Reads the lines of one or several Sendmail servers, in order. ``RelayLog`` makes one for each log."""

    def __init__(self, wanted: Set[str]) -> None:
        """``wanted``: Message-IDs without angle brackets."""
        self._wanted = wanted
        self._letters: dict[tuple[bytes, bytes], str] = {}  # Message-IDs of open transactions, by host and queue id

    def take(self, line: bytes) -> LogEvent | None:
        """The event in this line, if it is about a wanted letter."""
        if not (b", msgid=<" in line or self._letters):
            return None
        head = _HEAD.search(line)
        return self._event(head) if head else None

    def _event(self, head: re.Match[bytes]) -> LogEvent | None:
        host, queue_id, what, rest = head.groups()
        if what == b"from=":
            found = _ID.search(rest)
            message_id = found[1].decode("utf-8", "replace") if found else ""
            if message_id not in self._wanted:
                return None
            self._letters[host, queue_id] = message_id
            return LogEvent(
                message_id=message_id, disposition=Disposition.NAMED, queue_id=printable(queue_id), text="msgid="
            )
        if (host, queue_id) not in self._letters:
            return None
        # If a milter refused the letter, its recipients have a line, too, but without a mailer.
        taken, refused = what == b"to=" and b", mailer=" in rest, what == b"Milter: " and b"reject=" in rest
        if not (taken or refused):
            return None
        return LogEvent(
            message_id=self._letters.pop((host, queue_id)),
            disposition=Disposition.TAKEN if taken else Disposition.NOT_TAKEN,
            queue_id=printable(queue_id),
            text=printable(what + rest),
        )
