"""Decides from the outcome of one transaction: the delivery's next status, and the effect on the run. Pure."""

from __future__ import annotations

from enum import StrEnum, auto

from msgspec import Struct

from mass_apology.model import Delivery, Mark, Outcome, Status
from mass_apology.sending import pacing
from mass_apology.sending.pacing import Backoff, Ending
from mass_apology.smtp.reply_verdicts import About, Kind, ReplyVerdict

MAILBOX_FULL_ATTEMPTS = 4  # a mailbox that is still full after some hours is probably abandoned


ATTEMPTS_ELSEWHERE = 4  # then it waits as any other: the cause may be the letter after all


class Effect(StrEnum):
    """What a reply requires of the run as a whole."""

    NONE = auto()
    SLOW_DOWN = auto()  # half the rate, half the connections
    SLOW_DESTINATION = auto()  # half the rate to this destination, and nobody else's
    ONE_CONNECTION_FEWER = auto()
    WAIT_FOR_QUOTA = auto()  # start nothing until the relay's window has had time to reopen
    STOP = auto()  # a person must mend something first; the other letters stay due


class Decision(Struct, frozen=True, kw_only=True):
    """A delivery's next status, and the effect on the run."""

    mark: Mark
    ending: Ending | None  # as the breaker counts it; None: the outcome says nothing about letters or addresses
    effect: Effect
    sentence: str  # the reason for the effect, shown to the user; empty without an effect
    is_about_letter: bool = False  # the effect concerns what all letters have in common, and no relay


_EFFECTS = {
    Kind.THROTTLE: Effect.SLOW_DOWN,
    Kind.SERVER_STORAGE: Effect.SLOW_DOWN,
    Kind.CONCURRENCY: Effect.ONE_CONNECTION_FEWER,
    Kind.QUOTA: Effect.WAIT_FOR_QUOTA,
    Kind.CREDENTIALS: Effect.STOP,
    Kind.ACCOUNT: Effect.STOP,
    Kind.SENDER_AUTHENTICATION: Effect.STOP,
    Kind.RELAY_REFUSAL: Effect.STOP,
}
_BACKOFFS: dict[Kind, Backoff] = {
    Kind.GREYLISTED: pacing.GREYLISTED,
    Kind.CONNECTION_LOST: pacing.CONNECTION,
    Kind.SESSION_CAP: pacing.CONNECTION,
    Kind.CONCURRENCY: pacing.CONNECTION,
    Kind.THROTTLE: pacing.CONNECTION,
    Kind.LACKS_EXTENSION: pacing.CONNECTION,
    Kind.TOO_MANY_RECIPIENTS: pacing.CONNECTION,
}
"""The back-off of a deferred letter; other kinds have ``pacing.LETTER``."""

_ENDINGS = {Status.ACCEPTED: Ending.ACCEPTED, Status.REFUSED: Ending.REFUSED, Status.IN_DOUBT: Ending.IN_DOUBT}

_OF_THE_RELAY = frozenset(
    {
        *(Kind.CONNECTION_LOST, Kind.SESSION_CAP, Kind.CONCURRENCY, Kind.THROTTLE, Kind.LACKS_EXTENSION),
        *(Kind.SERVER_STORAGE, Kind.TOO_MANY_RECIPIENTS, Kind.QUOTA, Kind.CREDENTIALS, Kind.ACCOUNT),
        *(Kind.RELAY_REFUSAL, Kind.PROTOCOL_ERROR),
    }
)

# These say nothing about letters or addresses, so they must not trip the breaker.
_NOT_COUNTED = frozenset({Kind.INTERRUPTED, Kind.SESSION_CAP, Kind.CONCURRENCY, Kind.LACKS_EXTENSION, Kind.QUOTA})


def accepted(delivery: Delivery, outcome: Outcome, now: float) -> Decision:
    """What follows where the relay took the letter, at ``now`` (Unix seconds): it is by far the most frequent end."""
    mark = _mark(delivery, outcome, Status.ACCEPTED, now)
    return Decision(mark=mark, ending=Ending.ACCEPTED, effect=Effect.NONE, sentence="")


def decide(  # noqa: PLR0913 (seven facts, all needed, all named at the call)
    delivery: Delivery,
    outcome: Outcome,
    verdict: ReplyVerdict,
    *,
    now: float,
    chance: float,
    give_up_at: float,
    elsewhere: bool = False,
) -> Decision:
    """Decide on one delivery. ``refusals_in_a_row`` may change the decision in view of earlier refusals.

    ``now`` and ``give_up_at`` are Unix seconds; a letter that would be due after ``give_up_at`` expires. ``chance`` in
    [0, 1) spreads the retries. ``elsewhere``: another relay could take the letter at once.
    """
    attempts = delivery.attempts + 1
    status, effect = verdict.status, _effect(verdict)
    if verdict.kind is Kind.MAILBOX_FULL and attempts >= MAILBOX_FULL_ATTEMPTS:
        status = Status.REFUSED
    due_at = _due_at(verdict.kind, effect, attempts, now, chance) if status is Status.DEFERRED else None
    if due_at is not None and elsewhere and attempts < ATTEMPTS_ELSEWHERE and _is_about_relay(verdict):
        due_at = now
    if due_at is not None and due_at > give_up_at and effect is not Effect.STOP:
        status, due_at = Status.EXPIRED, None
    mark = _mark(delivery, outcome, status, now, due_at)
    sentence = "" if effect is Effect.NONE else _sentence(verdict, outcome)
    return Decision(mark=mark, ending=_ending(status, verdict), effect=effect, sentence=sentence)


def _mark(delivery: Delivery, outcome: Outcome, status: Status, now: float, due_at: float | None = None) -> Mark:
    reply = outcome.reply
    return Mark(
        delivery=delivery.id,
        status=status,
        at=now,
        attempts=delivery.attempts + 1,
        due_at=due_at,
        code=reply.code if reply else None,
        enhanced_code=reply.enhanced if reply else None,
        reply=outcome.text,
    )


def _effect(verdict: ReplyVerdict) -> Effect:
    if verdict.kind is Kind.THROTTLE and verdict.about is About.DESTINATION:
        return Effect.SLOW_DESTINATION
    return _EFFECTS.get(verdict.kind, Effect.NONE)


def _is_about_relay(verdict: ReplyVerdict) -> bool:
    """Whether the letter was deferred for something that another relay need not have."""
    return verdict.kind in _OF_THE_RELAY and verdict.about is not About.DESTINATION


def _due_at(kind: Kind, effect: Effect, attempts: int, now: float, chance: float) -> float:
    """When a deferred letter is due again: at once if the cause was not the letter."""
    if effect in (Effect.STOP, Effect.WAIT_FOR_QUOTA) or kind is Kind.INTERRUPTED:
        return now
    return now + pacing.backoff_seconds(_BACKOFFS.get(kind, pacing.LETTER), attempts, chance)


def _ending(status: Status, verdict: ReplyVerdict) -> Ending | None:
    if verdict.kind in _NOT_COUNTED:
        return None
    return _ENDINGS.get(status, Ending.DEFERRED)


def _sentence(verdict: ReplyVerdict, outcome: Outcome) -> str:
    reply = outcome.reply
    if reply is None:
        return verdict.sentence
    codes = f"{reply.code} {reply.enhanced}" if reply.enhanced else str(reply.code)
    return f"{verdict.sentence} It said: {codes} {reply.text}".rstrip()
