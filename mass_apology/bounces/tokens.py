"""Finds the ids of our letters in reports; nobody can guess such an id.

Anybody can write a report that says "no such mailbox" of anybody else's address. A report counts as hard only if it
holds an id that went out with that letter only: its ENVID, its Message-ID, its return path (VERP), or the name
that the relay gave it. The first three hold the same 128 bits of a keyed hash; not every server gives the first two
back, but all of them send reports to the return path.
"""

from __future__ import annotations

import re

LEAST_RELAY_ID = 20
"""Characters of a relay's own id that proves something. SES and Postmark give random ones of 60 and 36; shorter ones,
as Postfix and Exim give them, are made of the time and can be guessed."""

# A Message-ID's left part, in any case: some servers change it. Around it stands what relays make of a return path:
# SRS0=ab12=X7=acme.example=bounces+TOKEN@relay.example, prvs=1234abcdef=bounces+TOKEN@acme.example (BATV).
_TOKEN = re.compile(r"(?<![0-9a-z])[0-9a-f]{32}(?![0-9a-z])", re.IGNORECASE)
# A remedy and the letter that offered it, as in a link's address or a mail's subject.
_CHOICE = re.compile(r"(?<![\w.])([a-z][a-z0-9_]{0,59})\.([0-9a-f]{32})(?!\w)")
# SES replaces our Message-ID by one of its own. Its id holds a UUID, and no other id has this form.
_ID_OF_SES = r"[0-9a-f]{16}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-[0-9]{6}"
_OF_SES = re.compile(rf"<({_ID_OF_SES})@(?:[a-z0-9-]+\.){{1,4}}amazonses\.com>", re.IGNORECASE)


def token_in(address: str) -> str:
    """The possible token of a return path, ``bounces+TOKEN@acme.example``, in lower case; "" if there is none."""
    found = _TOKEN.search(address.rpartition("@")[0])
    return found[0].lower() if found else ""


def relay_id_in(message_id: str) -> str:
    """The relay's own id in a Message-ID that the relay made: ``<ID@eu-west-1.amazonses.com>``; or ""."""
    found = _OF_SES.fullmatch(message_id)
    return found[1].lower() if found else ""


def is_id_of_ses(relay_id: str) -> bool:
    """Whether the id has the form of those that SES gives, which hold a UUID."""
    return bool(re.fullmatch(_ID_OF_SES, relay_id, re.IGNORECASE))


def letter_in(subject: str) -> str:
    """What could be a letter's token in the subject of a mail to an address for unsubscribing, in lower case; or ""."""
    found = _TOKEN.search(subject)
    return found[0].lower() if found else ""


def choices_in(text: str) -> list[tuple[str, str]]:
    """Every ``remedy.token`` in some text, as (remedy, token): who got that letter chose that remedy."""
    return [(match[1], match[2]) for match in _CHOICE.finditer(text)]
