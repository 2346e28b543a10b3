"""The outbox claims due letters, has the gate check them, has them rendered, and keeps them ready for the connections.

It holds some hundreds of letters, so memory does not grow with the number due. Connections take letters; while they
take none, none are rendered. The gate checks a letter again if it waited here: a pause may last for hours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from math import inf

from mass_apology.ledger import Sender
from mass_apology.letter.render_pool import RenderPool
from mass_apology.model import FIRST_WAVE, Delivery, Message
from mass_apology.sending.gate import Gate
from mass_apology.sending.ready_letters import Expiry, LetterQueue, LetterQueues, ReadyLetter, Sorter

READY_LIMIT = 800  # letters claimed and not yet taken, at most
BATCHES_AHEAD = 8  # batches in that many letters; a batch makes one trip to a rendering process
READY_OCTETS = 32 << 20  # octets of those letters, at most: letters with attachments are large
LETTER_OCTETS = 8 << 10  # assumed octets of a letter without its attachments
CANARY_PATIENCE = 5.0  # seconds for which the other letters wait for those of one slow destination
RESULT_LIFETIME = 1.0  # seconds for which a result of the gate is valid
REFRESH_AFTER = 0.5  # seconds after which it is asked again, so that connections need not wait for its answer
LONGEST_SLEEP = 30.0  # seconds: a clock that is set back must not make the wait for a deferral endless


class Signal:
    """Wakes every task that waits at the moment of ``notify``; a task that waits later is not woken by it."""

    def __init__(self) -> None:
        self._event = asyncio.Event()

    def notify(self) -> None:
        self._event.set()
        self._event = asyncio.Event()

    async def wait(self, seconds: float | None = None) -> None:
        """Return at the next ``notify``, or after so many seconds."""
        event = self._event
        if seconds is None:
            await event.wait()
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await event.wait()


class Outbox:
    """The letters of one run that are claimed, being rendered, ready, or on a connection.

    The run calls ``fill`` once; the dispatcher calls ``take`` and, for each letter taken, ``settled`` or ``put_back``.
    Each due letter is given out once, and only while the gate allows it.
    """

    def __init__(  # noqa: PLR0913 (all that one run's outbox depends on)
        self,
        ledger: Sender,
        render_pool: RenderPool,
        *,
        eightbit: bool,
        gate: Gate,
        attached: int = 0,
        wave: str = FIRST_WAVE,
        longest_wait: float = inf,
        sorter: Sorter | None = None,
    ) -> None:
        """``eightbit``: the relay offers 8BITMIME. ``attached``: octets of attachments in every letter.

        A letter that ``gate`` does not allow now stays due for a later run. ``longest_wait``: longest wait, in seconds,
        for a deferred letter to be due again. ``sorter``: says which letters must not wait for each other; without it
        any connection takes any letter.
        """
        self._ledger = ledger
        self._wave = wave
        self._gate = gate
        self._withhold: Callable[[Delivery, str], None] = lambda *_: None
        self._longest_wait = longest_wait
        self._render_pool = render_pool
        self._eightbit = eightbit
        self._ready_limit = max(BATCHES_AHEAD, min(READY_LIMIT, READY_OCTETS // (LETTER_OCTETS + 2 * attached)))
        self._batch = self._ready_limit // BATCHES_AHEAD
        self._sorter = sorter
        self._ready: LetterQueue | LetterQueues = LetterQueue()
        self._stale: list[Message] = []  # rendered letters that the gate must check again
        self._rendering = 0
        self._out = 0
        self._refresh: int | None = None  # the relay whose next letters the gate is to check again, though valid
        self._due_at_once = 0  # letters that were deferred only to go through another relay
        self._closed = False
        self._drained = False  # the last claim found nothing: only letters on a connection may become due again
        self.canary_running = True
        self.exhausted = False  # no letter is due, nor will be in this run
        self.waits_until: float | None = None  # Unix seconds: the next deferred letter is due then, and none before
        self.changed = Signal()  # for connections: a letter is ready, or none will come
        self._work = Signal()  # for ``fill``: there is room, or a letter came back

    @property
    def out(self) -> int:
        """Number of letters on a connection, whose outcome is not known."""
        return self._out

    def take(self, relay: int = 0, yields_to: frozenset[int] = frozenset()) -> Message | None:
        """The next ready letter for this relay, if there is one; the caller ends it with ``settled`` or ``put_back``.

        ``yields_to``: relays that get a letter before this one does, where they may take it.
        """
        now = time.monotonic()
        self._set_stale_aside(relay, now)
        letter = self._ready.pop(relay, now, yields_to)
        if letter is None:
            return None
        self._out += 1
        if letter.checked_at < now - REFRESH_AFTER:
            self._refresh = relay
            self._work.notify()
        # Letters being rendered count too: fast connections could take all the ready ones without the number of ready
        # letters ever being exactly half the limit.
        room = self._ready_limit - self._rendering - len(self._ready)
        if room == self._ready_limit // 2 or (room >= self._batch and isinstance(self._ready, LetterQueues)):
            self._work.notify()
        return letter.message

    def _set_stale_aside(self, relay: int, now: float) -> None:
        """Leave letters whose gate result has expired to ``fill``, which has the gate check them again."""
        self._stale += self._ready.take_expired(relay, now, Expiry(time.time(), now - RESULT_LIFETIME))
        if self._stale:
            self._work.notify()

    def has_letter(self, relay: int, now: float) -> bool:
        """Whether a letter is ready that this relay may take."""
        return self._ready.has_letter(relay, now)

    def seconds_until(self, relay: int) -> float | None:
        """Seconds until a letter that waits here may be taken by this relay; ``None`` where none does."""
        return self._ready.seconds_until(relay, time.monotonic())

    def settled(self, message: Message | None = None, *, due_at_once: bool = False) -> None:
        """Note that a letter that was taken has its outcome; ``due_at_once``: it goes on through another relay."""
        self._out -= 1
        self._due_at_once += due_at_once
        if message is not None and self._ready.ended(message):
            self.changed.notify()
        if self._drained or due_at_once:
            self._work.notify()

    def put_back(self, message: Message) -> None:
        """Return a letter that was taken and not started."""
        self._out -= 1
        self._ready.ended(message)
        self._stale.append(message)
        self._work.notify()

    def sort(self) -> None:
        """From now on, letters that need not wait for each other do not."""
        if isinstance(self._ready, LetterQueue) and self._sorter is not None:
            self._ready = LetterQueues(self._sorter, self._ready_limit, self._ready)
            self.changed.notify()

    def drop(self, relay: int) -> None:
        """This relay takes nothing more; letters that no other one may take stay due in the ledger."""
        self._ready.drop(relay)
        self._work.notify()
        self.changed.notify()

    def close(self) -> None:
        """Claim no more. Letters that are ready stay due in the ledger."""
        self._closed = True
        self._work.notify()
        self.changed.notify()

    async def fill(self, withhold: Callable[[Delivery, str], None]) -> None:
        """Keep letters ready until none is due: the canary first, the others when all of it has outcomes.

        Calls ``withhold`` with each letter that the gate forbids for good, and with the reason.
        """
        self._withhold = withhold
        async with asyncio.TaskGroup() as rendering:
            await self._fill(rendering, canary_only=True)
            self.canary_running = self._closed  # if the canary stopped the run, its letters in transit still count
            await self._fill(rendering, canary_only=False)
        self.exhausted = not self._closed
        self.changed.notify()

    async def _fill(self, rendering: asyncio.TaskGroup, *, canary_only: bool) -> None:
        while not self._closed:
            if self._stale or self._refresh is not None:
                self._recheck_stale()
            elif self._due_at_once:
                self._begin_rendering(await self._claim_due_at_once(canary_only=canary_only), rendering)
            elif self._rendering + len(self._ready) >= self._ready_limit:
                await self._wait_for_work()
            elif batch := await self._claim_again() or await self._claim(canary_only=canary_only):
                self._begin_rendering(batch, rendering)
            elif self._rendering or self._waits_here(canary_only=canary_only) or self._out or self._stale:
                self._drained = True
                await self._wait_for_work()
                self._drained = False
            elif canary_only or not await self._wait_for_deferrals():
                return

    def _begin_rendering(self, batch: Sequence[Delivery], rendering: asyncio.TaskGroup) -> None:
        if allowed := self._ready.admitted(self._check_gate(batch)):
            self._rendering += len(allowed)
            rendering.create_task(self._render(allowed))

    async def _claim(self, *, canary_only: bool) -> list[Delivery]:
        return await self._ledger.claim(self._batch, time.time(), canary_only=canary_only, wave=self._wave)

    async def _claim_due_at_once(self, *, canary_only: bool) -> list[Delivery]:
        """Deferred letters that are due, before the planned ones and whatever is ready already."""
        count, self._due_at_once = self._due_at_once, 0
        await self._ledger.flush()  # a claim ends when the mark is durable
        return await self._ledger.claim(count, time.time(), canary_only=canary_only, wave=self._wave)

    async def _claim_again(self) -> list[Delivery]:
        """Letters that were claimed before, and whose queue has room now."""
        parked = self._ready.take_parked(self._batch)
        return await self._ledger.claimed(parked, self._wave) if parked else []

    def _waits_here(self, *, canary_only: bool) -> bool:
        """Whether a letter is here for which the canary's end, or the run's, must wait."""
        if canary_only:
            return self._ready.holds_up(CANARY_PATIENCE)
        return bool(self._ready or self._ready.parked)

    async def _wait_for_work(self, seconds: float | None = None) -> None:
        """Wait for a signal, unless there is work already: it may have come during a call of the ledger."""
        if not (self._closed or self._stale or self._due_at_once or self._refresh is not None):
            await self._work.wait(seconds)

    def _check_gate(self, letters: Sequence[Delivery]) -> Sequence[tuple[Delivery, float]]:
        """The letters that the gate allows, each with its time limit; letters forbidden for good are withheld."""
        result = self._gate.check(letters, time.time())
        for letter, reason in result.withheld:
            self._withhold(letter, reason)
        return result.allowed

    def _recheck_stale(self) -> None:
        """Have the gate check the stale letters and those that soon will be, and put those it allows in front."""
        if self._refresh is not None:
            now = time.monotonic()
            self._stale += self._ready.take_expired(self._refresh, now, Expiry(time.time(), now - REFRESH_AFTER))
            self._refresh = None
        messages = {message.delivery.id: message for message in self._stale}
        self._stale.clear()
        checked_at = time.monotonic()
        allowed = self._check_gate([message.delivery for message in messages.values()])
        self._ready.push_front([ReadyLetter(messages[each.id], until, checked_at) for each, until in allowed])
        self.changed.notify()

    async def _render(self, batch: Sequence[tuple[Delivery, float]]) -> None:
        checked_at = time.monotonic()
        messages = await self._render_pool.write(
            [letter for letter, _ in batch], now=time.time(), eightbit=self._eightbit
        )
        self._rendering -= len(batch)
        self._ready.push(
            ReadyLetter(message, until, checked_at) for message, (_, until) in zip(messages, batch, strict=True)
        )
        self.changed.notify()
        if self._drained:
            self._work.notify()

    async def _wait_for_deferrals(self) -> bool:
        """Sleep until a deferred letter is due; false if none is, or none within the longest wait."""
        await self._ledger.flush()
        due_at = await self._ledger.next_due_at(self._wave)
        if due_at is None or due_at - time.time() > self._longest_wait:
            return False
        self.waits_until = due_at
        await self._wait_for_work(min(LONGEST_SLEEP, max(0.0, due_at - time.time())))
        self.waits_until = None
        return True
