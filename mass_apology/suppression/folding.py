"""Which spellings are one address. Pure.

An SMTP server may tell Anna@ from anna@ (RFC 5321 §2.4), and none in use relies on it. Whoever opted out as Anna@ must
not be written to because a file says anna@; so case never counts here, and neither does how an accent is encoded.
Tags (anna+news@) and dots do count: only the mailbox's own provider knows what they mean.
"""

from __future__ import annotations

import re
import unicodedata

from mass_apology.errors import SuppressionError

_LONGEST = 254  # octets: RFC 5321 §4.5.3.1.3 without the angle brackets (RFC 3696 erratum 1690)
_NOT_IN_LOCAL_PART = re.compile(r'[()<>\[\]:;,\\"@]')  # RFC 5322 §3.2.3: "specials", of which only the dot is left
_DOMAIN = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*", re.ASCII)


def folded(address: str) -> str:
    """The form in which two spellings of one address, or of one "@domain", are equal. Takes any text.

    The domain becomes lower-case A-labels (RFC 5890), the local part a canonical caseless match (Unicode 3.13, D145)
    in NFC. It is for comparing only: mail goes to the address as it was given.
    """
    text = address.strip().rstrip(".")
    if text.isascii():  # nearly all: 0.2 µs
        return text.lower()
    local_part, at, domain = text.rpartition("@")
    caseless = unicodedata.normalize("NFD", local_part).casefold()
    return unicodedata.normalize("NFC", caseless) + at + _folded_domain(domain)


def domain_of(folded_address: str) -> str:
    """The "@domain" under which a whole domain is kept."""
    return "@" + folded_address.rpartition("@")[2]


def checked_address(text: str) -> str:
    """The address, or "@acme.example" for a whole domain, without outer blanks.

    Raises ``SuppressionError`` for what could never match a recipient: an entry that does nothing is worse than none.
    """
    address = text.strip()
    if flaw := _flaw(address):
        raise SuppressionError(
            f"{address[:60]!r} cannot be suppressed: {flaw}.",
            next_step="Write a bare address such as anna@acme.example, or @acme.example for a whole domain.",
        )
    return address


def _flaw(address: str) -> str | None:
    local_part, at, domain = folded(address).rpartition("@")
    if not address.isprintable() or " " in address:
        return "it holds a blank or an invisible character"
    if not at:
        return "it has no @-sign"
    if len(address.encode()) > _LONGEST:
        return f"it is longer than {_LONGEST} octets"
    if _NOT_IN_LOCAL_PART.search(local_part):
        return "what stands before the @-sign is not only a mailbox's name"
    if local_part == "*":
        return "a whole domain is written without the asterisk"
    return None if _DOMAIN.fullmatch(domain) else "what stands after the @-sign is no domain"


def _folded_domain(domain: str) -> str:
    lower = unicodedata.normalize("NFC", domain).lower()
    if lower.isascii() or len(lower) > _LONGEST:  # IDNA's time grows faster than the length
        return lower
    import idna  # noqa: PLC0415 (20 ms that only domains beyond ASCII need)

    try:
        # As recipients' domains are: UTS #46 without its transitional mappings.
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        return lower
