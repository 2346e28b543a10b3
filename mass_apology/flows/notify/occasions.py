"""Which events a run's end is, and why letters that are due did not go. Pure."""

from __future__ import annotations

from msgspec import Struct

from mass_apology.flows.send.sending_run import RunResult
from mass_apology.model import Status, StopCause
from mass_apology.notify.notification import State
from mass_apology.settings import NotifyEvent


class Occasion(Struct, frozen=True, kw_only=True):
    """What there is to tell; with no events, nothing."""

    events: tuple[NotifyEvent, ...] = ()
    state: State = State.NOT_STARTED
    cause: StopCause | None = None


def end_of_run(ended: RunResult) -> Occasion:
    """Of ``send`` and ``correct``. Who stopped it knows, and where nothing was due nothing has happened."""
    if ended.interrupted or (ended.due and not ended.reason) or not (ended.seconds or ended.sent):
        return Occasion()
    if ended.due:
        return Occasion(events=_paused(ended.cause), state=State.PAUSED, cause=ended.cause)
    person = (NotifyEvent.NEEDS_A_PERSON,) if ended.unreached else ()
    return Occasion(events=(NotifyEvent.FINISHED, *person), state=State.FINISHED)


def end_of_wave(
    ended: RunResult | None, *, said: bool, cause: StopCause | None, needs_a_person: bool, more_later: bool
) -> Occasion:
    """Of one wave of ``follow-up``, which a timer runs again and again.

    ``said``: there is something a person should know beside the sending. ``more_later``: letters are due later.
    """
    if ended is None:
        events = (NotifyEvent.NEEDS_A_PERSON,) if needs_a_person else ()
        return Occasion(events=events, cause=cause)
    if ended.interrupted:
        return Occasion()
    is_first = bool(ended.sent) and ended.counts.get(Status.ACCEPTED, 0) == ended.sent
    is_last = bool(ended.sent) and not ended.due and not more_later
    sent = (NotifyEvent.FOLLOW_UP_SENT,) if is_first or is_last else ()
    state = State.PAUSED if ended.due else State.FINISHED
    if ended.due and ended.reason:
        return Occasion(events=(*sent, *_paused(ended.cause)), state=state, cause=ended.cause)
    person = (NotifyEvent.NEEDS_A_PERSON,) if said or ended.unreached else ()
    return Occasion(events=(*sent, *person), state=state, cause=cause)


def _paused(cause: StopCause | None) -> tuple[NotifyEvent, ...]:
    """A run that ended goes on when somebody begins it again, but for the hours, which pass."""
    person = () if cause is StopCause.HOURS else (NotifyEvent.NEEDS_A_PERSON,)
    return NotifyEvent.PAUSED, *person
