"""Exim: the main log has a line for every accepted letter, the reject log the header of every refused one.

A letter is lost if the client disconnects right after the final dot ("SMTP connection lost after final dot"); neither
log says which letter it was.
"""

from __future__ import annotations

import re
from collections.abc import Set

from mass_apology.relay_log.log_events import Disposition, LogEvent, printable
from mass_apology.relay_log.log_times import has_timestamp

_ARRIVAL = re.compile(rb" ([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) <= [^\n]*? id=([^\s]{1,500})")
_REFUSAL = re.compile(rb" ([0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4}) [^\n]*?(rejected after DATA[^\n]*)")
# In the reject log a flag and a space stand before each field of the header.
_FIELD = re.compile(rb".? ?message-id:\s*<([^<>\s]{1,500})>", re.IGNORECASE)


class Exim:
    """Reads the lines of Exim's logs, in order. ``RelayLog`` makes one for each log."""

    def __init__(self, wanted: Set[str]) -> None:
        """``wanted``: Message-IDs without angle brackets."""
        self._wanted = wanted
        self._refused: tuple[str, str] | None = None  # queue id and text of the refusal whose header follows

    def take(self, line: bytes) -> LogEvent | None:
        """The event in this line, if it is about a wanted letter."""
        if b" <= " in line:
            return self._arrived(line)
        if b" rejected after DATA" in line:
            found = _REFUSAL.search(line)
            self._refused = (printable(found[1]), printable(found[2])) if found else None
        elif self._refused is not None:
            return self._header(line)
        return None

    def _arrived(self, line: bytes) -> LogEvent | None:
        found = _ARRIVAL.search(line)
        message_id = found[2].decode("utf-8", "replace") if found else ""
        if not found or message_id not in self._wanted:
            return None
        queue_id = printable(found[1])
        return LogEvent(message_id=message_id, disposition=Disposition.TAKEN, queue_id=queue_id, text=f"<= {queue_id}")

    def _header(self, line: bytes) -> LogEvent | None:
        if has_timestamp(line):
            self._refused = None
            return None
        found = _FIELD.match(line)
        message_id = found[1].decode("utf-8", "replace") if found else ""
        if message_id not in self._wanted or self._refused is None:
            return None
        (queue_id, text), self._refused = self._refused, None
        return LogEvent(message_id=message_id, disposition=Disposition.NOT_TAKEN, queue_id=queue_id, text=text)
