"""Addresses that are no person's own: those that several people read, and those that nobody reads."""

from __future__ import annotations

import re
from enum import StrEnum, auto

from mass_apology.names.name_words import joined, name_words

_BETWEEN = re.compile(r"[._-]+")
_A_COUNTRYS = 3  # letters of a part that is a country's or a language's
_AT_THE_END = "0123456789._-"


class Readers(StrEnum):
    """Who reads what comes to an address, as far as its part before the @ tells."""

    ONE = auto()
    SEVERAL = auto()  # billing@, info@
    NOBODY = auto()  # noreply@


def readers(address: str) -> Readers:
    """Who reads mail to this address. A tag after "+" and figures at the end do not count."""
    local = address.rpartition("@")[0].partition("+")[0].casefold().rstrip(_AT_THE_END)
    words, parts = name_words(), _BETWEEN.split(local)
    whole = "".join(parts) if local.isascii() else joined(local)
    if whole in words.unread or whole.startswith(("noreply", "donotreply")) or whole.endswith("noreply"):
        return Readers.NOBODY
    beside = len(parts) > 1 and (
        parts[0] in words.leading  # billing-eu@
        or (parts[-1] in words.leading and (len(parts[0]) <= _A_COUNTRYS or parts[0] in words.shared))  # eu.billing@
    )
    return Readers.SEVERAL if beside or whole in words.shared else Readers.ONE
