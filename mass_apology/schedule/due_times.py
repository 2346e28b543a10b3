"""Who gets the next letter, and when: one decision for each delivery of the wave before.

A decision depends on its facts and on the moment that is passed in, and on nothing that was decided earlier. So a timer
that fires late sends at the next opening, and never after ``not_after``; and a clock that was set back makes letters
later, never earlier: a letter is due no sooner than so long after the moment at which the one before was accepted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum, auto
from types import MappingProxyType

from msgspec import Struct

from mass_apology.model import Status
from mass_apology.schedule.declared import wave_names
from mass_apology.schedule.localities import Place
from mass_apology.schedule.timetable import Timetable
from mass_apology.settings import FollowUpSettings, SubjectLine, parse_duration


class Wave(Struct, frozen=True, kw_only=True):
    """A follow-up as it is planned. Moments are Unix seconds."""

    name: str
    template: str
    from_wave: str  # whose deliveries the facts are about
    after: float | None  # seconds from the acceptance of the recipient's own letter; or
    at: float | None  # the moment from which on it is due
    to: frozenset[Status]
    where: str | None  # for whoever works out ``Facts.chosen``
    unless_replied: bool
    not_after: float | None
    subject: SubjectLine = SubjectLine.PREFIX  # for whoever writes the letters


def waves(follow_ups: Sequence[FollowUpSettings]) -> tuple[Wave, ...]:
    """The waves of a campaign whose settings have no ``problems``, in order."""
    return tuple(
        Wave(
            name=name,
            template=each.template,
            from_wave=each.from_wave,
            after=parse_duration(each.after) if each.after is not None else None,
            at=each.at.timestamp() if each.at is not None else None,
            to=frozenset(each.to),
            where=each.where,
            unless_replied=each.unless_replied,
            not_after=each.not_after.timestamp() if each.not_after is not None else None,
            subject=each.subject,
        )
        for name, each in zip(wave_names(follow_ups), follow_ups, strict=True)
    )


class Facts(Struct, frozen=True, kw_only=True, gc=False):
    """What is known of one recipient whose letter of ``from_wave`` is in the ledger."""

    recipient: int  # the ledger's row
    status: Status  # of the letter of ``from_wave``
    accepted_at: float | None  # when it was accepted, Unix seconds
    language: str  # the next letter's
    zone: str  # as the row says; may be empty
    country: str  # as the row says; may be empty
    replied: bool = False  # the recipient has answered a letter of this campaign
    suppressed: str | None = None  # why never to write to the address, or not this kind of letter
    left_file: bool = False  # the recipients file has no usable row of theirs any more
    chosen: bool = True  # one of the recipient's rows fulfils the wave's ``where``
    planned: bool = False  # the letter of this wave has left, may have, or is due


class Reason(StrEnum):
    """Why somebody gets no letter of a wave. The first that holds, in this order, is given."""

    PLANNED = auto()
    SUPPRESSED = auto()
    LEFT_FILE = auto()
    STATUS = auto()
    NOT_ACCEPTED = auto()
    REPLIED = auto()
    NOT_CHOSEN = auto()
    TOO_LATE = auto()
    MAILBOX = auto()
    NO_OPENING = auto()

    @property
    def for_good(self) -> bool:
        """Whether a letter that was planned must not go any more; otherwise it may when its moment comes."""
        return self is not Reason.NO_OPENING

    @property
    def sentence(self) -> str:
        """The reason as people read it."""
        return _SENTENCES[self]


_SENTENCES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.PLANNED: "The letter of this wave is planned already.",
        Reason.SUPPRESSED: "The address is on the suppression list.",
        Reason.LEFT_FILE: "The recipients file has no usable row of the recipient any more.",
        Reason.STATUS: "The letter of the wave before is in none of the statuses that this wave is for.",
        Reason.NOT_ACCEPTED: "No letter of the wave before was accepted, so there is nothing to count from.",
        Reason.REPLIED: "The recipient has answered.",
        Reason.NOT_CHOSEN: "No row of the recipient fulfils the wave's condition.",
        Reason.TOO_LATE: "The first moment at which the letter may arrive is later than the wave's last one.",
        Reason.MAILBOX: "The mailbox gets another letter of this wave.",
        Reason.NO_OPENING: "The schedule has no moment within 400 days at which the letter may arrive.",
    }
)


class Due(Struct, frozen=True, kw_only=True):
    """A letter to be written: not before ``at``, and not after ``until`` without asking again."""

    recipient: int
    language: str
    at: float  # Unix seconds
    until: float  # Unix seconds: when the opening ends, or the wave's ``not_after`` if that is sooner
    day: date  # of ``at``, where the recipient is
    place: Place


class Not(Struct, frozen=True, kw_only=True):
    """No letter, and why."""

    recipient: int
    reason: Reason


Decision = Due | Not


def plan_wave(wave: Wave, facts: Iterable[Facts], now: float, timetable: Timetable) -> Iterator[Decision]:
    """One decision for each of the facts, in their order; none is kept.

    A letter whose ``at`` is ``now`` may be handed over; a later one is due then, as things stand. One that is planned
    and still waits is asked about again in the same way, with ``planned`` false: its recipient may have answered since.
    """
    for each in facts:
        reason = _refusal(wave, each)
        yield Not(recipient=each.recipient, reason=reason) if reason else _timed(wave, each, now, timetable)


def _refusal(wave: Wave, facts: Facts) -> Reason | None:
    reasons = (  # no mapping by them: a member of an Enum is hashed in Python, for every recipient
        (facts.planned, Reason.PLANNED),
        (facts.suppressed is not None, Reason.SUPPRESSED),
        (facts.left_file, Reason.LEFT_FILE),
        (facts.status not in wave.to, Reason.STATUS),
        (wave.after is not None and facts.accepted_at is None, Reason.NOT_ACCEPTED),
        (wave.unless_replied and facts.replied, Reason.REPLIED),
        (not facts.chosen, Reason.NOT_CHOSEN),
    )
    for holds, reason in reasons:
        if holds:
            return reason
    return None


def _timed(wave: Wave, facts: Facts, now: float, timetable: Timetable) -> Decision:
    accepted_at = facts.accepted_at or 0.0
    due = accepted_at + wave.after if wave.after is not None else max(accepted_at, wave.at or 0.0)
    place = timetable.place(facts.zone, facts.country)
    opening = timetable.opening(max(due, now), place)
    if opening is None:
        return Not(recipient=facts.recipient, reason=Reason.NO_OPENING)
    until = opening.until
    if wave.not_after is not None:
        if opening.at > wave.not_after:
            return Not(recipient=facts.recipient, reason=Reason.TOO_LATE)
        until = min(until, wave.not_after)
    return Due(
        recipient=facts.recipient,
        language=facts.language,
        at=opening.at,
        until=until,
        day=opening.day,
        place=place,
    )
