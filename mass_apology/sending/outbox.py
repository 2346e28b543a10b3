"""Letters ready to go: claims what is due, asks the gate, has it rendered ahead, and knows when nothing more will come.

Only some hundreds are kept ready, so memory stays flat however many are due. The connections pull; when they pause, so
does the rendering. A letter that waited here is asked about again before it goes: a pause may last for hours.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf

from msgspec import Struct

from mass_apology.ledger import Ledger
from mass_apology.letter.render_pool import RenderPool
from mass_apology.model import FIRST_WAVE, Delivery, Message
from mass_apology.sending.gate import Gate

AHEAD = 800  # letters claimed and not yet taken, at the most
BATCHES = 8  # that many make up what is ahead: long enough to make the way to another process cheap
MEMORY = 32 << 20  # octets that may be ahead: letters with attachments are large
LETTER = 8 << 10  # octets of a letter without them
FRESH = 1.0  # seconds for which the gate's word on a batch is good
LONGEST_SLEEP = 30.0  # seconds; a clock that is set back must not make the wait for a deferral endless


class Signal:
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


class _Ready(Struct, frozen=True):
    """A letter that may go."""

    message: Message
    closes_at: float  # Unix seconds: the first moment at which the gate would say otherwise by itself
    asked_at: float  # monotonic seconds: when the gate was asked


class Outbox:
    """The letters of one run that are claimed, being rendered, ready, or out on a connection."""

    def __init__(  # noqa: PLR0913 (what the stock depends on)
        self,
        ledger: Ledger,
        render_pool: RenderPool,
        *,
        eightbit: bool,
        gate: Gate,
        attached: int = 0,
        wave: str = FIRST_WAVE,
        patience: float = inf,
    ) -> None:
        """``eightbit``: the relay offers 8BITMIME. ``attached``: octets of attachments in every letter.

        ``gate`` says which letters may go; one that may not go just now stays due for a later run.
        ``patience``: seconds that are waited for a deferred letter to be due again, at the most.
        """
        self._ledger = ledger
        self._wave = wave
        self._gate = gate
        self._withhold: Callable[[Delivery, str], None] = lambda *_: None
        self._patience = patience
        self._render_pool = render_pool
        self._eightbit = eightbit
        self._ahead = max(BATCHES, min(AHEAD, MEMORY // (LETTER + 2 * attached)))
        self._ready: deque[_Ready] = deque()
        self._stale: list[Message] = []  # letters that waited too long to go without being asked about again
        self._rendering = 0
        self._out = 0
        self._closed = False
        self._drained = False  # the last claim found nothing: only what is out may still become due
        self.canary_running = True
        self.exhausted = False  # nothing is due any more, now or later
        self.waits_until: float | None = None  # Unix seconds: nothing to do until then, where letters are deferred
        self.arrived = Signal()  # for connections: a letter is ready, or none will come
        self._wanted = Signal()  # for the filling: there is room, or something came back

    @property
    def out(self) -> int:
        """Letters on a connection, whose outcome is not known."""
        return self._out

    def take(self) -> Message | None:
        """The next ready letter, for a connection; it comes back through ``settled`` or ``put_back``."""
        self._take_out_the_stale()
        if not self._ready:
            return None
        self._out += 1
        # What is being rendered counts too: were only the ready ones looked at, fast connections could empty the shelf
        # without ever passing the half.
        if self._rendering + len(self._ready) == self._ahead // 2:
            self._wanted.give()
        return self._ready.popleft().message

    def _take_out_the_stale(self) -> None:
        """Letters of which the gate may say something else by now go to ``fill``, which asks it."""
        now, moment = time.time(), time.monotonic()
        while self._ready and (self._ready[0].closes_at <= now or self._ready[0].asked_at + FRESH < moment):
            self._stale.append(self._ready.popleft().message)
        if self._stale:
            self._wanted.give()

    def settled(self) -> None:
        """A letter that was taken has its outcome."""
        self._out -= 1
        if self._drained:
            self._wanted.give()

    def put_back(self, message: Message) -> None:
        """A letter that was taken was not begun."""
        self._out -= 1
        self._stale.append(message)
        self._wanted.give()

    def close(self) -> None:
        """Claim no more. What is ready stays due in the ledger."""
        self._closed = True
        self._wanted.give()
        self.arrived.give()

    async def fill(self, withhold: Callable[[Delivery, str], None]) -> None:
        """Keep letters ready until none is due any more: the canary first, the others when it is settled.

        ``withhold`` is told of those that the gate says must not go any more, with the reason.
        """
        self._withhold = withhold
        async with asyncio.TaskGroup() as rendering:
            await self._fill(rendering, canary_only=True)
            self.canary_running = self._closed  # what stopped the canary still judges the letters on their way
            await self._fill(rendering, canary_only=False)
        self.exhausted = not self._closed
        self.arrived.give()

    async def _fill(self, rendering: asyncio.TaskGroup, *, canary_only: bool) -> None:
        while not self._closed:
            if self._stale:
                self._ask_again()
            elif self._rendering + len(self._ready) >= self._ahead:
                await self._rest()
            elif batch := await self._claim(canary_only=canary_only):
                if may_go := self._asked(batch):
                    self._rendering += len(may_go)
                    rendering.create_task(self._render(may_go))
            elif self._rendering or self._ready or self._out or self._stale:  # stale since the ledger was asked
                self._drained = True
                await self._rest()
                self._drained = False
            elif canary_only or not await self._wait_for_deferrals():
                return

    async def _claim(self, *, canary_only: bool) -> list[Delivery]:
        limit = self._ahead // BATCHES
        return await self._ledger.claim(limit, time.time(), canary_only=canary_only, wave=self._wave)

    async def _rest(self, seconds: float | None = None) -> None:
        """Until something is wanted. Looks first, since it may have come while the ledger was asked."""
        if not (self._closed or self._stale):
            await self._wanted.wait(seconds)

    def _asked(self, letters: Sequence[Delivery]) -> Sequence[tuple[Delivery, float]]:
        """Those of the letters that may go, and until when; those that must not any more are withheld."""
        verdict = self._gate.ask(letters, time.time())
        for letter, reason in verdict.withheld:
            self._withhold(letter, reason)
        return verdict.open

    def _ask_again(self) -> None:
        """Put the letters that waited back in front, those of them that may still go."""
        messages = {message.delivery.id: message for message in self._stale}
        self._stale.clear()
        moment = time.monotonic()
        may_go = self._asked([message.delivery for message in messages.values()])
        self._ready.extendleft(_Ready(messages[each.id], until, moment) for each, until in reversed(may_go))
        self.arrived.give()

    async def _render(self, batch: Sequence[tuple[Delivery, float]]) -> None:
        moment = time.monotonic()
        messages = await self._render_pool.write(
            [letter for letter, _ in batch], now=time.time(), eightbit=self._eightbit
        )
        self._rendering -= len(batch)
        self._ready.extend(_Ready(message, until, moment) for message, (_, until) in zip(messages, batch, strict=True))
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
