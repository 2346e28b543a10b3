"""The port through which the connections get messages and report outcomes."""

from __future__ import annotations

from typing import Protocol

from mass_apology.errors import RelayError
from mass_apology.model import Message, Outcome


class MessageSource(Protocol):
    """Gives messages to the connections and takes their outcomes; the dispatcher and ``test`` implement it.

    The connections return every message that they got exactly once: through ``settle`` or through ``give_back``.
    """

    async def next_message(self) -> Message | None:
        """Wait for the next message to send; ``None``: there will be no more."""

    def next_if_ready(self) -> Message | None:
        """The next message, if one may be sent at once; ``None``: not now."""

    async def hand_over(self, message: Message) -> None:
        """Return when HANDING_OVER is durable and the pace allows the final dot; if it raises, no dot is written."""

    def settle(self, message: Message, outcome: Outcome) -> None:
        """Take the outcome of a transaction that was begun."""

    def give_back(self, message: Message) -> None:
        """Take back a message without ``hand_over``, which the relay cannot have: it does not count as an attempt."""

    async def connection_failed(self, error: RelayError) -> bool:
        """A connection could not be opened: return true when the next try is due, false if there is to be none."""

    async def wait_closed(self) -> None:
        """Return when no further message is to be begun; a connection that is being opened is then given up."""
