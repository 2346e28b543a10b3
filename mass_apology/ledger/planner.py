"""The interfaces of a plan in the making: rows are staged, inspected, compared, and committed to the ledger.

Nothing of the ledger is touched before ``commit``. So everything can be checked, counted and rendered first, in
constant memory however long the recipients file is. ``LedgerError`` means that the plan cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Protocol

from mass_apology.ledger.staged import (
    Changed,
    Codes,
    Conflict,
    Counts,
    Kin,
    Known,
    Planned,
    Respelled,
    SeveralRows,
    Shared,
)
from mass_apology.model import Delivery, Recipient, Withheld


class PlanInput(Protocol):
    """Stages rows and sets them aside."""

    def add(self, recipients: Sequence[tuple[Recipient, str]]) -> None:
        """Stage rows, each with the language its letter will have. Rows of one identity become one letter."""

    def withhold(self, rows: Sequence[Withheld]) -> None:
        """Set rows aside."""

    def withhold_conflicts(self) -> None:
        """Set all rows aside of letters whose rows do not agree."""

    def withhold_letters(self, failed: Iterable[tuple[int, str]]) -> None:
        """Set the rows of these letters aside: pairs of an id of ``deliveries`` and the reason."""

    def offer(self, codes: Iterable[str]) -> None:
        """Codes to be allotted, in this order, to recipients who have none; one offered before is passed over."""


class PlanContents(Protocol):
    """Reports the staged rows and their conflicts."""

    def codes(self) -> Codes:
        """How many codes are wanted, and how many are left."""

    def conflicts(self, limit: int = 1000) -> list[Conflict]:
        """The first letters, in the file's order, whose rows contradict each other. ``counts`` has their number."""

    def counts(self, domains: int = 10) -> Counts:
        """What was staged, with the ``domains`` most frequent domains."""

    def shared(self) -> Iterator[Shared]:
        """All letters that several persons get together, in the file's order."""

    def respelled(self) -> Iterator[Respelled]:
        """All letters whose rows spell the mailbox in several ways, in the file's order."""

    def of_several_rows(self) -> Iterator[SeveralRows]:
        """All letters that several rows share, in the file's order."""

    def repeated(self) -> Iterator[Kin]:
        """Letters to one customer in several mailboxes; where each customer gets a letter, to one mailbox."""


class PlanOutlook(Protocol):
    """Compares the plan with the ledger as it is now.

    People are known again by their mailbox, whatever their name, key or row is now, and by their keys where they moved:
    whose letter of the wave has left, or may have, is planned no other. Where each customer gets a letter, they are
    known by the key, then by mailbox and name, then as the only one left of a mailbox.
    """

    def compare(self) -> Planned:
        """What ``commit`` would do to the ledger as it is now."""

    def known(self, limit: int = 5) -> Known:
        """What the ledger knows of the plan's people, with at most ``limit`` examples of each kind."""

    def outdated(self, limit: int = 100) -> list[int]:
        """The lines of the first customers whose data changed after their letter had gone, as of ``compare``."""

    def leaving(self) -> frozenset[int]:
        """The ledger's rows of the wave's letters in doubt whose recipients have no row here."""

    def changed(self) -> Iterator[Changed]:
        """All customers whose data changed after their letter had gone, as the file has them now."""

    def deliveries(self, batch: int, *, everyone: bool = False) -> Iterator[list[Delivery]]:
        """The letters as they will be claimed, in the file's order, at most ``batch`` at a time.

        Only those that are new or change, unless ``everyone`` is asked for. Their ids are the plan's, not the ledger's.
        """
