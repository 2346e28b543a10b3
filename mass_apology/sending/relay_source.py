"""Gives the messages of a run to the connections of one relay, at the pace that this relay allows.

It implements ``smtp.message_source.MessageSource``. Rate, windows, quota, number of connections and health are the
relay's own; what becomes of a letter is the run's business (``dispatcher``).
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from math import inf
from typing import Protocol

from msgspec.structs import replace

from mass_apology.errors import RelayError
from mass_apology.ledger import Sender
from mass_apology.model import Mark, Message, Outcome, Status, StopCause
from mass_apology.relay_settings import RelaySettings
from mass_apology.sending import pacing
from mass_apology.sending.answer_watch import AnswerWatch
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.pacing import Backoff, Ending
from mass_apology.sending.refusals_in_a_row import Refusals
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.sending.run_stats import AcceptedRate, RelayState, Standstill
from mass_apology.settings import parse_rate
from mass_apology.smtp.relay import Impatience

TIMER_LATENESS = 0.002  # seconds that timers are late even on an idle machine
SLOT_TRIES = 3  # slots that one letter may miss before it is handed over late
START_AHEAD = 0.2  # seconds by which letters are started before their slots, so that no slot waits for a letter
_WEIGHT = 0.02  # of the newest letter in a moving average
MARK_AHEAD = 0.01  # seconds by which the durable mark is begun before a letter's slot, so that the dot is on time
QUOTA_WAIT = 3600.0  # seconds: relays do not say when their quota reopens, so try once an hour
UNREACHABLE_LIMIT = 10  # failed tries in a row, about five minutes, before the run ends, or goes on without the relay
RESTING = Backoff(first=2.0, cap=10.0)  # of one of several relays: a try costs one connection, and nobody waits for it
TRIES_BESIDE_OTHERS = 40  # failed tries in a row, as long as the above, of a relay whose letters no other one may take
LOSSES = 2  # connections lost in a row, after which a relay rests while others send
WELL = 1.0  # seconds after an accepted letter during which a connection that cannot be opened is no illness
AWAKE = 2.0  # seconds without a letter after which a relay has no claim to its share
CONNECT_PATIENCE = 4.0  # seconds in which a connection must be open where another relay could take its letter
YIELD = 0.02  # seconds until a relay that left letters to others looks again
ROUND_TRIP = 1.0  # seconds: throttling replies closer together than this are one complaint


class Run(Protocol):
    """The run that the messages belong to; ``dispatcher.Dispatcher`` implements it."""

    paused: bool
    closed: bool

    def settle(self, source: RelaySource, message: Message, outcome: Outcome) -> None:
        """Record the outcome of a message that was started."""

    def can_do_without(self, source: RelaySource) -> bool:
        """Whether other relays that can be reached may take all its letters."""

    def give_up(self, source: RelaySource, reason: str, cause: StopCause) -> None:
        """Go on without this relay, or close where it is the last."""

    def comes_first(self, source: RelaySource) -> frozenset[int]:
        """The relays that a letter is left to, where they may take it."""

    def took(self, source: RelaySource) -> None:
        """A letter is started through it."""

    def unreachable(self, source: RelaySource, error: RelayError) -> None:
        """Note that a connection could not be opened."""

    def close(self, reason: str | None = None, cause: StopCause | None = None) -> None:
        """Start no further letter."""

    async def wait_closed(self) -> None:
        """Return when no further letter is to be started."""


class RelaySource:
    """The messages for one relay's connections."""

    def __init__(  # noqa: PLR0913 (the relay, and what it shares with the others)
        self,
        relay: RelaySettings,
        run: Run,
        *,
        outbox: Outbox,
        ledger: Sender,
        windows: RelayWindows,
        number: int = 0,
        alone: bool = True,
    ) -> None:
        """``number``: which of the campaign's relays it is; ``alone``: there is no other."""
        pace = pacing.pace_of(parse_rate(relay.rate))
        self.relay = relay
        self.number = number
        self.given_up: str | None = None  # why the run goes on without this relay
        self._counts: Counter[Status] = Counter()  # outcomes of this run; a letter may be deferred several times
        self._rate = AcceptedRate()
        self.recent: deque[Ending] = deque(maxlen=pacing.RECENT)  # for the breaker
        self.windows = windows
        self.refusals = Refusals()
        self.commit_seconds = 0.0  # that a letter waited for its mark to be durable, on a moving average
        self.trouble = ""  # why the last try to connect failed, while none has succeeded since
        self.wait_closed = run.wait_closed
        self._run = run
        self._alone = alone
        self._most_tries = UNREACHABLE_LIMIT if alone else TRIES_BESIDE_OTHERS
        self._losses = 0  # connections lost since the last accepted letter
        self._rests_until = 0.0  # monotonic seconds: it starts nothing, so that others take its letters
        self._rests = 0  # since the last accepted letter
        self._last_accepted = -inf  # monotonic seconds
        self._last_taken = time.monotonic()
        self._answers = AnswerWatch()
        self.impatience = None if alone else Impatience(CONNECT_PATIENCE)
        self._outbox = outbox
        self._ledger = ledger
        self._full_pace = pace
        self._start_pace = pace  # of starting letters
        self._dot_pace = pace  # of final dots: this one keeps the rate exactly
        self._concurrency = pacing.starting_concurrency(relay.connections)
        self._failed_tries = 0  # in a row; several connections that fail together count as one
        self._retry_at = 0.0  # monotonic seconds: when the next try is due
        self._quota_until = 0.0

    def divide(self, sharers: int) -> None:
        """So many processes have the relay's rate together from now on."""
        self._start_pace = pacing.divided(self._start_pace, self._full_pace, sharers)
        self._dot_pace = pacing.divided(self._dot_pace, self._full_pace, sharers)

    # Called by the connections (smtp.message_source.MessageSource)

    async def next_message(self) -> Message | None:
        """Wait for the next letter that may start; ``None`` when the connection should close."""
        while (message := self.next_if_ready()) is None:
            if self._is_over():
                return None
            await self._outbox.changed.wait(self._seconds_until_next())
        return message

    def next_if_ready(self) -> Message | None:
        """The next letter if one may start now, else ``None``."""
        if self._run.closed or self._seconds_until_start() is not None:
            return None
        if self._alone:
            message = self._outbox.take()
        else:
            message = self._outbox.take(self.number, self._run.comes_first(self)) if self.given_up is None else None
        if message is not None:
            if not self._alone:
                self._last_taken = now = time.monotonic()
                self._answers.begin(message.delivery.id, now)
                self._run.took(self)
            if self._start_pace.interval:
                self._start_pace, _ = pacing.reserve_slot(self._start_pace, time.monotonic(), slack=START_AHEAD)
            self.windows.begin()
        return message

    def allowed(self) -> int:
        """How many connections may be open now."""
        return int(self._concurrency.allowed)

    async def hand_over(self, message: Message) -> None:
        """Return when the letter's HANDING_OVER mark is durable and its slot has come: then the dot may be written."""
        if not self._alone:
            self._answers.hand_over(message.delivery.id, time.monotonic())
        slot = self._reserve_slot()
        if slot is not None:
            await asyncio.sleep(slot - MARK_AHEAD - time.monotonic())
        mark = Mark(
            delivery=message.delivery.id,
            status=Status.HANDING_OVER,
            at=time.time(),
            attempts=message.delivery.attempts + 1,
            sha256=message.sha256,
            subject=message.subject,
            relay=self.relay.name,
        )
        began = time.monotonic()
        await self._ledger.hand_over(mark)
        self.commit_seconds += _WEIGHT * (time.monotonic() - began - self.commit_seconds)
        if slot is not None:
            await self._wait_for_slot(slot)

    def settle(self, message: Message, outcome: Outcome) -> None:
        """Record the outcome of a letter that was started."""
        self._run.settle(self, message, outcome)

    def give_back(self, message: Message) -> None:
        """Return a letter that was not started to the outbox."""
        if not self._alone:
            self._answers.end(message.delivery.id, time.monotonic())
        self.windows.end(handed_over_at=None)
        self._outbox.put_back(message)

    async def connection_failed(self, error: RelayError) -> bool:
        """A connection could not be opened: return true when the next try is due, false if there is to be none."""
        seconds = self._seconds_until_retry(error)
        if seconds is None:
            return False
        until = time.monotonic() + seconds
        while not self._is_over() and (left := until - time.monotonic()) > 0:
            await self._outbox.changed.wait(left)
        return not self._is_over()

    def _seconds_until_retry(self, error: RelayError) -> float | None:
        """Seconds until the next try; ``None``, with the run closed or this relay given up, if there is to be none."""
        self._run.unreachable(self, error)
        now = time.monotonic()
        is_new = now >= self._retry_at  # before that time, other connections fail for the same cause
        self._failed_tries += is_new
        self.trouble = error.problem
        if not error.temporary or (self._failed_tries > self._most_tries and not self._run.can_do_without(self)):
            self._run.give_up(self, f"{error.problem} {error.next_step}", StopCause.RELAY)
            return None
        self._concurrency = pacing.shrink(self._concurrency)
        if not self._alone and now > self._last_accepted + WELL:
            self._rest(now)
        seconds = pacing.backoff_seconds(self._backoff(), self._failed_tries, random.random())  # noqa: S311 (jitter, not a secret)
        self._retry_at = now + seconds if is_new else self._retry_at
        return seconds

    # Called by the run

    @property
    def in_doubt(self) -> int:
        """Letters of this run."""
        return self._counts[Status.IN_DOUBT]

    def settled(self, message: Message, status: Status, *, handed_over_at: float | None) -> None:
        """Note that a letter's transaction ended: handed over at that time (Unix seconds), or not at all (``None``)."""
        self._counts[status] += 1
        if not self._alone:
            self._answers.end(message.delivery.id, time.monotonic())
        self.windows.end(handed_over_at=handed_over_at)
        self._failed_tries, self._retry_at, self.trouble = 0, 0.0, ""

    def took_letter(self, now: float) -> None:
        """A letter was accepted, at ``now`` (Unix seconds): more connections may be open."""
        self._concurrency = pacing.grow(self._concurrency)
        self.recent.append(Ending.ACCEPTED)
        if not self._alone:
            self._last_accepted, self._losses, self._rests = time.monotonic(), 0, 0
            self._rate.count(int(now))

    def took_back(self, refusals: int) -> None:
        """So many of its refusals were about us: these letters are deferred."""
        self._counts[Status.REFUSED] -= refusals
        self._counts[Status.DEFERRED] += refusals

    def connection_lost(self) -> None:
        """A connection was lost with a letter on it: after some of them in a row the others take its letters."""
        self._losses += 1
        if not self._alone and self._losses >= LOSSES:
            self._rest(time.monotonic())

    def _rest(self, now: float) -> None:
        """Leave the letters to the others for a while, then begin with one connection."""
        if now < self._rests_until:
            return
        self._rests += 1
        self._rests_until = now + pacing.backoff_seconds(self._backoff(), self._rests, random.random())  # noqa: S311 (jitter)
        self._concurrency = pacing.shrink(self._concurrency, to_share=0.0)
        self._outbox.changed.notify()

    def _backoff(self) -> Backoff:
        return pacing.RELAY if self._alone else RESTING

    @property
    def is_reachable(self) -> bool:
        """Whether it takes letters, as far as is known."""
        return self.given_up is None and self._failed_tries <= self._most_tries

    @property
    def is_well(self) -> bool:
        """Whether a letter that another relay did not take should go through this one now."""
        return self.given_up is None and not self.trouble and time.monotonic() >= self._rests_until

    def is_able(self, now: float) -> bool:
        """Whether it could take a letter now (monotonic seconds), and has lately: it has a claim to its share."""
        awake = now - self._last_taken < AWAKE
        return awake and self.is_well and self._seconds_until_start() is None

    def one_connection_fewer(self) -> None:
        """Its limit of connections is known now."""
        self._concurrency = pacing.one_fewer(self._concurrency)

    def wait_for_quota(self) -> None:
        """Start nothing until its quota has had time to reopen."""
        self._quota_until = time.time() + QUOTA_WAIT

    def slow_down(self, observed_rate: float) -> None:
        """Halve rate and connections. ``observed_rate``: letters a second, for a relay without a rate."""
        slowed = pacing.slow_down(self._dot_pace, time.monotonic(), round_trip=ROUND_TRIP, observed_rate=observed_rate)
        if slowed is not self._dot_pace:
            if not self._alone:
                self._rest(time.monotonic())
            self._dot_pace = slowed
            self._start_pace = replace(slowed, next_slot=self._start_pace.next_slot)
            self._concurrency = pacing.shrink(self._concurrency)

    def share(self) -> float:
        """The share of the configured rate that is in use."""
        return pacing.current_share(self._dot_pace, time.monotonic())

    def state(self) -> RelayState:
        """How it is."""
        now = time.time()
        still = self.standstill(now)
        return RelayState(
            name=self.relay.name or "",
            accepted=self._counts[Status.ACCEPTED],
            deferred=self._counts[Status.DEFERRED],
            refused=self._counts[Status.REFUSED],
            in_doubt=self._counts[Status.IN_DOUBT],
            rate=round(self._rate.at(now), 2),
            share=round(self.share(), 3),
            state=self._phrase(now),
            usable=self.given_up is None and not self.trouble,
            until=still.until if still else None,
        )

    def _phrase(self, now: float) -> str:
        """How it is, where it is not simply sending."""
        if self.given_up is not None:
            return "given up"
        if self.trouble:
            return "cannot be reached"
        if time.monotonic() < self._rests_until:
            return "rests"
        still = self.standstill(now)
        if still is not None:
            return f"waits for its {'quota' if still.cause is StopCause.QUOTA else 'window'}"
        return f"at {self.share():.0%} of its rate" if self.share() < 1 else ""

    def standstill(self, now: float) -> Standstill | None:
        """What keeps its next letter for more than a second, and until when: the relay's quota, or a window."""
        if now < self._quota_until:
            return Standstill(cause=StopCause.QUOTA, until=self._quota_until)
        reopens_at = self.windows.closed_until(now)
        if reopens_at is not None and reopens_at > now + 1:
            return Standstill(cause=StopCause.WINDOW, until=reopens_at)
        return None

    def abandon_stalled(self, now: float) -> None:
        """Take letters back that were begun and not handed over, where the relay has answered nothing for a while.

        The run calls it now and then with monotonic seconds, while another relay could take them.
        """
        if self.impatience is not None and self._answers.is_stalled(now):
            self._rest(now)
            self.impatience.abandon()

    def _is_over(self) -> bool:
        return self._run.closed or self._outbox.exhausted or self.given_up is not None

    # Pace

    def _seconds_until_next(self) -> float | None:
        """Seconds until a letter can be asked for again; ``None``: when the outbox has changed."""
        seconds = self._seconds_until_start()
        if seconds is None and (seconds := self._outbox.seconds_until(self.number)) is not None:
            return max(YIELD, seconds)
        return seconds

    def _seconds_until_start(self) -> float | None:
        """Seconds during which no letter may start; ``None`` if one may start now."""
        if self._run.paused:
            return 1.0
        if self._rests_until and (rest := self._rests_until - time.monotonic()) > 0:
            return rest
        if self._start_pace.interval and (soon := self._start_pace.next_slot - time.monotonic()) > 0:
            return soon
        now = time.time()
        if now < self._quota_until:
            return self._quota_until - now
        reopens_at = self.windows.closed_until(now)
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
