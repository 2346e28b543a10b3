"""What a purge leaves of a ledger's notes, whatever the ledger is made of."""

from __future__ import annotations

import re

PURGED = "personal data purged"
"""The note of the purge itself: by it a purged ledger is known."""

# What of a note names nobody, whatever follows it. Of any other note only its time stays.
_KEPT = re.compile(
    r"plan [a-z]+(?:-[a-z]+)* of [\d,]+ letters? confirmed"
    r"|wave [a-z0-9-]+ of at most [\d,]+ letters? armed"
    r"|[\d,]+ letters? of the (?:correction|wave) [a-z0-9-]+ confirmed"
    r"|[\d,]+ letters? of the wave [a-z0-9-]+ in doubt (?:was|were) released to be sent again"
    r"|[\d,]+ letters? in doubt (?:was|were) found in the relay's log and counted as accepted"
    r"|the lock was taken over from process \d+"
    r"|notification [a-z-]+(?: and [a-z-]+)*(?: \([a-z-]+\))?(?: of the wave [a-z0-9-]+)?: told \d of \d"
    r"|archive of the wave [a-z0-9-]+: a copy of the letter in [a-z]+ was sent"
    rf"|{PURGED}"
)
_ANOTHER = "a note, whose text was purged"


def kept_of_note(what: str) -> str:
    """What names nobody."""
    kept = _KEPT.match(what)
    return kept[0] if kept else _ANOTHER
