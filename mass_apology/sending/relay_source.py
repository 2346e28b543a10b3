"""Gives the messages of a run to the connections of one relay, at the pace that this relay allows.

It implements ``smtp.message_source.MessageSource``. Rate, windows, quota, number of connections and health are the
relay's own; what becomes of a letter is the run's business (``dispatcher``).
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from collections import Counter
from math import inf
from typing import Protocol

from mass_apology.errors import RelayError
from mass_apology.ledger import Sender
from mass_apology.model import Mark, Message, Outcome, Status, StopCause
from mass_apology.relay_settings import RelaySettings
from mass_apology.sending import pacing
from mass_apology.sending.answer_watch import AnswerWatch
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.own_pace import OwnPace
from mass_apology.sending.pacing import Backoff, Ending
from mass_apology.sending.recent_endings import RecentEndings
from mass_apology.sending.refusals_in_a_row import Refusals
from mass_apology.sending.relay_pace import RelayPace, seconds_ahead
from mass_apology.sending.run_stats import AcceptedRate, RelayState, Standstill
from mass_apology.sending.window_count import WindowCount
from mass_apology.settings import parse_rate
from mass_apology.smtp.relay import Impatience

_WEIGHT = 0.02  # of the newest letter in a moving average
QUOTA_WAIT = 3600.0  # seconds: relays do not say when their quota reopens, so try once an hour
UNREACHABLE_LIMIT = 10  # failed tries in a row, about five minutes, before the run ends, or goes on without the relay
RESTING = Backoff(first=2.0, cap=10.0)  # of one of several relays: a try costs one connection, and nobody waits for it
TRIES_BESIDE_OTHERS = 40  # failed tries in a row, as long as the above, of a relay whose letters no other one may take
LOSSES = 2  # connections lost in a row, after which a relay rests while others send
WELL = 1.0  # seconds after an accepted letter during which a connection that cannot be opened is no illness
AWAKE = 2.0  # seconds without a letter after which a relay has no claim to its share
CONNECT_PATIENCE = 4.0  # seconds in which a connection must be open where another relay could take its letter
YIELD = 0.02  # seconds until a relay that left letters to others looks again


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
        windows: WindowCount,
        number: int = 0,
        alone: bool = True,
    ) -> None:
        """``number``: which of the campaign's relays it is; ``alone``: there is no other."""
        self.relay = relay
        self.pace: RelayPace = OwnPace(parse_rate(relay.rate))
        self.number = number
        self.given_up: str | None = None  # why the run goes on without this relay
        self._counts: Counter[Status] = Counter()  # outcomes of this run; a letter may be deferred several times
        self._rate = AcceptedRate()
        self.endings = RecentEndings()  # for the breaker
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
        self._concurrency = pacing.starting_concurrency(relay.connections)
        self._most_connections = relay.connections  # as far as is known
        self._failed_tries = 0  # in a row; several connections that fail together count as one
        self._retry_at = 0.0  # monotonic seconds: when the next try is due
        self.quota_until = 0.0  # Unix seconds

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
        if self._run.closed or self._must_wait():
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
            if self.pace.is_limited:
                self.pace.begin(message.delivery.id, time.monotonic())
            self.windows.begin()
        return message

    def allowed(self) -> int:
        """How many connections may be open now."""
        return int(self._concurrency.allowed)

    async def hand_over(self, message: Message) -> None:
        """Return when the letter's HANDING_OVER mark is durable and its slot has come: then the dot may be written."""
        if not self._alone:
            self._answers.hand_over(message.delivery.id, time.monotonic())
        slot = None
        if self.pace.is_limited:
            ahead = seconds_ahead(self.commit_seconds)
            slot = await self._slot(message.delivery.id, ahead)
            await asyncio.sleep(slot - ahead - time.monotonic())
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
            await self._wait_for(slot, message.delivery.id)

    def settle(self, message: Message, outcome: Outcome) -> None:
        """Record the outcome of a letter that was started."""
        self._run.settle(self, message, outcome)

    def give_back(self, message: Message) -> None:
        """Return a letter that was not started to the outbox."""
        if not self._alone:
            self._answers.end(message.delivery.id, time.monotonic())
        self.pace.end(message.delivery.id)
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

    def settled(self, message: Message, status: Status, *, handed_over_at: float | None) -> None:
        """Note that a letter's transaction ended: handed over at that time (Unix seconds), or not at all (``None``)."""
        self._counts[status] += 1
        if not self._alone:
            self._answers.end(message.delivery.id, time.monotonic())
        self.pace.end(message.delivery.id)
        self.windows.end(handed_over_at=handed_over_at)
        self._failed_tries, self._retry_at, self.trouble = 0, 0.0, ""

    def took_letter(self, now: float) -> None:
        """A letter was accepted, at ``now`` (Unix seconds): more connections may be open."""
        self._concurrency = pacing.grow(self._concurrency)
        self.endings.add(Ending.ACCEPTED)
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
        self._most_connections = self._concurrency.limit

    def divide_connections(self, sessions: int) -> None:
        """So many processes have its connections together; each has one at least."""
        limit = max(1, min(self._most_connections, self.relay.connections // sessions))
        if limit != self._concurrency.limit:
            self._concurrency = pacing.within(self._concurrency, limit)

    def wait_for_quota(self, seconds: float = QUOTA_WAIT) -> None:
        """Start nothing until its quota has had time to reopen."""
        self.quota_until = max(self.quota_until, time.time() + seconds)

    def slow_down(self, observed_rate: float) -> None:
        """Halve rate and connections. ``observed_rate``: letters a second, for a relay without a rate."""
        if self.pace.slow_down(time.monotonic(), observed_rate):
            if not self._alone:
                self._rest(time.monotonic())
            self._concurrency = pacing.shrink(self._concurrency)

    def share(self) -> float:
        """The share of the configured rate that is in use."""
        return self.pace.share(time.monotonic())

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
        if now < self.quota_until:
            return Standstill(cause=StopCause.QUOTA, until=self.quota_until)
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

    def _seconds_until_next(self) -> float | None:
        """Seconds until a letter can be asked for again; ``None``: when the outbox has changed."""
        seconds = self._seconds_until_start()
        if seconds is None and (seconds := self._outbox.seconds_until(self.number)) is not None:
            return max(YIELD, seconds)
        return seconds

    def _seconds_until_start(self) -> float | None:
        """Seconds during which no letter may start; ``None`` if one may start now."""
        seconds = self._seconds_until_allowed()
        if seconds is None and self.pace.is_limited:
            return self.pace.seconds_until_start(time.monotonic())
        return seconds

    def _seconds_until_allowed(self) -> float | None:
        """The same, whatever the pace is."""
        if self._run.paused:
            return 1.0
        if self._rests_until and (rest := self._rests_until - time.monotonic()) > 0:
            return rest
        now = time.time()
        if now < self.quota_until:
            return self.quota_until - now
        reopens_at = self.windows.closed_until(now)
        return None if reopens_at is None else max(0.0, reopens_at - now)

    def _must_wait(self) -> bool:
        """Whether no letter may start now; what letters wait for is wished for."""
        seconds = self._seconds_until_allowed()
        if seconds is None and not self.pace.is_limited:
            return False
        now = time.monotonic()
        if seconds is None and self.pace.seconds_until_start(now) is None:
            return False
        if not self._run.paused and self._outbox.has_letter(self.number, now):
            (self.windows if seconds is not None else self.pace).wish(now)
        return True

    async def _slot(self, letter: int, ahead: float) -> float:
        """A time for one dot, so many seconds ahead at least, in monotonic seconds."""
        slot = self.pace.reserve(letter, time.monotonic() + ahead)
        return await self.pace.next_slot() if slot is None else slot

    async def _wait_for(self, slot: float, letter: int) -> None:
        """Sleep until the slot; one that is missed is replaced by a later one."""
        for tries in itertools.count():
            await asyncio.sleep(slot - time.monotonic())
            if not self.pace.is_missed(slot, time.monotonic(), tries):
                return
            slot = await self._slot(letter, 0.0)
