"""The view of one campaign at one moment: whatever shows a campaign live shows this, and nothing else.

As JSON its keys and the values of its enums are stable; new ones may be added. It holds no address and no name of a
recipient. Times are in UTC, rates are letters a second.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from mass_apology.errors import require_sum
from mass_apology.model import Status


class WatchState(StrEnum):
    """What is being done about the campaign's letters."""

    NOT_PLANNED = "not-planned"  # no letter was ever confirmed
    PREPARING = "preparing"  # a process holds the campaign, and has not begun to send
    SENDING = "sending"
    WAITING = "waiting"  # a run is there, and no letter goes: a quota, a window, the relay, deferred letters
    PAUSED = "paused"
    STOPPING = "stopping"  # as asked; the letters on their way are finished
    STOPPED = "stopped"  # letters are due; the run has ended, by itself or as asked
    DEAD = "dead"  # letters are due, and the run ended without a word
    SILENT = "silent"  # a run is there, and has said nothing for too long
    IDLE = "idle"  # letters are due, and nobody has begun to send them
    DONE = "done"  # nothing is due


class LimitKind(StrEnum):
    """What decides how fast letters go, or why none does."""

    NOTHING = "nothing"  # no letter is due
    DEAD = "dead"  # the process ended
    SILENT = "silent"  # the process hangs
    DISK = "disk"  # the ledger's disk is full
    NOBODY = "nobody"  # no process sends
    PREPARING = "preparing"  # the plan, or a person's consent
    PAUSE = "pause"  # a person asked
    STOP = "stop"  # a person asked
    RELAY = "relay"  # no connection, or no login
    BREAKER = "breaker"  # too many refusals, deferrals or doubts
    REPLY = "reply"  # the relay said something that a person must mend
    FAILURE = "failure"  # the run ended with an error
    DEADLINE = "deadline"  # `finish_by` has passed
    HELD = "held"  # the run ended for another reason, which the sentence says
    QUOTA = "quota"  # the relay's
    WINDOW = "window"  # one of `relay.windows`
    DEFERRED = "deferred"  # all that is left was deferred, and is due later
    THROTTLE = "throttle"  # the relay asks for less
    DESTINATION = "destination"  # one asks for less
    RATE = "rate"  # `relay.rate`
    ANSWERS = "answers"  # how fast the relay answers
    DOUBT = "doubt"  # nothing is due, and letters are in doubt


class PeopleView(Struct, frozen=True, kw_only=True):
    """Everybody whom the wave is about, each once. ``total`` = reached + due + on_the_way + in_doubt + not_reached."""

    total: int
    reached: int  # the relay took their letter, and it is not known to have come back
    due: int  # planned or deferred
    on_the_way: int  # handed over this moment
    in_doubt: int
    not_reached: int  # refused, bounced, expired or withheld
    counts: Mapping[Status, int]  # the same people by status
    set_aside: int  # of those withheld: without a letter, since nobody can write to their rows, or nobody may
    percent: float  # of the people: neither due nor on the way any more
    sentence: str  # the sum, for people
    exact_at: datetime  # when the ledger was counted; what the run said since is added

    def __post_init__(self) -> None:
        """Raise ``CountingError`` where somebody is in no place, or in two."""
        parts = {"reached": self.reached, "due": self.due, "on the way": self.on_the_way}
        parts |= {"in doubt": self.in_doubt, "not reached": self.not_reached}
        require_sum("people", self.total, parts)
        require_sum("people", self.total, {status.value: count for status, count in self.counts.items()})

    @property
    def unheard(self) -> int:
        """Who has not heard from us yet."""
        return self.total - self.reached


class WaveView(Struct, frozen=True, kw_only=True):
    """One wave of the campaign, as counted last."""

    name: str
    total: int
    due: int
    counts: Mapping[Status, int]


class PaceView(Struct, frozen=True, kw_only=True):
    """How fast letters go."""

    rate: float  # letters a second that were settled, over the last minute; 0 where none goes
    configured: str  # `relay.rate`
    windows: tuple[str, ...]  # `relay.windows`
    share: float  # of the configured rate that is in use; below 1 while the relay throttles
    connections: int  # that may be open now
    commit_seconds: float | None  # that a letter waits for its mark to be durable, lately; None while none goes


class RelayView(Struct, frozen=True, kw_only=True):
    """One of several relays, as the run says, or said last."""

    name: str
    accepted: int  # letters of this run
    deferred: int  # times in this run that it said 4xx about a letter, or lost it before the dot
    refused: int  # letters of this run
    in_doubt: int  # letters of this run
    rate: float  # accepted letters a second, over the last ten seconds
    share: float  # of its configured rate that is in use
    state: str  # a phrase; empty while it simply sends
    usable: bool  # it takes letters, as far as is known
    until: datetime | None  # nothing goes through it before, where that is known


class LimitView(Struct, frozen=True, kw_only=True):
    """What decides how fast letters go, or why none does."""

    kind: LimitKind
    sentence: str
    advice: str  # what to do; empty where there is nothing to do
    until: datetime | None  # when it is over, where that is known
    needs_a_person: bool


class EndView(Struct, frozen=True, kw_only=True):
    """When the last letter due will have left."""

    at: datetime | None  # None where nothing is due, or nobody can tell
    seconds: float | None  # until then
    finish_by: datetime | None  # the campaign's
    in_time: bool | None  # None where either of the two is not known
    sentence: str


class SenderView(Struct, frozen=True, kw_only=True):
    """The process that holds the campaign."""

    host: str
    pid: int
    wave: str  # that it sends; empty before it has begun
    began_at: datetime | None
    heard_at: datetime | None  # when it last said how it is


class ShareView(Struct, frozen=True, kw_only=True):
    """The letters of one language, or to one destination."""

    name: str  # "pl", "example.com"
    total: int
    reached: int
    open: int  # due, on the way or in doubt
    not_reached: int
    deferred: int  # of those open


class ReplyView(Struct, frozen=True, kw_only=True):
    """Like replies about letters that were not accepted, among the latest."""

    status: Status
    text: str  # codes and the first words, without addresses
    letters: int
    last_at: datetime


class StepView(Struct, frozen=True, kw_only=True):
    """Letters handed over in one step of time."""

    at: datetime  # its start
    letters: int


class NoteView(Struct, frozen=True, kw_only=True):
    """Something that was done."""

    at: datetime
    what: str


class ActionView(Struct, frozen=True, kw_only=True):
    """What a person can press now."""

    name: str  # "pause", "resume", "stop"
    possible: bool
    effect: str  # what will happen, or why it is not possible, as a sentence


class DetailView(Struct, frozen=True, kw_only=True):
    """What takes a longer look at the ledger, and is looked at more rarely."""

    at: datetime  # when it was looked at
    wave: str
    languages: tuple[ShareView, ...]
    destinations: tuple[ShareView, ...]  # the largest, then others with trouble: those with the most first
    domains: int  # all that letters go to; ``destinations`` are some
    replies: tuple[ReplyView, ...]  # the latest, in groups; the most frequent first
    step_seconds: int
    over_time: tuple[StepView, ...]  # steps without letters are left out
    answers_waiting: int  # people who wrote after a letter, and were not answered


class CampaignView(Struct, frozen=True, kw_only=True):
    """One campaign at one moment."""

    campaign: str
    time_zone: str  # the campaign's, IANA name: the sentences' times are in it
    at: datetime
    wave: str  # that ``people`` and ``end`` are about: the one that is sent, or else the first with letters due
    state: WatchState
    moving: bool  # letters go
    headline: str  # a sentence
    people: PeopleView
    waves: tuple[WaveView, ...]
    pace: PaceView
    relays: tuple[RelayView, ...]  # of the last run, if through several; empty for one through a single relay
    limit: LimitView
    end: EndView
    sender: SenderView | None
    actions: tuple[ActionView, ...]
    notes: tuple[NoteView, ...]  # the newest first
    details: DetailView | None  # None until they were looked at
