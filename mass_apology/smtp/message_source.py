"""What the connections need from whoever hands out the letters."""

from __future__ import annotations

from typing import Protocol

from mass_apology.errors import RelayError
from mass_apology.model import Message, Outcome


class MessageSource(Protocol):
    """Hands messages out and takes their outcomes in.

    Every message that was handed out comes back once: through ``settle``, or through ``back``.
    """

    async def next_message(self) -> Message | None:
        """Waits for the next message this connection should send; ``None`` means there will be no more."""

    def next_at_hand(self) -> Message | None:
        """The next message, if it can be sent at once; ``None`` means there is none just now."""

    async def hand_over(self, message: Message) -> None:
        """Returns when HANDING_OVER is durable and the pace allows the final dot; if it raises, no dot is written."""

    def settle(self, message: Message, outcome: Outcome) -> None:
        """Takes the outcome of a transaction that was begun."""

    def back(self, message: Message) -> None:
        """Takes a message back of which ``hand_over`` was not asked and which the relay cannot have: no attempt."""

    async def unreachable(self, error: RelayError) -> bool:
        """A connection could not be opened: returns when it is time for the next try, false to do without it."""

    async def closing(self) -> None:
        """Returns when no further message is to be begun; a connection that is still being opened is given up then."""
