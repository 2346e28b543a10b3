"""Postfix: finds the letters in its queue, and the transactions that ended before the queue.

`cleanup` writes a letter's Message-ID as soon as it has read the header, so the line alone proves nothing: the client
may be gone before the final dot. In the queue is what `qmgr` has made active, and what somebody tried to deliver. Not
taken is what a milter or a rule rejects, and what `smtpd` was still reading when the client went away: "lost connection
after DATA (3366 bytes)". It writes that line before `cleanup` writes the Message-ID of what had come. The
line of a rule that holds or discards comes before the final dot too, and proves nothing.
"""

from __future__ import annotations

import re
from collections.abc import Set

from mass_apology.relay_log.log_events import Disposition, LogEvent, printable

# The part after "mx1 postfix/smtpd": a process, perhaps a queue id, and a known word.
_WORDS = re.compile(
    rb"\[(\d{1,10})\]: (?:([0-9A-Za-z]{5,25}): )?"
    rb"(client=|message-id=<|from=|to=|reject: |milter-reject: |(?:lost connection|timeout|too many errors) after )"
    rb"([^\n]*)"
)
_TAKEN = re.compile(rb"queue active\)|, status=[a-z]+ ")
_REJECTED = frozenset({b"reject: ", b"milter-reject: "})
_REMEMBERED = 10_000  # processes and broken transactions; servers have fewer at a time

Place = tuple[bytes, bytes]
"""A host, and a queue id or a process on it."""


class Postfix:
    """Reads the lines of one or several Postfix servers, in order. ``RelayLog`` makes one for each log."""

    def __init__(self, wanted: Set[str]) -> None:
        """``wanted``: Message-IDs without angle brackets."""
        self._wanted = wanted
        self._letters: dict[Place, str] = {}  # Message-IDs of transactions that are still open, by host and queue id
        self._receiving: dict[Place, bytes] = {}  # the queue id that each smtpd gave last, by host and process
        self._broken: dict[Place, bytes] = {}  # the log's text about failed transactions that had no Message-ID yet

    def take(self, line: bytes) -> LogEvent | None:
        """The event in this line, if it is about a wanted letter."""
        if not (self._letters or b": message-id=<" in line or b": client=" in line or b" after DATA" in line):
            return None
        start = line.find(b"[")
        words = _WORDS.match(line, start) if start > 0 else None
        return self._event(line[:start], words) if words else None

    def _event(self, head: bytes, words: re.Match[bytes]) -> LogEvent | None:
        before, _, name = head.rpartition(b" ")
        host, daemon = before.rpartition(b" ")[2], name.rpartition(b"/")[2]  # administrators may choose the rest
        process, queue_id, what, rest = words.groups()
        if what.endswith(b" after "):
            return self._broken_off(host, process, what + rest) if daemon == b"smtpd" else None
        if queue_id is None:
            return None
        if what == b"client=":
            self._received(host, process, queue_id)
        elif what == b"message-id=<":
            return self._named(host, queue_id, rest.partition(b">")[0])
        elif what in _REJECTED:
            return self._closed(host, queue_id, Disposition.NOT_TAKEN, what + rest) if daemon == b"cleanup" else None
        elif _TAKEN.search(rest):
            return self._closed(host, queue_id, Disposition.TAKEN, what + rest)
        return None

    def _received(self, host: bytes, process: bytes, queue_id: bytes) -> None:
        _remember(self._receiving, (host, process), queue_id)
        self._broken.pop((host, queue_id), None)  # short queue ids are reused for other letters
        self._letters.pop((host, queue_id), None)

    def _named(self, host: bytes, queue_id: bytes, octets: bytes) -> LogEvent | None:
        message_id = octets.decode("utf-8", "replace")
        if message_id not in self._wanted:
            self._letters.pop((host, queue_id), None)
            return None
        self._letters[host, queue_id] = message_id
        text = self._broken.pop((host, queue_id), None)
        if text is not None:
            return self._closed(host, queue_id, Disposition.NOT_TAKEN, text)
        return LogEvent(
            message_id=message_id, disposition=Disposition.NAMED, queue_id=printable(queue_id), text="message-id="
        )

    def _broken_off(self, host: bytes, process: bytes, text: bytes) -> LogEvent | None:
        queue_id = self._receiving.pop((host, process), None)
        if queue_id is None or b" after DATA" not in text:
            return None
        event = self._closed(host, queue_id, Disposition.NOT_TAKEN, text)
        if event is None:
            _remember(self._broken, (host, queue_id), text)
        return event

    def _closed(self, host: bytes, queue_id: bytes, disposition: Disposition, text: bytes) -> LogEvent | None:
        message_id = self._letters.pop((host, queue_id), None)
        if message_id is None:
            return None
        return LogEvent(
            message_id=message_id, disposition=disposition, queue_id=printable(queue_id), text=printable(text)
        )


def _remember(places: dict[Place, bytes], place: Place, octets: bytes) -> None:
    places.pop(place, None)
    places[place] = octets[:200]
    if len(places) > _REMEMBERED:
        del places[next(iter(places))]
