"""The sending process, what it says of itself, and a person's request to it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from msgspec import Struct

from mass_apology.model import FIRST_WAVE, Status, StopCause


class Control(StrEnum):
    """A request to the sender."""

    RUN = "run"
    PAUSE = "pause"  # begin no letter until told to run
    STOP = "stop"  # finish what is begun, then end


class Holder(Struct, frozen=True, kw_only=True):
    """A process, as others can recognise it."""

    host: str
    pid: int
    started: str  # tells it from a later process with its pid; empty where the system does not say


class RelayReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run says of one of several relays."""

    name: str
    accepted: int = 0  # letters of this run
    deferred: int = 0  # times in this run that it said 4xx about a letter, or lost it before the dot
    refused: int = 0  # letters of this run
    in_doubt: int = 0  # letters of this run
    rate: float = 0.0  # accepted letters a second, over the last ten seconds
    share: float = 1.0  # of the configured rate that is in use; below 1 while it throttles
    state: str = ""  # a phrase; empty while it simply sends
    usable: bool = True  # it takes letters, as far as is known
    until: float | None = None  # Unix seconds: nothing goes through it before, where that is known


class SlowDestinationReport(Struct, frozen=True, kw_only=True):
    """What a run says of a destination that throttled lately."""

    name: str  # its domain
    rate: float  # letters a second that leave to it at most


class SharedWave(Struct, frozen=True, kw_only=True):
    """What a person confirmed, for other processes to take part in."""

    wave: str
    template: str  # the scenario of the letters
    digest_parts: Mapping[str, str]  # "the template", "campaign.toml", … and the digest of each: nothing else leaves
    terms: str = ""  # what else has to be known of it, as who confirmed it wrote it; the ledger does not read it
    is_open: bool = True  # others may take part; before, they may take up what its process leaves
    confirmed_at: float = 0.0  # Unix seconds, by the ledger's clock


class ConfirmedCampaign(Struct, frozen=True, kw_only=True):
    """A campaign of a database with letters that somebody confirmed."""

    slot: str  # what its ledger is found by there
    name: str
    ledger: str  # 32 hexadecimal digits, made with the ledger: tells it from others of its name


class SenderReport(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a run says of itself about once a second, and a last time when it ends.

    It is for people who watch, and proves nothing: the letters' statuses do.
    """

    at: float  # Unix seconds
    began_at: float = 0.0  # when the run began: tells it from others
    wave: str = FIRST_WAVE
    due_at_start: int = 0  # letters that were due when the run began
    counts: Mapping[Status, int] = {}  # letters by the status that they got in this run
    rate: float = 0.0  # accepted letters a second, over the last ten seconds
    connections: int = 0  # that may be open now
    share: float = 1.0  # of the configured rate that is in use; below 1 while the relay throttles
    commit_seconds: float = 0.0  # that a letter waits for its mark to be durable, lately; 0 before the first
    waits_for: str = ""  # why no letter goes, as a phrase; empty while letters go
    cause: StopCause | None = None  # the kind of that wait, or of the end
    until: float | None = None  # Unix seconds: when that wait is over, where it is known
    trouble: str = ""  # why no connection can be opened, as a sentence, while that lasts
    relays: tuple[RelayReport, ...] = ()  # where there are several
    slow: tuple[SlowDestinationReport, ...] = ()  # destinations, the slowest first, and not all
    ended: bool = False
    reason: str = ""  # of an end with letters still due that no person asked for, as sentences
    is_latest: bool = False  # nobody has taken the lock since; the ledger says so, and keeps no such word
