"""One mailbox gets one letter of a further wave, even where each of its customers got a letter of the first."""

from __future__ import annotations

from collections.abc import Sequence

from mass_apology.ledger.further_waves import Sharer
from mass_apology.schedule import Decision, Not, Reason


class OneLetter:
    """Of those who share a mailbox, the first who is to get a letter gets it, or who has it already."""

    def __init__(self, sharers: Sequence[Sharer]) -> None:
        """``sharers`` are all who share a mailbox, in the order in which their letters of the wave count."""
        self._mailboxes = {each.recipient: each.mailbox for each in sharers}
        self._takers: dict[int, int] = {}  # by the mailbox
        for each in sharers:
            if each.has_letter:
                self._takers.setdefault(each.mailbox, each.recipient)

    def settle(self, decision: Decision) -> Decision:
        """The decision, or that the mailbox gets another letter."""
        mailbox = self._mailboxes.get(decision.recipient)
        if mailbox is None or isinstance(decision, Not):
            return decision
        if self._takers.setdefault(mailbox, decision.recipient) == decision.recipient:
            return decision
        return Not(recipient=decision.recipient, reason=Reason.MAILBOX)
