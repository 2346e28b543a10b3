"""Keeps as many connections to one relay as are allowed, and opens each when there is a message for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from functools import partial

from mass_apology.errors import RelayError, first_failure
from mass_apology.model import Message, Phase
from mass_apology.relay_settings import RelaySettings
from mass_apology.smtp import failures
from mass_apology.smtp.message_source import MessageSource
from mass_apology.smtp.session import Session, open_session
from mass_apology.smtp.transaction import Conversation, Grouping
from mass_apology.smtp.url import parse


class Impatience:
    """Of somebody who has another relay for the messages of this one."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        """In which a connection must be open; otherwise it counts as one that could not be opened."""
        self._conversations: set[Conversation] = set()

    def abandon(self) -> None:
        """Take back every message that was begun and not handed over; connections that answer no more end by it."""
        for conversation in list(self._conversations):
            conversation.abandon()

    @contextmanager
    def told_of(self, conversation: Conversation) -> Iterator[None]:
        """A connection that lasts as long as the ``with`` statement."""
        self._conversations.add(conversation)
        try:
            yield
        finally:
            self._conversations.discard(conversation)


async def run(
    relay: RelaySettings,
    password: str | None,
    source: MessageSource,
    allowed: Callable[[], int],
    impatience: Impatience | None = None,
) -> None:
    """Send the messages of ``source`` until it has no more, or until it gives up the last connection.

    ``allowed()`` is the number of connections wanted now; it is asked between messages, and less than one counts as
    one. Raises the first exception of ``source``, and ``CampaignError`` if the settings cannot be used. When it
    returns, raises or is cancelled, every connection is closed and every message is settled or given back.
    """
    with first_failure():
        async with asyncio.TaskGroup() as tasks:
            _Pool(relay, password, source, allowed, tasks, impatience).grow()


class _Pool:
    def __init__(
        self,
        relay: RelaySettings,
        password: str | None,
        source: MessageSource,
        allowed: Callable[[], int],
        tasks: asyncio.TaskGroup,
        impatience: Impatience | None,
    ) -> None:
        self._relay = relay
        self._password = password
        self._source = source
        self._allowed = allowed
        self._tasks = tasks
        self._impatience = impatience
        self._places: set[int] = set()  # connections, numbered from 0: number n is wanted while more than n are allowed
        self._grouping = Grouping()
        self._ending = False  # the source has no more messages, or gave up a connection
        self._closing: asyncio.Task[None] | None = None  # ends when the source starts nothing more

    def grow(self) -> None:
        if self._ending:
            return
        if self._closing is None:
            self._closing = self._tasks.create_task(self._source.wait_closed())
        for place in range(max(1, self._allowed())):
            if place not in self._places:
                self._places.add(place)
                self._tasks.create_task(self._run_connections(place))

    def _is_wanted(self, place: int) -> bool:
        return place == 0 or place < self._allowed()

    def _may_continue(self, place: int) -> bool:
        """Whether this connection is still wanted; called between messages. Opens others if more are allowed by now."""
        if len(self._places) < self._allowed():
            self.grow()
        return self._is_wanted(place)

    async def _run_connections(self, place: int) -> None:
        """Open one connection after the other in this place, while it is wanted."""
        try:
            while self._may_continue(place):
                message = await self._source.next_message()
                if message is None or await self._serve(place, message):
                    self._ending = True
                    return
        finally:
            self._places.discard(place)
            if not self._places and self._closing is not None:
                self._closing.cancel()

    async def _serve(self, place: int, message: Message) -> bool:
        """Open a connection and send, beginning with this message; true if the place is not needed any more."""
        try:
            session = await self._open(message)
        except RelayError as error:
            return not await self._source.connection_failed(error)
        if session is None:
            return True
        may_continue = partial(self._may_continue, place)
        conversation = Conversation(session, self._relay, self._source, may_continue, self._grouping)
        with self._impatience.told_of(conversation) if self._impatience else nullcontext():
            return await conversation.run(message)

    async def _open(self, message: Message) -> Session | None:
        """A connection, or ``None`` if the source closed first. Without a connection the message is given back."""
        assert self._closing is not None  # noqa: S101 (made with the first place)
        opening = asyncio.create_task(open_session(self._relay, self._password))
        try:
            seconds = self._impatience.seconds if self._impatience else None
            await asyncio.wait([opening, self._closing], timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if opening.done():
                return opening.result()
            if not self._closing.done():
                raise failures.silent(parse(self._relay.url), Phase.CONNECT)
            return None
        finally:
            if not await _is_open(opening):
                self._source.give_back(message)


async def _is_open(opening: asyncio.Task[Session]) -> bool:
    """Whether there is a connection; one that is still being opened is given up."""
    if not opening.done():
        opening.cancel()
        await asyncio.wait([opening])
        if not opening.cancelled() and opening.exception() is None:  # it was opened in spite of the cancellation
            opening.result().wire.abort()
        return False
    return not opening.cancelled() and opening.exception() is None
