"""One mail to oneself, which is no letter: given out once, and what became of it, in words that quote no relay."""

from __future__ import annotations

import asyncio

from mass_apology.errors import RelayError
from mass_apology.model import Message, Outcome


class OneMail:
    """Gives out one message, once (``smtp.message_source.MessageSource``)."""

    def __init__(self, message: Message) -> None:
        self._left: Message | None = message
        self._outcome: Outcome | None = None
        self.failure: RelayError | None = None  # no connection could be opened

    @property
    def problem(self) -> str:
        """Why the relay has not taken it, without a full stop; empty where it has."""
        if self.failure is not None:
            return self.failure.problem.rstrip(".")
        outcome = self._outcome
        if outcome is None or outcome.reply is None:
            return "the relay gave no answer"
        if outcome.dot_written and outcome.reply.positive:
            return ""
        return f"the relay answered {outcome.reply.code}"  # its words may quote whatever they like

    def next_if_ready(self) -> Message | None:
        message, self._left = self._left, None
        return message

    async def next_message(self) -> Message | None:
        return self.next_if_ready()

    async def hand_over(self, message: Message) -> None:
        """Nothing has to be recorded first: a mail to oneself that goes twice does no harm."""

    def settle(self, message: Message, outcome: Outcome) -> None:
        self._outcome = outcome

    def give_back(self, message: Message) -> None:
        """It is not tried again on another connection."""

    async def connection_failed(self, error: RelayError) -> bool:
        self.failure = error
        return False

    async def wait_closed(self) -> None:
        await asyncio.Event().wait()
