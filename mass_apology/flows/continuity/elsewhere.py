"""Compares a plan's people with the people that the campaign wrote to from another folder, whose ledger is gone.

If a folder was moved and lost its ledger and log, nothing in it shows what was sent, and the recipients file may have
changed. Then only this machine's record of the people is left. It is used only if the ledger here knows no sent letter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from mass_apology import high_water
from mass_apology.errors import LedgerError
from mass_apology.guards.lost_ledger import LostElsewhere
from mass_apology.high_water import HighWater
from mass_apology.model import Delivery
from mass_apology.workspace.ledger_store import ledger_store
from mass_apology.workspace.workspace import Workspace


class WrittenElsewhere:
    """Finds lost ledgers whose people a plan has: ``add`` all its letters, then read ``ledgers``."""

    def __init__(self, workspace: Workspace) -> None:
        self._found = [(seen, set[str]()) for seen in _lost_ledgers(workspace)]

    @property
    def is_known(self) -> bool:
        """Whether there are lost ledgers at all."""
        return bool(self._found)

    def add(self, letters: Iterable[Delivery]) -> None:
        """Compare these letters too."""
        if self._found:
            addresses = [letter.address for letter in letters]
            for seen, found in self._found:
                found.update(set(seen.sample).intersection(high_water.digests(addresses, seen.key)))

    def ledgers(self) -> Iterator[LostElsewhere]:
        """The lost ledgers with enough of their people in the plan."""
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


def _lost_ledgers(workspace: Workspace) -> list[HighWater]:
    """Records of the campaign's other ledgers that no longer exist; none if the ledger here has sent a letter."""
    found = high_water.sent_elsewhere(workspace.folder, workspace.campaign.name)
    lost = [seen for seen in found if seen.sample and not _still_exists(seen)]
    store = workspace.ledger_store
    if not lost or not store.exists():
        return lost
    with store.read(workspace.campaign.name) as records:
        if records.continuity.gone().handed_over:
            return []
        known = {records.continuity.origin.ledger, *records.continuity.replaced()}
    return [seen for seen in lost if seen.ledger not in known]


def _still_exists(seen: HighWater) -> bool:
    """Whether the ledger, or one that replaced it, is still in its folder; true also if that cannot be read."""
    store = ledger_store(Path(seen.folder))
    with suppress(OSError, LedgerError):
        if not store.exists():
            return False
        with store.read() as there:
            return seen.ledger in {there.continuity.origin.ledger, *there.continuity.replaced()}
    return True
