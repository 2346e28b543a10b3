"""Where a ledger in memory is kept: it proves that the ledger's port is one. Nothing outlasts the process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from memory_campaign import MemoryCampaign
from memory_ledger import MemoryLedger
from memory_planner import MemoryPlanner
from memory_records import MemoryRecords

from mass_apology.errors import LedgerError
from mass_apology.ledger.doorbell import SilentDoorbell


class MemoryStore:
    """Implements ``port.Store``."""

    def __init__(self, place: str = "memory") -> None:
        self.place = place
        self._campaign: MemoryCampaign | None = None
        self._kept: MemoryPlanner | None = None

    def exists(self) -> bool:
        return self._campaign is not None

    def create(self, name: str) -> MemoryLedger:
        if self._campaign is not None:
            raise LedgerError("There is a ledger already.", next_step="Open it.")
        self._campaign = MemoryCampaign(name)
        return MemoryLedger(self._campaign, self.place)

    def open(self, name: str) -> MemoryLedger:
        return MemoryLedger(self._existing(name), self.place)

    def read(self, name: str | None = None) -> MemoryRecords:
        return MemoryRecords(self._existing(name), self.place)

    def planner(
        self, wave: str, message_id: Callable[[int], str], *, each_customer: bool = False, stamp: bytes = b""
    ) -> MemoryPlanner:
        if each_customer:
            raise NotImplementedError("people are known again by their mailbox only")
        kept = self._kept if stamp else None
        if stamp:
            self._kept = None
        if kept is not None and kept.stamp == stamp:
            kept.kept = kept.record
            return kept
        return MemoryPlanner(lambda: self._campaign, wave, message_id, stamp=stamp, on_keep=self._keep)

    def delete_plans(self, *, kept: bool = False) -> None:
        if kept:
            self._kept = None

    def doorbell(self) -> SilentDoorbell:
        return SilentDoorbell()

    def stray(self) -> str:
        return ""

    def files(self) -> frozenset[Path]:
        return frozenset()

    def crash(self) -> None:
        """The process that holds the lock has ended without giving it back."""
        self._existing(None).holder = None

    def _keep(self, planner: MemoryPlanner) -> None:
        self._kept = planner

    def _existing(self, name: str | None) -> MemoryCampaign:
        if self._campaign is None:
            raise LedgerError("There is no ledger.", next_step="Make one.")
        is_unused = not self._campaign.people and not self._campaign.digest_parts
        if name is not None and is_unused:
            self._campaign.name = name
        if name not in {None, self._campaign.name}:
            raise LedgerError(f"It is the ledger of {self._campaign.name}.", next_step="Look at the name.")
        return self._campaign
