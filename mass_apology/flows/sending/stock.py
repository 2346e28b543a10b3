"""Letters ready to go: claims what is due, has it rendered ahead, and knows when nothing more will come.

Only some hundreds are kept ready, so memory stays flat however many are due. The connections pull; when they pause, so
does the rendering.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from math import inf

from mass_apology.ledger import Ledger
from mass_apology.letter.farm import Farm
from mass_apology.model import FIRST_WAVE, Delivery, Message

AHEAD = 800  # letters claimed and not yet taken, at the most
BATCHES = 8  # that many make up what is ahead: long enough to make the way to another process cheap
MEMORY = 32 << 20  # octets that may be ahead: letters with attachments are large
LETTER = 8 << 10  # octets of a letter without them
LONGEST_SLEEP = 30.0  # seconds; a clock that is set back must not make the wait for a deferral endless


class Pulse:
    """Something changed: wakes everyone who waits, and holds nothing for those who come later."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def give(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float | None = None) -> None:
        """Until the next pulse, or so long."""
        event = self._event
        if seconds is None:
            await event.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


class Stock:
    """The letters of one run that are claimed, being rendered, ready, or out on a connection."""

    def __init__(  # noqa: PLR0913 (what the stock depends on)
        self,
        ledger: Ledger,
        farm: Farm,
        *,
        eightbit: bool,
        attached: int = 0,
        wave: str = FIRST_WAVE,
        may_go: Callable[[Delivery], bool] | None = None,
        patience: float = inf,
    ) -> None:
        """``eightbit``: the relay offers 8BITMIME. ``attached``: octets of attachments in every letter.

        ``may_go`` says of a letter whether it may go just now; one that may not stays due for a later run.
        ``patience``: seconds that are waited for a deferred letter to be due again, at the most.
        """
        self._ledger = ledger
        self._wave = wave
        self._may_go = may_go
        self._patience = patience
        self._farm = farm
        self._eightbit = eightbit
        self._ahead = max(BATCHES, min(AHEAD, MEMORY // (LETTER + 2 * attached)))
        self._ready: deque[Message] = deque()
        self._rendering = 0
        self._out = 0
        self._closed = False
        self._drained = False  # the last claim found nothing: only what is out may still become due
        self.canary_running = True
        self.exhausted = False  # nothing is due any more, now or later
        self.waits_until: float | None = None  # Unix seconds: nothing to do until then, where letters are deferred
        self.arrived = Pulse()  # for connections: a letter is ready, or none will come
        self._wanted = Pulse()  # for the filling: there is room, or something came back

    @property
    def out(self) -> int:
        """Letters on a connection, whose outcome is not known."""
        return self._out

    def take(self) -> Message | None:
        """The next ready letter, for a connection; it comes back through ``settled`` or ``put_back``."""
        self._pass_over()
        if not self._ready:
            return None
        self._out += 1
        # What is being rendered counts too: were only the ready ones looked at, fast connections could empty the shelf
        # without ever passing the half.
        if self._rendering + len(self._ready) == self._ahead // 2:
            self._wanted.give()
        return self._ready.popleft()

    def _pass_over(self) -> None:
        """Drop letters that may not go now from the shelf; in the ledger they stay as they are."""
        may_go = self._may_go
        while may_go is not None and self._ready and not may_go(self._ready[0].delivery):
            self._ready.popleft()
            self._wanted.give()

    def settled(self) -> None:
        """A letter that was taken has its outcome."""
        self._out -= 1
        if self._drained:
            self._wanted.give()

    def put_back(self, message: Message) -> None:
        """A letter that was taken was not begun."""
        self._out -= 1
        self._ready.appendleft(message)
        self.arrived.give()

    def close(self) -> None:
        """Claim no more. What is ready stays due in the ledger."""
        self._closed = True
        self._wanted.give()
        self.arrived.give()

    async def fill(self) -> None:
        """Keep letters ready until none is due any more: the canary first, the others when it is settled."""
        async with asyncio.TaskGroup() as rendering:
            await self._fill(rendering, canary_only=True)
            self.canary_running = self._closed  # what stopped the canary still judges the letters on their way
            await self._fill(rendering, canary_only=False)
        self.exhausted = not self._closed
        self.arrived.give()

    async def _fill(self, rendering: asyncio.TaskGroup, *, canary_only: bool) -> None:
        while not self._closed:
            if self._rendering + len(self._ready) >= self._ahead:
                await self._rest()
            elif batch := await self._claim(canary_only=canary_only):
                self._rendering += len(batch)
                rendering.create_task(self._render(batch))
            elif self._rendering or self._ready or self._out:
                self._drained = True
                await self._rest()
                self._drained = False
            elif canary_only or not await self._wait_for_deferrals():
                return

    async def _claim(self, *, canary_only: bool) -> list[Delivery]:
        limit = self._ahead // BATCHES
        return await self._ledger.claim(limit, time.time(), canary_only=canary_only, wave=self._wave)

    async def _rest(self, seconds: float | None = None) -> None:
        """Until something is wanted. Looks first, since the closing may have come while the ledger was asked."""
        if not self._closed:
            await self._wanted.wait(seconds)

    async def _render(self, batch: list[Delivery]) -> None:
        messages = await self._farm.write(batch, now=time.time(), eightbit=self._eightbit)
        self._rendering -= len(batch)
        self._ready.extend(messages)
        self.arrived.give()
        if self._drained:
            self._wanted.give()

    async def _wait_for_deferrals(self) -> bool:
        """Sleep until a deferred letter is due; false where there is none, or none soon enough."""
        await self._ledger.flush()
        due_at = await self._ledger.next_due_at(self._wave)
        if due_at is None or due_at - time.time() > self._patience:
            return False
        self.waits_until = due_at
        await self._rest(min(LONGEST_SLEEP, max(0.0, due_at - time.time())))
        self.waits_until = None
        return True
