"""Which spellings are one mailbox: for suppressions, and for once-only. Pure.

An SMTP server may tell Anna@ from anna@ (RFC 5321 §2.4), and none in use relies on it. Whoever opted out as Anna@ must
not be written to because a file says anna@, and whoever got a letter as anna@ must not get another as Anna@; so case
never counts here, and neither does how an accent is encoded. Tags (anna+news@) and dots do count: only the mailbox's
own provider knows what they mean.
"""

from __future__ import annotations

import unicodedata

LONGEST_ADDRESS = 254  # octets: RFC 5321 §4.5.3.1.3 without the angle brackets (RFC 3696 erratum 1690)


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


def _folded_domain(domain: str) -> str:
    lower = unicodedata.normalize("NFC", domain).lower()
    if lower.isascii() or len(lower) > LONGEST_ADDRESS:  # IDNA's time grows faster than the length
        return lower
    import idna  # noqa: PLC0415 (20 ms that only domains beyond ASCII need)

    try:
        # As recipients' domains are: UTS #46 without its transitional mappings.
        return idna.encode(domain, uts46=True, transitional=False).decode("ascii")
    except idna.IDNAError:
        return lower
