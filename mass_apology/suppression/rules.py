"""Decides whether a suppressed address gets a letter, and which of two entries for it holds. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.suppression.entries import Entry, Purpose, Reason, Scope
from mass_apology.system.timestamps import utc_day

_ALL = frozenset(Purpose)
_ALL_BUT_SAFETY = _ALL - {Purpose.SAFETY}
_ONLY_MARKETING = frozenset({Purpose.MARKETING})

# From the strongest reason to the weakest. People who complained, or want no letters, must still hear that their
# product may catch fire. A letter to a dead address helps nobody, and harms the sender's reputation.
WITHHELD_FROM: Mapping[Reason, frozenset[Purpose]] = MappingProxyType(
    {
        Reason.DEAD_ADDRESS: _ALL,
        Reason.REQUESTED: _ALL_BUT_SAFETY,
        Reason.COMPLAINT: _ALL_BUT_SAFETY,
        Reason.MANUAL: _ALL_BUT_SAFETY,
        Reason.OPT_OUT: _ONLY_MARKETING,
    }
)
"""The letters that each reason stops, with the scope "everything"."""

# The owner refused every letter, so the operator should know that this one goes out.
_REPORTED = frozenset({Reason.REQUESTED, Reason.MANUAL})

_BECAUSE = {
    Reason.DEAD_ADDRESS: "letters to it come back for good",
    Reason.REQUESTED: "its owner asked never to be written to",
    Reason.COMPLAINT: "its owner reported a letter as unwanted",
    Reason.MANUAL: "it was put on the list",
    Reason.OPT_OUT: "its owner wants no marketing",
}


_SINCE = "has been suppressed since"


class SuppressionVerdict(Struct, frozen=True, kw_only=True):
    """The effect of an entry on one campaign's letter. ``judge`` makes it, the gate of sending applies it."""

    withheld: bool
    reported: bool  # it goes out although the owner refused every letter; shown to the operator
    sentence: str  # why, with the date and the source; names no address


def judge(entry: Entry, purpose: Purpose) -> SuppressionVerdict:
    """The effect of ``entry`` on a letter of this purpose."""
    withheld = purpose in stopped(entry)
    whose = "domain" if entry.whole_domain else "address"
    day = utc_day(entry.at)
    why = f"The {whose} {_SINCE} {day} ({entry.source}): {_BECAUSE[entry.reason]}"
    return SuppressionVerdict(
        withheld=withheld,
        reported=not withheld and entry.scope is Scope.EVERYTHING and entry.reason in _REPORTED,
        sentence=f"{why}." if withheld else f"{why}; that does not stop a {purpose} letter.",
    )


def is_suppression(sentence: str) -> bool:
    """Whether ``sentence``, a letter's recorded reason, says that an entry of the list withheld it."""
    return sentence.startswith((f"The address {_SINCE} ", f"The domain {_SINCE} "))


def stopped(entry: Entry) -> frozenset[Purpose]:
    """The purposes whose letters this entry stops."""
    purposes = WITHHELD_FROM[entry.reason]
    return purposes if entry.scope is Scope.EVERYTHING else purposes & _ONLY_MARKETING


def stronger(one: Entry, other: Entry) -> Entry:
    """The entry that stops more letters; if equal, the one with the stronger reason; if still equal, ``one``."""
    return other if _strength(other) > _strength(one) else one


def merged(kept: Entry, new: Entry) -> Entry:
    """Merge two entries for one address: the stronger one, with the earlier date.

    A purged address stays purged: its key is enough, and nobody has to ask again.
    """
    held = replace(stronger(kept, new), at=min(kept.at, new.at))
    return replace(held, address=None, note="") if kept.address is None else held


def _strength(entry: Entry) -> tuple[int, int]:
    return len(stopped(entry)), -list(WITHHELD_FROM).index(entry.reason)
