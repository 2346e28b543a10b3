"""Limits that several sessions of one campaign keep together, so that all of them keep what one would.

A session asks for moments ahead of time and uses each for one letter, so that nobody waits for a database before a dot.
A moment that is not used in time is lost to all. Times are those of the store's own clock, in Unix seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from mass_apology.model import StopCause

AHEAD = 0.25  # seconds for which moments are given out at most
COMMON_RATE = 0.99
"""Of a rate, for all together: so that a dot which is some milliseconds late is within the rate as well."""


class OpenedPace(Struct, frozen=True, kw_only=True):
    """A pace, as the settings have it."""

    name: str  # "relay", "relay ses", "destination gmail.com"
    spacing: float  # seconds between two letters of all sessions together; 0: no limit
    doubles: bool = False  # after throttling the rate doubles every minute, as a destination's
    taken: float = 0.0  # seconds for which who had the campaign for itself has given out moments


class Moments(Struct, frozen=True, kw_only=True):
    """What was given out."""

    now: float  # when
    first: float  # the first moment, or when there would have been one
    letters: int  # how many; 0 where the others have all that there are, or where the pace has no limit
    spacing: float  # seconds between two


class Told(Struct, frozen=True, kw_only=True):
    """What a session tells of one relay since it told last."""

    endings: str = ""  # how letters ended, a letter for each
    in_doubt: int = 0  # letters


class PaceState(Struct, frozen=True, kw_only=True):
    """A pace at one moment."""

    spacing: float  # at the full rate; 0: no limit
    share: float  # of the full rate in use
    closed_for: float  # seconds during which the relay's own quota is used up; 0 or less: it is not
    recent: str  # how the last letters of all sessions ended
    in_doubt: int  # letters of all sessions


class CommonState(Struct, frozen=True, kw_only=True):
    """What all sessions have in common at one moment."""

    sessions: int  # that live, with this one
    paces: Mapping[str, PaceState]
    halt: tuple[str, StopCause] | None = None  # why all stop, as sentences, and the kind of it


class WindowWish(Struct, frozen=True, kw_only=True):
    """What a session has to do with one relay's windows."""

    used: int  # letters that it handed over since it asked last
    begun: int  # letters that it may be handing over
    wanted: int  # letters that it would begin beside these
    limits: tuple[tuple[int, int], ...]  # letters in so many seconds


class CommonLimits(Protocol):
    """Used from one thread at a time. Every method raises ``LedgerError``, with nothing done, or perhaps all of it."""

    def open(self, paces: Sequence[OpenedPace], usage: Mapping[str, Sequence[tuple[int, int]]] | None = None) -> None:
        """Make those that are not there. ``usage``: all begins anew, and this was handed over before, by the minute."""

    def clock(self) -> float:
        """The store's clock."""

    def take(self, name: str, wanted: int, lead: float) -> Moments:
        """At most so many moments, none of them within ``lead`` seconds from now."""

    def exchange(self, told: Mapping[str, Told]) -> CommonState:
        """Show that this session lives, tell, and hear what the others told. Each session does it every tick."""

    def slow(self, name: str, rate: float, *, destination: bool) -> None:
        """It throttles. ``rate``: what all sessions send, where nothing limited it."""

    def close_for(self, name: str, seconds: float) -> None:
        """The relay's own quota is used up."""

    def halt(self, reason: str, cause: StopCause) -> None:
        """All stop, until a person has looked."""

    def hold(self, name: str, wish: WindowWish) -> int:
        """How many letters this session may have begun and begin, within the relay's windows."""

    def usage(self, name: str) -> list[tuple[int, int]]:
        """Pairs of a minute (Unix seconds of its start) and letters that were handed over through the relay in it."""

    def close(self) -> None:
        """Nothing more is asked."""
