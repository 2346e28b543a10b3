"""The dispatcher gives letters from the outbox to the relay's connections at the allowed rate, and records outcomes.

It implements ``smtp.message_source.MessageSource``. Pure functions decide (``pacing``, ``decisions``,
``refusals_in_a_row``, ``smtp.replies``); the dispatcher calls them with the time and applies their results to the
ledger, the log and the run.

A failure outside the relay closes the dispatcher: no further letter is started, and letters in transit get their
replies. Only an exception from ``hand_over`` (the ledger cannot be written) ends the connections at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from mass_apology.errors import RelayError
from mass_apology.ledger import Sender
from mass_apology.model import Delivery, Mark, Message, Outcome, Phase, Status, StopCause
from mass_apology.sending import pacing
from mass_apology.sending.decisions import Decision, Effect, decide
from mass_apology.sending.event_log import EventLog
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.refusals_in_a_row import (
    Refusals,
    RefusedLetter,
    check_refusals,
    reopen_row,
)
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.sending.run_stats import Progress, RunStats, Standstill
from mass_apology.settings import Campaign, parse_duration, parse_rate
from mass_apology.smtp.replies import classify

TIMER_LATENESS = 0.002  # seconds that timers are late even on an idle machine
SLOT_TRIES = 3  # slots that one letter may miss before it is handed over late
START_AHEAD = 0.2  # seconds by which letters are started before their slots, so that no slot waits for a letter
MARK_AHEAD = 0.01  # seconds by which the durable mark is begun before a letter's slot, so that the dot is on time
QUOTA_WAIT = 3600.0  # seconds: relays do not say when their quota reopens, so try once an hour
UNREACHABLE_LIMIT = 10  # failed tries in a row, about five minutes, before the run ends
ROUND_TRIP = 1.0  # seconds: throttling replies closer together than this are one complaint


class Dispatcher:
    """Dispatches the letters of one run; made by ``SendingRun``, called by the relay's connections.

    Every letter that it gives out is recorded once, in ledger, log and statistics. It closes itself when a reply or the
    breaker requires it; ``reason`` then holds the sentence for the user, and ``cause`` its kind. ``failure`` holds the
    exception of a failure outside the relay that ended the run.
    """

    def __init__(
        self,
        *,
        campaign: Campaign,
        outbox: Outbox,
        ledger: Sender,
        log: EventLog,
        stats: RunStats,
        windows: RelayWindows,
    ) -> None:
        pace = pacing.pace_of(parse_rate(campaign.relay.rate))
        self._campaign = campaign
        self._outbox = outbox
        self._ledger = ledger
        self._log = log
        self._stats = stats
        self._windows = windows
        self._hear_accepted: Callable[[Message], None] | None = None
        self._start_pace = pace  # of starting letters
        self._dot_pace = pace  # of final dots: this one keeps the rate exactly
        self._concurrency = pacing.starting_concurrency(campaign.relay.connections)
        self._give_up_after = parse_duration(campaign.limits.give_up_after)
        self._finish_by = campaign.finish_by.timestamp() if campaign.finish_by else float("inf")
        self._failed_tries = 0  # in a row; several connections that fail together count as one
        self._trouble = ""  # why the last of them failed
        self._retry_at = 0.0  # monotonic seconds: when the next try is due
        self._quota_until = 0.0
        self._refusals = Refusals()
        self.paused = False
        self.closed = False
        self.reason: str | None = None
        self.cause: StopCause | None = None
        self.failure: BaseException | None = None
        self._closed_event = asyncio.Event()

    # Called by the connections (smtp.message_source.MessageSource)

    async def next_message(self) -> Message | None:
        """Wait for the next letter that may start; ``None`` when the connection should close."""
        while (message := self.next_if_ready()) is None:
            if self.closed or self._outbox.exhausted:
                return None
            await self._outbox.changed.wait(self._seconds_until_start())
        return message

    def next_if_ready(self) -> Message | None:
        """The next letter if one may start now, else ``None``."""
        if self.closed or self._seconds_until_start() is not None:
            return None
        message = self._outbox.take()
        if message is not None:
            if self._start_pace.interval:
                self._start_pace, _ = pacing.reserve_slot(self._start_pace, time.monotonic(), slack=START_AHEAD)
            self._windows.begin()
        return message

    def allowed(self) -> int:
        """How many connections may be open now."""
        return int(self._concurrency.allowed)

    async def hand_over(self, message: Message) -> None:
        """Return when the letter's HANDING_OVER mark is durable and its slot has come: then the dot may be written."""
        slot = self._reserve_slot()
        if slot is not None:
            await asyncio.sleep(slot - MARK_AHEAD - time.monotonic())
        delivery = message.delivery
        mark = Mark(
            delivery=delivery.id,
            status=Status.HANDING_OVER,
            at=time.time(),
            attempts=delivery.attempts + 1,
            sha256=message.sha256,
            subject=message.subject,
            relay=self._campaign.relay.name,
        )
        await self._ledger.hand_over(mark)
        if slot is not None:
            await self._wait_for_slot(slot)

    def settle(self, message: Message, outcome: Outcome) -> None:
        """Record the outcome of a letter that was started."""
        try:
            self._record_outcome(message, outcome, time.time())
        except Exception as error:  # this letter stays HANDING_OVER, hence in doubt; closing keeps others from it
            self.fail(error)

    def _record_outcome(self, message: Message, outcome: Outcome, now: float) -> None:
        decision = decide(
            message.delivery,
            outcome,
            classify(outcome),
            now=now,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
            give_up_at=self._give_up_at(message),
        )
        decision = self._check_refusals(decision, message, outcome)
        self._ledger.record(decision.mark)
        relay = self._campaign.relay.name
        self._log.mark(message.delivery, decision.mark, outcome.phase, relay, sha256=message.sha256)
        self._stats.settle(message.delivery.id, decision.mark.status, now)
        self._windows.end(handed_over_at=now if outcome.dot_written else None)
        self._outbox.settled()
        self._failed_tries, self._retry_at, self._trouble = 0, 0.0, ""
        if self._hear_accepted is not None and decision.mark.status is Status.ACCEPTED:
            self._hear_accepted(message)
        self._update_run(decision)

    def give_back(self, message: Message) -> None:
        """Return a letter that was not started to the outbox."""
        self._windows.end(handed_over_at=None)
        self._outbox.put_back(message)

    def withhold(self, delivery: Delivery, reason: str) -> None:
        """Record a letter that must not be sent as WITHHELD. The outbox calls it."""
        now = time.time()
        mark = Mark(delivery=delivery.id, status=Status.WITHHELD, at=now, attempts=delivery.attempts, reply=reason)
        self._ledger.record(mark)
        self._log.mark(delivery, mark, None)
        self._stats.settle(delivery.id, mark.status, now)

    async def wait_closed(self) -> None:
        """Return when the dispatcher is closed."""
        await self._closed_event.wait()

    async def connection_failed(self, error: RelayError) -> bool:
        """A connection could not be opened: return true when the next try is due, false if there is to be none."""
        seconds = self._seconds_until_retry(error)
        if seconds is None:
            return False
        until = time.monotonic() + seconds
        while not (self.closed or self._outbox.exhausted) and (left := until - time.monotonic()) > 0:
            await self._outbox.changed.wait(left)
        return not (self.closed or self._outbox.exhausted)

    def _seconds_until_retry(self, error: RelayError) -> float | None:
        """Seconds until the next try; ``None``, and closed, if waiting cannot help."""
        facts = {"phase": error.phase, "code": error.reply.code if error.reply else None}
        self._log.event("unreachable", time.time(), facts)
        now = time.monotonic()
        is_new = now >= self._retry_at  # before that time, other connections fail for the same cause
        self._failed_tries += is_new
        self._trouble = error.problem
        if not error.temporary or self._failed_tries > UNREACHABLE_LIMIT:
            self.close(f"{error.problem} {error.next_step}", StopCause.RELAY)
            return None
        self._concurrency = pacing.shrink(self._concurrency)
        seconds = pacing.backoff_seconds(pacing.RELAY, self._failed_tries, random.random())  # noqa: S311 (jitter, not a secret)
        self._retry_at = now + seconds if is_new else self._retry_at
        return seconds

    # Called by the run

    def on_accepted(self, hear: Callable[[Message], None]) -> None:
        """``hear`` of each letter that the relay takes, in place of who heard of them before."""
        self._hear_accepted = hear

    def close(self, reason: str | None = None, cause: StopCause | None = None) -> None:
        """Start no further letter; those on a connection are finished. The first reason is kept, with its cause."""
        if self.reason is None:
            self.reason, self.cause = reason, cause
        self.closed = True
        self._closed_event.set()
        self._outbox.close()

    def fail(self, error: BaseException) -> None:
        """Close because of a failure outside the relay. The first failure is kept."""
        self.failure = self.failure or error
        self.close()

    def pause(self, *, paused: bool) -> None:
        """Start no further letter while paused."""
        self.paused = paused
        self._outbox.changed.notify()

    def progress(self) -> Progress:
        """The run's present state, for the screen."""
        return self._stats.snapshot(
            time.time(),
            connections=self.allowed(),
            share=pacing.current_share(self._dot_pace, time.monotonic()),
            waits_for=self._waiting_for(),
            trouble=self._trouble,
        )

    def standstill(self) -> Standstill | None:
        """What keeps the next letter for more than a second, and until when: the relay's quota, or a window.

        The window that the last letters used up keeps nobody, so letters on their way count as gone.
        """
        now = time.time()
        if self.paused or self.closed or self._stats.unsettled <= self._outbox.out:
            return None
        if now < self._quota_until:
            return Standstill(cause=StopCause.QUOTA, until=self._quota_until)
        reopens_at = self._windows.closed_until(now)
        if reopens_at is not None and reopens_at > now + 1:
            return Standstill(cause=StopCause.WINDOW, until=reopens_at)
        return None

    # Pace

    def _seconds_until_start(self) -> float | None:
        """Seconds during which no letter may start; ``None`` if one may start now."""
        if self.paused:
            return 1.0
        if self._start_pace.interval and (soon := self._start_pace.next_slot - time.monotonic()) > 0:
            return soon
        now = time.time()
        if now < self._quota_until:
            return self._quota_until - now
        reopens_at = self._windows.closed_until(now)
        return None if reopens_at is None else max(0.0, reopens_at - now)

    def _reserve_slot(self) -> float | None:
        """Reserve a time for one dot, in monotonic seconds; ``None`` if the rate is unlimited."""
        if not self._dot_pace.interval:
            return None
        self._dot_pace, slot = pacing.reserve_slot(self._dot_pace, time.monotonic() + MARK_AHEAD)
        return slot

    async def _wait_for_slot(self, slot: float) -> None:
        """Sleep until the slot. A missed slot is replaced by a later one, up to ``SLOT_TRIES`` times."""
        for _ in range(SLOT_TRIES):
            await asyncio.sleep(slot - time.monotonic())
            if not self._is_missed(slot):
                return
            slot = self._reserve_slot() or slot

    def _is_missed(self, slot: float) -> bool:
        """Whether it is so late that the next letter's slot is near: after a stall, dots must not come in a burst."""
        now = time.monotonic()
        interval = self._dot_pace.interval / pacing.current_share(self._dot_pace, now)
        return now - slot > max(interval / 2, TIMER_LATENESS)

    def _give_up_at(self, message: Message) -> float:
        begun = message.delivery.first_tried_at or time.time()
        return min(begun + self._give_up_after, self._finish_by)

    # Outcomes

    def _check_refusals(self, decision: Decision, message: Message, outcome: Outcome) -> Decision:
        """The decision, changed if earlier refusals show that the cause is ours; those letters are due again."""
        checked = check_refusals(
            self._refusals,
            decision,
            message.delivery,
            outcome,
            classify(outcome),
            canary=self._outbox.canary_running,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
        )
        self._refusals = checked.refusals
        self._reopen(checked.reopened)
        return checked.decision

    def _reopen(self, letters: Sequence[RefusedLetter]) -> None:
        for letter in letters:
            self._ledger.record(letter.mark)
            self._log.mark(letter.delivery, letter.mark, Phase.DOT)
            self._stats.reopen(letter.mark.delivery, Status.REFUSED)

    def _update_run(self, decision: Decision) -> None:
        """Adapt connections, breaker, rate and quota to one letter's outcome."""
        if decision.ending is pacing.Ending.ACCEPTED:
            self._concurrency = pacing.grow(self._concurrency)
            self._stats.recent.append(decision.ending)
            return
        if decision.ending is not None:
            self._stats.recent.append(decision.ending)
            self._check_breaker()
        self._apply_effect(decision)

    def _check_breaker(self) -> None:
        relay, limits = self._campaign.relay, self._campaign.limits
        in_doubt = self._stats.counts[Status.IN_DOUBT]
        trip = pacing.breaker_trip(
            self._stats.recent, in_doubt, relay.connections, refusals=limits.refusals, deferrals=limits.deferrals
        )
        if trip and not self.closed:
            self._log.event("breaker", time.time(), reason=trip)
            said = f"The campaign paused itself: {trip} Look at the replies with report, then run send again."
            self.close(said, StopCause.BREAKER)
            self._refusals, letters = reopen_row(self._refusals, now=time.time(), chance=random.random())  # noqa: S311
            self._reopen(letters)

    def _apply_effect(self, decision: Decision) -> None:
        if decision.effect is Effect.SLOW_DOWN:
            self._slow_down()
        elif decision.effect is Effect.ONE_CONNECTION_FEWER:
            self._concurrency = pacing.one_fewer(self._concurrency)
        elif decision.effect is Effect.WAIT_FOR_QUOTA:
            self._quota_until = time.time() + QUOTA_WAIT
        elif decision.effect is Effect.STOP:
            self.close(decision.sentence, StopCause.REPLY)
        if decision.effect is not Effect.NONE:
            self._log.event(decision.effect, time.time())

    def _slow_down(self) -> None:
        now = time.monotonic()
        slowed = pacing.slow_down(
            self._dot_pace, now, round_trip=ROUND_TRIP, observed_rate=self._stats.rate(time.time())
        )
        if slowed is not self._dot_pace:
            self._dot_pace = slowed
            self._start_pace = replace(slowed, next_slot=self._start_pace.next_slot)
            self._concurrency = pacing.shrink(self._concurrency)

    def _waiting_for(self) -> str:
        if self.closed:
            return "the letters on their way" if self._outbox.out else ""
        if self.paused:
            return "resume"
        still = self.standstill()
        if still is not None and still.cause is StopCause.QUOTA:
            return f"the relay's quota, next try at {_local_time(still.until)}"
        if still is not None:
            return f"the window, which reopens at {_local_time(still.until)}"
        if self._outbox.waits_until is not None:
            return f"deferred letters, due at {_local_time(self._outbox.waits_until)}"
        return ""


def _local_time(at: float) -> str:
    return time.strftime("%H:%M:%S", time.localtime(at))
