"""The dispatcher has one source of messages for each relay, and records what becomes of them.

Pure functions decide (``pacing``, ``decisions``, ``refusals_in_a_row``, ``smtp.replies``); the dispatcher calls them
with the time and applies their results to the ledger, the log and the run.

A failure outside the relay closes the dispatcher: no further letter is started, and letters in transit get their
replies. Only an exception from ``hand_over`` (the ledger cannot be written) ends the connections at once.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from mass_apology.errors import RelayError
from mass_apology.ledger import Sender
from mass_apology.model import Delivery, Mark, Message, Outcome, Phase, Status, StopCause
from mass_apology.sending import pacing
from mass_apology.sending.decisions import Decision, Effect, accepted, decide
from mass_apology.sending.event_log import EventLog
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.refusals_in_a_row import RefusedLetter, check_refusals, end_row, reopen_row
from mass_apology.sending.relay_shares import Shares
from mass_apology.sending.relay_source import RelaySource
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.sending.routing import Routing
from mass_apology.sending.run_stats import Progress, RelayState, RunStats, SlowDestination, Standstill
from mass_apology.settings import Campaign, parse_duration
from mass_apology.smtp.replies import classify
from mass_apology.smtp.reply_verdicts import Kind, ReplyVerdict

DESTINATIONS_AT_ONCE = 3  # that throttle: then it is the relay
SAME_CAUSE = 10.0  # seconds that count as at once
MOST_MOVES = 2  # times that a letter is taken from a relay before it counts as tried
_BEFORE_CONTENT = frozenset({Phase.MAIL, Phase.RCPT, Phase.DATA})


class Dispatcher:
    """Dispatches the letters of one run through its ``sources``; made by ``SendingRun``.

    Every letter that they give out is recorded once, in ledger, log and statistics. It closes itself when a reply or
    the breaker requires it; ``reason`` then holds the sentence for the user, and ``cause`` its kind. ``failure`` holds
    the exception of a failure outside the relay that ended the run.
    """

    def __init__(  # noqa: PLR0913 (all that one run depends on)
        self,
        *,
        campaign: Campaign,
        outbox: Outbox,
        ledger: Sender,
        log: EventLog,
        stats: RunStats,
        windows: Sequence[RelayWindows],
        routing: Routing,
    ) -> None:
        """``windows``: one for each relay of the campaign."""
        self._campaign = campaign
        self._outbox = outbox
        self._ledger = ledger
        self._log = log
        self._stats = stats
        self.sources = tuple(
            RelaySource(
                relay, self, outbox=outbox, ledger=ledger, windows=each, number=number, alone=len(campaign.relays) == 1
            )
            for number, (relay, each) in enumerate(zip(campaign.relays, windows, strict=True))
        )
        self._routing = routing
        self._shares = Shares([relay.weight for relay in campaign.relays])
        self._moved: Counter[int] = Counter()  # how often a letter was taken back from a relay, by its id
        self._slowed: dict[str, float] = {}  # domains that throttled, and when (monotonic seconds)
        self._hear_accepted: Callable[[Message], None] | None = None
        self._give_up_after = parse_duration(campaign.limits.give_up_after)
        self._finish_by = campaign.finish_by.timestamp() if campaign.finish_by else float("inf")
        self.given_up_cause: StopCause | None = None  # of the last relay that was given up
        self.paused = False
        self.closed = False
        self.reason: str | None = None
        self.cause: StopCause | None = None
        self.failure: BaseException | None = None
        self._closed_event = asyncio.Event()

    # Called by the sources (relay_source.Run)

    def settle(self, source: RelaySource, message: Message, outcome: Outcome) -> None:
        """Record the outcome of a letter that was started."""
        if outcome.reply is None:
            source.connection_lost()
            if self._moves(source, message, outcome):
                source.give_back(message)
                return
        try:
            self._record_outcome(source, message, outcome, time.time())
        except Exception as error:  # this letter stays HANDING_OVER, hence in doubt; closing keeps others from it
            self.fail(error)

    def _record_outcome(self, source: RelaySource, message: Message, outcome: Outcome, now: float) -> None:
        verdict = classify(outcome)
        if verdict.kind is Kind.ACCEPTED:
            decision = accepted(message.delivery, outcome, now)
            source.refusals = end_row(source.refusals)
        else:
            decision = self._decide(source, message, outcome, verdict, now)
        mark = decision.mark
        self._ledger.record(mark)
        self._log.mark(message.delivery, mark, outcome.phase, source.relay.name, sha256=message.sha256)
        self._stats.settle(mark.delivery, mark.status, now)
        source.settled(message, mark.status, handed_over_at=now if outcome.dot_written else None)
        self._outbox.settled(message, due_at_once=mark.due_at is not None and mark.due_at <= now)
        if decision.ending is pacing.Ending.ACCEPTED:
            source.took_letter(now)
            if self._hear_accepted is not None:
                self._hear_accepted(message)
        else:
            self._update_run(source, decision, message)

    def _decide(
        self, source: RelaySource, message: Message, outcome: Outcome, verdict: ReplyVerdict, now: float
    ) -> Decision:
        """What follows where the relay did not take the letter."""
        decision = decide(
            message.delivery,
            outcome,
            verdict,
            now=now,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
            give_up_at=self._give_up_at(message),
            elsewhere=self._has_other(source, message),
        )
        return self._check_refusals(source, decision, message, outcome, verdict)

    def _has_other(self, source: RelaySource, message: Message) -> bool:
        """Whether another relay could take the letter now."""
        if len(self.sources) == 1:
            return False
        relays = self._routing.relays(message.delivery)
        return any(other.number in relays and other.is_well for other in self.sources if other is not source)

    def _moves(self, source: RelaySource, message: Message, outcome: Outcome) -> bool:
        """Whether the letter goes to another relay without having been tried: the connection was lost before it was
        handed over, and not for the third time."""
        if outcome.phase not in _BEFORE_CONTENT or not self._has_other(source, message):
            return False
        if classify(outcome).kind is not Kind.CONNECTION_LOST:
            return False
        self._moved[message.delivery.id] += 1
        return self._moved[message.delivery.id] <= MOST_MOVES

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

    def can_do_without(self, source: RelaySource) -> bool:
        """Whether other relays that can be reached may take all letters of this one."""
        others = frozenset(each.number for each in self.sources if each is not source and each.is_reachable)
        return self._routing.can_do_without(source.number, others)

    def give_up(self, source: RelaySource, reason: str, cause: StopCause) -> None:
        """Go on without this relay, or close where it is the last."""
        if source.given_up is not None:
            return
        self.given_up_cause = cause
        if len(self.sources) == 1:
            self.close(reason, cause)
            return
        source.given_up = reason
        self._log.event("relay_given_up", time.time(), {"relay": source.relay.name}, reason=reason)
        if all(each.given_up is not None for each in self.sources):
            self.close(self.given_up_reason, cause)
            return
        self._routing.drop(source.number)
        self._outbox.drop(source.number)

    @property
    def given_up_reason(self) -> str | None:
        """Why relays were given up, as sentences; ``None`` where none was."""
        reasons = [f"{each.relay.name}: {each.given_up}" for each in self.sources if each.given_up is not None]
        return " ".join(reasons) or None

    def comes_first(self, source: RelaySource) -> frozenset[int]:
        """The relays that a letter is left to, where they may take it: those behind their share of the weights."""
        if not self._shares.matter:
            return frozenset()
        return self._shares.first(source.number, self._able(source))

    def took(self, source: RelaySource) -> None:
        """A letter is started through this relay."""
        if self._shares.matter:
            self._shares.took(source.number, self._able(source))

    def _able(self, source: RelaySource) -> list[int]:
        now = time.monotonic()
        return [each.number for each in self.sources if each is not source and each.is_able(now)]

    def unreachable(self, source: RelaySource, error: RelayError) -> None:
        """Note that a connection could not be opened."""
        facts: dict[str, object] = {"phase": error.phase, "code": error.reply.code if error.reply else None}
        if source.relay.name is not None:
            facts["relay"] = source.relay.name
        self._log.event("unreachable", time.time(), facts)

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

    def look_after_relays(self) -> None:
        """Give the letters of a relay that answers nothing to others; called every tick."""
        if len(self.sources) > 1 and sum(source.is_well for source in self.sources) > 1:
            for source in self.sources:
                source.abandon_stalled(time.monotonic())

    def conclude(self) -> None:
        """The connections have ended: letters that are still due may have waited for a relay that was given up."""
        if self.reason is None and self.failure is None and self._stats.unsettled > 0:
            self.reason, self.cause = self.given_up_reason, self.given_up_cause

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
        state = self._stats.snapshot(
            time.time(),
            connections=sum(source.allowed() for source in self.sources),
            share=sum(source.share() for source in self.sources) / len(self.sources),
            waits_for=self._waiting_for(),
            trouble=next((source.trouble for source in self.sources if source.trouble), ""),
            relays=self._relay_states(),
        )
        return replace(
            state,
            slow=tuple(
                SlowDestination(name=name, rate=round(rate, 1)) for name, rate in self._routing.slow(time.monotonic())
            ),
            commit_seconds=max(source.commit_seconds for source in self.sources),
            deferred_until=self._outbox.waits_until,
        )

    def standstill(self) -> Standstill | None:
        """What keeps the next letter for more than a second, and until when: the relay's quota, or a window.

        The window that the last letters used up keeps nobody, so letters on their way count as gone.
        """
        if self.paused or self.closed or self._stats.unsettled <= self._outbox.out:
            return None
        now = time.time()
        stills = [source.standstill(now) for source in self.sources if source.given_up is None]
        return min(filter(None, stills), key=lambda still: still.until) if all(stills) and stills else None

    def _relay_states(self) -> tuple[RelayState, ...]:
        """Of each of several relays."""
        return tuple(source.state() for source in self.sources) if len(self.sources) > 1 else ()

    def _give_up_at(self, message: Message) -> float:
        begun = message.delivery.first_tried_at or time.time()
        return min(begun + self._give_up_after, self._finish_by)

    # Outcomes

    def _check_refusals(
        self, source: RelaySource, decision: Decision, message: Message, outcome: Outcome, verdict: ReplyVerdict
    ) -> Decision:
        """The decision, changed if earlier refusals show that the cause is ours; those letters are due again."""
        checked = check_refusals(
            source.refusals,
            decision,
            message.delivery,
            outcome,
            verdict,
            canary=self._outbox.canary_running,
            chance=random.random(),  # noqa: S311 (jitter, not a secret)
        )
        source.refusals = checked.refusals
        self._reopen(source, checked.reopened)
        return checked.decision

    def _reopen(self, source: RelaySource, letters: Sequence[RefusedLetter]) -> None:
        source.took_back(len(letters))
        for letter in letters:
            self._ledger.record(letter.mark)
            self._log.mark(letter.delivery, letter.mark, Phase.DOT)
            self._stats.reopen(letter.mark.delivery, Status.REFUSED)

    def _update_run(self, source: RelaySource, decision: Decision, message: Message) -> None:
        """Adapt connections, breaker, rate and quota to one letter's outcome."""
        if decision.ending is not None:
            source.endings.add(decision.ending)
            self.check_breaker(source)
        self._apply_effect(source, decision, message)

    def check_breaker(self, source: RelaySource) -> None:
        """Close, or go on without this relay, where its last letters ended badly."""
        limits = self._campaign.limits
        trip = pacing.breaker_trip(
            source.endings.recent,
            source.endings.in_doubt,
            source.relay.connections,
            refusals=limits.refusals,
            deferrals=limits.deferrals,
        )
        if not trip or self.closed or source.given_up is not None:
            return
        self._log.event("breaker", time.time(), reason=trip)
        refusals = pacing.breaker_trip(source.endings.recent, 0, 1, refusals=limits.refusals, deferrals=1.0)
        if refusals or not self.can_do_without(source):  # refusals are about addresses, whichever relay tells of them
            said = f"The campaign paused itself: {trip} Look at the replies with report, then run send again."
            self.close(said, StopCause.BREAKER)
        else:
            self.give_up(source, f"{trip} Look at its replies with report.", StopCause.BREAKER)
        self.reopen_row(source)

    def reopen_row(self, source: RelaySource) -> None:
        """Letters of this relay that were refused alike, and whose row goes on, are due again."""
        source.refusals, letters = reopen_row(source.refusals, now=time.time(), chance=random.random())  # noqa: S311
        self._reopen(source, letters)

    def _apply_effect(self, source: RelaySource, decision: Decision, message: Message) -> None:
        if decision.effect is Effect.SLOW_DOWN:
            source.slow_down(self._stats.rate(time.time()))
        elif decision.effect is Effect.ONE_CONNECTION_FEWER:
            source.one_connection_fewer()
        elif decision.effect is Effect.WAIT_FOR_QUOTA:
            source.wait_for_quota()
        elif decision.effect is Effect.SLOW_DESTINATION:
            self._slow_destination(source, message)
        elif decision.effect is Effect.STOP and decision.is_about_letter:
            self.close(decision.sentence, StopCause.REPLY)
        elif decision.effect is Effect.STOP:
            self.give_up(source, decision.sentence, StopCause.REPLY)
        if decision.effect is not Effect.NONE:
            facts = {"relay": source.relay.name} if source.relay.name else {}
            if decision.effect is Effect.SLOW_DESTINATION:
                facts["destination"] = message.delivery.address.rpartition("@")[2]
            self._log.event(decision.effect, time.time(), facts)

    def _slow_destination(self, source: RelaySource, message: Message) -> None:
        """Slow the letter's destination down, or the relay where several destinations seem to throttle at once."""
        now, domain = time.monotonic(), message.delivery.address.rpartition("@")[2]
        self._slowed[domain] = now
        self._slowed = {name: at for name, at in self._slowed.items() if now - at < SAME_CAUSE}
        rate = self._stats.rate(time.time())
        if len(self._slowed) >= DESTINATIONS_AT_ONCE:
            source.slow_down(rate)
            return
        self._routing.slow_down(message.delivery, now, rate)
        self._outbox.sort()

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
