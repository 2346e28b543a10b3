"""Brings the counts of the ledger, which take a pass over it, up to what the run has said since. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from mass_apology.ledger.sender_state import SenderReport
from mass_apology.model import Status

_TAKEN_FROM = (Status.PLANNED, Status.HANDING_OVER, Status.DEFERRED)  # in this order: where a letter was before


def counts_since(
    counted: Mapping[Status, int], then: SenderReport | None, now: SenderReport | None
) -> dict[Status, int]:
    """The people by status. ``then`` is the first that the run said after they were counted, ``now`` what it says now.

    What it had said before the count may lack letters that were counted, and these would be added twice. The sum stays
    as it is, and no count is negative or goes back: what is missing comes with the next count.
    """
    counts = Counter({status: counted.get(status, 0) for status in Status})
    if then is None or now is None or not now.is_latest or then.began_at != now.began_at or now.at < then.at:
        return dict(counts)
    for status, letters in now.counts.items():
        _move(counts, status, letters - then.counts.get(status, 0))
    return {status: counts[status] for status in Status}


def _move(counts: Counter[Status], to: Status, letters: int) -> None:
    """So many letters more, or fewer where a row of refusals was taken back."""
    if letters < 0:
        back = min(-letters, counts[to])
        counts[to] -= back
        counts[Status.PLANNED] += back
        return
    for status in _TAKEN_FROM:
        taken = 0 if status is to else min(letters, counts[status])
        counts[status] -= taken
        counts[to] += taken
        letters -= taken
