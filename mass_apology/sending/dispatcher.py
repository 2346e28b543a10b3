"""The dispatcher between the outbox and the relay's connections: it gives out letters in time and records each outcome.

It implements ``smtp.message_source.MessageSource``. The decisions are made elsewhere, by pure functions (``pacing``,
``decisions``, ``smtp.replies``); here they meet the clock, the ledger and the connections.

A failure beside the relay closes the dispatcher: nothing more is begun, and what is on its way gets its reply. Only
what ``hand_over`` raises, a ledger that cannot be written, ends the connections at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

from msgspec.structs import replace

from mass_apology.errors import RelayError
from mass_apology.ledger import Ledger
from mass_apology.model import Delivery, Mark, Message, Outcome, Phase, Status
from mass_apology.sending import pacing
from mass_apology.sending.decisions import Decision, Effect, decide
from mass_apology.sending.event_log import Log
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.refusals_in_a_row import (
    Refusals,
    Refused,
    paused,
    weigh,
)
from mass_apology.sending.relay_windows import Windows
from mass_apology.sending.run_stats import Progress, RunStats
from mass_apology.settings import Campaign, parse_duration, parse_rate
from mass_apology.smtp.replies import classify

TIMER = 0.002  # seconds that timers are late on a machine that is not
TRIES = 3  # at a slot
SLACK = 0.2  # seconds: letters are begun so much ahead of their slots, so that no slot waits for a letter
LEAD = 0.01  # seconds: the durable mark is begun so long before a letter's slot, so that the dot is on time
QUOTA_WAIT = 3600.0  # seconds: relays do not say when their quota reopens, so try once an hour
UNREACHABLE_LIMIT = 10  # tries in a row that failed, some five minutes, before a person is asked
ROUND_TRIP = 1.0  # seconds: throttling replies closer together than this are one complaint


class Dispatcher:
    """One run's desk. It closes by itself when a reply or the breaker says so; ``reason`` then says why.

    ``failure`` is what else ended the run, where something did.
    """

    def __init__(
        self, *, campaign: Campaign, outbox: Outbox, ledger: Ledger, log: Log, stats: RunStats, windows: Windows
    ) -> None:
        pace = pacing.pace_of(parse_rate(campaign.relay.rate))
        self._campaign = campaign
        self._outbox = outbox
        self._ledger = ledger
        self._log = log
        self._stats = stats
        self._windows = windows
        self._taking = pace  # how fast letters are begun
        self._handing = pace  # how close together the dots may come: exact, whatever happens in between
        self._concurrency = pacing.starting_concurrency(campaign.relay.connections)
        self._give_up_after = parse_duration(campaign.limits.give_up_after)
        self._finish_by = campaign.finish_by.timestamp() if campaign.finish_by else float("inf")
        self._unreachable = 0  # tries in a row that failed, however many connections failed in one
        self._retry_at = 0.0  # monotonic seconds: when the next try is due
        self._quota_until = 0.0
        self._refusals = Refusals()
        self.paused = False
        self.closed = False
        self.reason: str | None = None
        self.failure: BaseException | None = None
        self._closes = asyncio.Event()

    # What the connections ask (smtp.Dispatcher)

    async def next_message(self) -> Message | None:
        """The next letter for a connection, when it may go; ``None`` when the connection should close."""
        while (message := self.next_at_hand()) is None:
            if self.closed or self._outbox.exhausted:
                return None
            await self._outbox.arrived.wait(self._pause())
        return message

    def next_at_hand(self) -> Message | None:
        """The next letter, if one may go now."""
        if self.closed or self._pause() is not None:
            return None
        message = self._outbox.take()
        if message is not None:
            if self._taking.interval:
                self._taking, _ = pacing.reserve(self._taking, time.monotonic(), slack=SLACK)
            self._windows.begin()
        return message

    def allowed(self) -> int:
        """How many connections may be open now."""
        return int(self._concurrency.allowed)

    async def hand_over(self, message: Message) -> None:
        """Wait for the letter's slot and for its durable mark; then the dot may be written."""
        slot = self._slot()
        if slot is not None:
            await asyncio.sleep(slot - LEAD - time.monotonic())
        delivery = message.delivery
        mark = Mark(
            delivery=delivery.id,
            status=Status.HANDING_OVER,
            at=time.time(),
            attempts=delivery.attempts + 1,
            sha256=message.sha256,
            subject=message.subject,
        )
        await self._ledger.hand_over(mark)
        if slot is not None:
            await self._wait_for(slot)

    def settle(self, message: Message, outcome: Outcome) -> None:
        """Record what became of a letter."""
        try:
            self._settle(message, outcome, time.time())
        except Exception as error:  # the letter stays HANDING_OVER, and so in doubt; no other one must
            self.fail(error)

    def _settle(self, message: Message, outcome: Outcome, now: float) -> None:
        decision = decide(
            message.delivery,
            outcome,
            classify(outcome),
            now=now,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
            give_up_at=self._give_up_at(message),
        )
        decision = self._weigh(decision, message, outcome)
        self._ledger.record(decision.mark)
        self._log.mark(message.delivery, decision.mark, outcome.phase)
        self._stats.settle(message.delivery.id, decision.mark.status, now)
        self._windows.end(handed_over_at=now if outcome.dot_written else None)
        self._outbox.settled()
        self._unreachable, self._retry_at = 0, 0.0
        self._heed(decision)

    def back(self, message: Message) -> None:
        """A letter that was not begun."""
        self._windows.end(handed_over_at=None)
        self._outbox.put_back(message)

    def withhold(self, delivery: Delivery, reason: str) -> None:
        """A letter that must not go any more."""
        now = time.time()
        mark = Mark(delivery=delivery.id, status=Status.WITHHELD, at=now, attempts=delivery.attempts, reply=reason)
        self._ledger.record(mark)
        self._log.mark(delivery, mark, None)
        self._stats.settle(delivery.id, mark.status, now)

    async def closing(self) -> None:
        """Until nothing more is begun."""
        await self._closes.wait()

    async def unreachable(self, error: RelayError) -> bool:
        """A connection could not be opened: wait until the next try, or say that there is to be none."""
        seconds = self._wait_after(error)
        if seconds is None:
            return False
        until = time.monotonic() + seconds
        while not (self.closed or self._outbox.exhausted) and (left := until - time.monotonic()) > 0:
            await self._outbox.arrived.wait(left)
        return not (self.closed or self._outbox.exhausted)

    def _wait_after(self, error: RelayError) -> float | None:
        self._log.event("unreachable", time.time(), phase=error.phase, code=error.reply.code if error.reply else None)
        now = time.monotonic()
        is_new = now >= self._retry_at  # what fails before the next try is the same trouble, seen by another connection
        self._unreachable += is_new
        if not error.temporary or self._unreachable > UNREACHABLE_LIMIT:
            self.close(f"{error.problem} {error.next_step}")
            return None
        self._concurrency = pacing.shrink(self._concurrency)
        seconds = pacing.wait(pacing.RELAY, self._unreachable, random.random())  # noqa: S311 (jitter, not a secret)
        self._retry_at = now + seconds if is_new else self._retry_at
        return seconds

    # What the run and its people ask

    def close(self, reason: str | None = None) -> None:
        """Begin no further letter; those on a connection are finished. The first reason is kept."""
        self.reason = self.reason or reason
        self.closed = True
        self._closes.set()
        self._outbox.close()

    def fail(self, error: BaseException) -> None:
        """Close because of something that has nothing to do with the relay. The first failure is kept."""
        self.failure = self.failure or error
        self.close()

    def pause(self, *, paused: bool) -> None:
        """Begin no further letter until told to go on."""
        self.paused = paused
        self._outbox.arrived.give()

    def progress(self) -> Progress:
        """What to show now."""
        return self._stats.snapshot(
            time.time(),
            connections=self.allowed(),
            share=pacing.current_share(self._handing, time.monotonic()),
            waits_for=self._waits_for(),
        )

    # How

    def _pause(self) -> float | None:
        """Seconds during which no letter may be begun; ``None`` if one may go now."""
        if self.paused:
            return 1.0
        if self._taking.interval and (soon := self._taking.next_slot - time.monotonic()) > 0:
            return soon
        now = time.time()
        if now < self._quota_until:
            return self._quota_until - now
        reopens_at = self._windows.closed_until(now)
        return None if reopens_at is None else max(0.0, reopens_at - now)

    def _slot(self) -> float | None:
        """This letter's place in the even stream, in monotonic seconds; ``None`` where the rate is unlimited."""
        if not self._handing.interval:
            return None
        self._handing, slot = pacing.reserve(self._handing, time.monotonic() + LEAD)
        return slot

    async def _wait_for(self, slot: float) -> None:
        """Until the slot. One that is missed is given up for a later one, but not for ever: a machine may be slow."""
        for _ in range(TRIES):
            await asyncio.sleep(slot - time.monotonic())
            if not self._missed(slot):
                return
            slot = self._slot() or slot

    def _missed(self, slot: float) -> bool:
        """Whether the next letter's slot is near already: after a stall the dots must not come in a bunch."""
        now = time.monotonic()
        interval = self._handing.interval / pacing.current_share(self._handing, now)
        return now - slot > max(interval / 2, TIMER)

    def _give_up_at(self, message: Message) -> float:
        begun = message.delivery.first_tried_at or time.time()
        return min(begun + self._give_up_after, self._finish_by)

    def _weigh(self, decision: Decision, message: Message, outcome: Outcome) -> Decision:
        """The decision in the light of those before it; refusals that were about us after all are taken back."""
        weighed = weigh(
            self._refusals,
            decision,
            message.delivery,
            outcome,
            classify(outcome),
            canary=self._outbox.canary_running,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
        )
        self._refusals = weighed.refusals
        self._take_back(weighed.taken_back)
        return weighed.decision

    def _take_back(self, letters: Sequence[Refused]) -> None:
        for letter in letters:
            self._ledger.record(letter.mark)
            self._log.mark(letter.delivery, letter.mark, Phase.DOT)
            self._stats.take_back(letter.mark.delivery, Status.REFUSED)

    def _heed(self, decision: Decision) -> None:
        """Let the run learn from one letter."""
        if decision.ending is pacing.Ending.ACCEPTED:
            self._concurrency = pacing.grow(self._concurrency)
            self._stats.recent.append(decision.ending)
            return
        if decision.ending is not None:
            self._stats.recent.append(decision.ending)
            self._ask_the_breaker()
        self._obey(decision)

    def _ask_the_breaker(self) -> None:
        relay, limits = self._campaign.relay, self._campaign.limits
        in_doubt = self._stats.counts[Status.IN_DOUBT]
        trip = pacing.breaker(
            self._stats.recent, in_doubt, relay.connections, refusals=limits.refusals, deferrals=limits.deferrals
        )
        if trip and not self.closed:
            self._log.event("breaker", time.time(), reason=trip)
            self.close(f"The campaign paused itself: {trip} Look at the replies with report, then run send again.")
            self._refusals, letters = paused(self._refusals, now=time.time(), chance=random.random())  # noqa: S311
            self._take_back(letters)

    def _obey(self, decision: Decision) -> None:
        if decision.effect is Effect.SLOW_DOWN:
            self._slow_down()
        elif decision.effect is Effect.ONE_CONNECTION_FEWER:
            self._concurrency = pacing.one_fewer(self._concurrency)
        elif decision.effect is Effect.WAIT_FOR_QUOTA:
            self._quota_until = time.time() + QUOTA_WAIT
        elif decision.effect is Effect.STOP:
            self.close(decision.sentence)
        if decision.effect is not Effect.NONE:
            self._log.event(decision.effect, time.time())

    def _slow_down(self) -> None:
        now = time.monotonic()
        slowed = pacing.slow_down(
            self._handing, now, round_trip=ROUND_TRIP, observed_rate=self._stats.rate(time.time())
        )
        if slowed is not self._handing:
            self._handing = slowed
            self._taking = replace(slowed, next_slot=self._taking.next_slot)
            self._concurrency = pacing.shrink(self._concurrency)

    def _waits_for(self) -> str:
        if self.closed:
            return "the letters on their way" if self._outbox.out else ""
        if self.paused:
            return "resume"
        now = time.time()
        if now < self._quota_until:
            return f"the relay's quota, next try at {_clock(self._quota_until)}"
        reopens_at = self._windows.closed_until(now)
        if reopens_at is not None and reopens_at > now + 1:
            return f"the window, which reopens at {_clock(reopens_at)}"
        if self._outbox.waits_until is not None:
            return f"deferred letters, due at {_clock(self._outbox.waits_until)}"
        return ""


def _clock(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
