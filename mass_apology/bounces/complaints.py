"""Complaints in other forms than RFC 5965's: Microsoft's junk mail reporting programme for Outlook.com.

It sends the letter as an attachment, with a field that names the mailbox, and no report beside it.
"""

from __future__ import annotations

import re

from mass_apology.bounces.bounce_report import Affected, Kind
from mass_apology.bounces.dsn import address_in
from mass_apology.mail_parts import Part, first, read_headers

_SUBJECT = re.compile(r"complaint about message from ", re.IGNORECASE)
_RECIPIENT = "x-hmxmroriginalrecipient"


def read_microsofts_complaint(message: Part, subject: str) -> tuple[Affected, ...]:
    """The recipient who complained; empty where the message is no such complaint."""
    if not _SUBJECT.match(subject):
        return ()
    letter = next((part for part in message.walk() if part.media_type == "message/rfc822"), None)
    if letter is None:
        return ()
    headers, _ = read_headers(letter.content().lstrip(b"\n"))
    address = address_in(first(headers, _RECIPIENT)) or address_in(first(headers, "to"))
    return (Affected(kind=Kind.COMPLAINT, address=address, final=address, diagnostic="abuse"),)
