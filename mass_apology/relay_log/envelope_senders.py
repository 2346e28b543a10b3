"""OpenSMTPD and Courier: they log no Message-ID, but the envelope's sender beside the queue id.

With return paths of their own (``[sender] verp``) that sender holds the letter's token. Both write these lines once the
letter is in the queue: OpenSMTPD's "smtp envelope" after the dot was answered, Courier's when it begins to deliver.
"""

from __future__ import annotations

import re
from collections.abc import Set

from mass_apology.relay_log.log_events import Disposition, LogEvent, printable

# "… smtpd[3920]: f274cf34b7d0786b smtp envelope evpid=78e5c402920bcc4f from=<bounces+TOKEN@acme.example> to=<…>"
_OPENSMTPD = re.compile(
    rb" (?:smtp envelope|mta delivery|mda delivery) evpid=([0-9a-f]{8})[0-9a-f]{8} from=<([^<>\s]*)>"
)
# "… courierd: started,id=0000000000A21D61.000000005B5F8D5A.00007F9B,from=<bounces+TOKEN@acme.example>,module=esmtp,…"
_COURIER = re.compile(rb"[ ,]id=([0-9A-F]{4,16}\.[0-9A-F]{4,16}\.[0-9A-F]{4,16}),from=<([^<>\s]*)>,(?:module|addr)=")
_TOKEN = re.compile(rb"\+([0-9a-f]{32})@", re.IGNORECASE)


class EnvelopeSenders:
    """The lines of OpenSMTPD and Courier servers, in their order."""

    def __init__(self, wanted: Set[str]) -> None:
        """``wanted``: Message-IDs without angle brackets."""
        self._by_token = {message_id.partition("@")[0].lower(): message_id for message_id in wanted}

    def take(self, line: bytes) -> LogEvent | None:
        """The event in this line, if it is about a wanted letter."""
        if b" evpid=" in line:
            found = _OPENSMTPD.search(line)
        elif b"id=" in line and b",from=<" in line:
            found = _COURIER.search(line)
        else:
            return None
        token = _TOKEN.search(found[2]) if found else None
        message_id = self._by_token.get(token[1].decode().lower()) if token else None
        if found is None or message_id is None:
            return None
        return LogEvent(
            message_id=message_id,
            disposition=Disposition.TAKEN,
            queue_id=printable(found[1]),
            text=printable(found[0].strip(b" ,")),
        )
