"""A notification: what is told, as JSON for programs and as a text for people. docs/notify.md promises its form.

It names no customer and quotes no relay: only the campaign, counts, times, and words from fixed lists.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec
from msgspec import Struct

from mass_apology.model import Status, StopCause
from mass_apology.quantities import number
from mass_apology.settings import NotifyEvent


class State(StrEnum):
    """How the wave stands."""

    FINISHED = "finished"  # nothing is due
    WAITING = "waiting"  # a run is going on, and continues by itself at ``resumes_at``
    PAUSED = "paused"  # no run is going on, and letters are due
    NOT_STARTED = "not-started"  # nothing was sent in this run


class Notification(Struct, frozen=True, kw_only=True):
    """What is told. The order of fields is that of the JSON; fields are added, and never renamed or removed."""

    version: int = 1
    id: str  # the same for every try of one notification
    events: tuple[NotifyEvent, ...]
    trial: bool = False  # of `notify --try`: nothing has happened
    at: datetime  # in UTC
    campaign: str
    wave: str | None = None  # "first", a follow-up's or a correction's; None: the whole campaign
    state: State
    cause: StopCause | None = None  # why letters that are due do not go
    resumes_at: datetime | None = None  # when the run goes on by itself, or the next letters are due
    counts: Mapping[Status, int] = {}  # people of the wave by status, without those of which there are none
    due: int = 0  # letters of the wave
    sent: int = 0  # accepted in this run
    started_at: datetime | None = None  # of this run
    plan: str | None = None  # the plan's code
    log_head: str | None = None  # of the log's hash chain: who has it elsewhere can tell a later change

    @property
    def headline(self) -> str:
        """One line for people."""
        trial = "Trial: " if self.trial else ""
        wave = f", {self.wave}" if self.wave else ""
        return f"{trial}{self.campaign}{wave}: {', '.join(each.replace('-', ' ') for each in self.events)}"


def new_id() -> str:
    """An id that no other notification has."""
    return f"msg_{secrets.token_hex(12)}"


def encoded(notification: Notification) -> bytes:
    """One JSON object, in ASCII-compatible UTF-8, ended by a newline."""
    return msgspec.json.encode(notification) + b"\n"


def plain_text(notification: Notification) -> str:
    """The same for people, a fact a line."""
    facts = {
        "state": notification.state.value,
        "cause": notification.cause and notification.cause.value,
        "goes on at": _minute(notification.resumes_at),
        **{status.value.lower().replace("_", " "): number(count) for status, count in notification.counts.items()},
        "still due": number(notification.due),
        "accepted in this run": number(notification.sent),
        "run begun at": _minute(notification.started_at),
        "plan": notification.plan,
        "head of the log": notification.log_head,
        "told at": _minute(notification.at),
    }
    lines = [f"{name + ':':<22} {value}" for name, value in facts.items() if value]
    advice = "To see where each letter is: mass-apology status. Who was not reached, and why: mass-apology report"
    return "\n".join((f"{notification.headline}.", "", *lines, "", advice, ""))


def _minute(at: datetime | None) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC") if at else ""
