"""A plan's people, and those to whom letters of the campaign left from a folder whose ledger is gone.

A folder that was moved and has lost its ledger and its log has no witness in it, and a longer file is another
one: what this machine remembers of the people is all there is. It is looked at only where no letter is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from mass_apology import high_water
from mass_apology.errors import LedgerError
from mass_apology.flows.ledger_store import ledger_store
from mass_apology.guards.lost_ledger import LostElsewhere
from mass_apology.high_water import HighWater
from mass_apology.model import Delivery


class WrittenElsewhere:
    """Who of a plan was written to from elsewhere: ``see`` all of its letters, then ask for the ``ledgers``."""

    def __init__(self, folder: Path, campaign: str) -> None:
        self._found = [(seen, set[str]()) for seen in _lost(folder, campaign)]

    def see(self, letters: Iterable[Delivery]) -> None:
        """Take these letters into account."""
        if self._found:
            addresses = [letter.address for letter in letters]
            for seen, found in self._found:
                found.update(set(seen.sample).intersection(high_water.digests(addresses, seen.key)))

    def ledgers(self) -> Iterator[LostElsewhere]:
        """The lost ledgers of which enough people are in the plan."""
        for seen, found in self._found:
            lost = LostElsewhere(
                ledger=seen.ledger,
                folder=seen.folder,
                at=seen.at,
                handed_over=seen.handed_over,
                sampled=len(seen.sample),
                planned=len(found),
            )
            if lost.is_of_these:
                yield lost


def _lost(folder: Path, campaign: str) -> list[HighWater]:
    """Where this ledger knows of no letter: what left with others, which are not where they were any more."""
    found = high_water.sent_elsewhere(folder, campaign)
    lost = [seen for seen in found if seen.sample and not _stands(seen)]
    store = ledger_store(folder)
    if not lost or not store.exists():
        return lost
    with store.read(campaign) as records:
        if records.continuity.gone().handed_over:
            return []
        known = {records.continuity.origin.ledger, *records.continuity.replaced()}
    return [seen for seen in lost if seen.ledger not in known]


def _stands(seen: HighWater) -> bool:
    """Whether the ledger, or one in its place, is where letters left with it; so, too, where nobody can tell."""
    store = ledger_store(Path(seen.folder))
    with suppress(OSError, LedgerError):
        if not store.exists():
            return False
        with store.read_any() as there:
            return seen.ledger in {there.continuity.origin.ledger, *there.continuity.replaced()}
    return True
