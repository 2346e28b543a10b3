"""A plan's people, and those to whom letters of the campaign left from a folder whose ledger is gone.

A folder that was moved and has lost its ledger and its log has no witness in it, and a longer file is another
one: what this machine remembers of the people is all there is. It is looked at only where no letter is known here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from mass_apology import high_water
from mass_apology.campaign import LEDGER_NAME
from mass_apology.errors import LedgerError
from mass_apology.guards.lost_ledger import LostElsewhere
from mass_apology.high_water import HighWater
from mass_apology.ledger import Records
from mass_apology.ledger.sqlite.on_disk import is_there
from mass_apology.ledger.sqlite.origin import gone, replaced
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
    path = folder / LEDGER_NAME
    if not lost or not is_there(path):
        return lost
    with Records.open(path, campaign) as records:
        if gone(records).handed_over:
            return []
        known = {records.origin.ledger, *replaced(records)}
    return [seen for seen in lost if seen.ledger not in known]


def _stands(seen: HighWater) -> bool:
    """Whether the ledger, or one in its place, is where letters left with it; so, too, where nobody can tell."""
    path = Path(seen.folder) / LEDGER_NAME
    with suppress(OSError, LedgerError):
        if not is_there(path):
            return False
        with Records.open_any(path) as there:
            return seen.ledger in {there.origin.ledger, *replaced(there)}
    return True
