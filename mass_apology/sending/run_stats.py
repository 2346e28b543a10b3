"""Counts the outcomes of a run, for the breaker and for the screen."""

from __future__ import annotations

from collections import Counter, deque

from msgspec import Struct

from mass_apology.model import Status, StopCause

RATE_SECONDS = 10.0  # the rate shown is that of the last ten seconds


class Standstill(Struct, frozen=True, kw_only=True):
    """A run waits by itself, and will go on by itself."""

    cause: StopCause  # QUOTA or WINDOW
    until: float  # Unix seconds


class RelayState(Struct, frozen=True, kw_only=True):
    """One of several relays at one moment."""

    name: str
    accepted: int  # letters of this run
    deferred: int  # times in this run that it said 4xx about a letter, or lost it before the dot
    refused: int  # letters of this run
    in_doubt: int  # letters of this run
    rate: float  # of those accepted, letters a second, over the last ten seconds
    share: float  # of the configured rate that is in use; below 1 while it throttles
    state: str  # a phrase; empty while it simply sends
    usable: bool  # it takes letters, as far as is known
    until: float | None = None  # Unix seconds: nothing goes through it before, where that is known


class SlowDestination(Struct, frozen=True, kw_only=True):
    """A destination that throttled lately."""

    name: str  # its domain
    rate: float  # letters a second that leave to it at most


class Progress(Struct, frozen=True, kw_only=True):
    """The state of a run at one moment."""

    due_at_start: int  # letters that were due when the run began
    counts: dict[Status, int]  # letters by the status that they got in this run
    rate: float  # accepted letters a second, over the last ten seconds
    seconds_left: float | None  # at this rate; None while the rate is 0
    connections: int  # connections allowed
    share: float  # of the configured rate that is in use; below 1 while the relay throttles
    waits_for: str = ""  # the reason for a standstill, as a phrase; empty while letters go
    relays: tuple[RelayState, ...] = ()  # where there are several
    slow: tuple[SlowDestination, ...] = ()  # destinations, the slowest first
    trouble: str = ""  # why no connection can be opened, as a sentence, while that lasts
    deferred_until: float | None = None  # Unix seconds: when the first letter is due again, where all were deferred
    commit_seconds: float = 0.0  # that a letter waits for its mark to be durable, lately; 0 before the first

    @property
    def settled(self) -> int:
        """Letters this run is done with."""
        return sum(count for status, count in self.counts.items() if status is not Status.DEFERRED)


class AcceptedRate:
    """Accepted letters a second, over the last seconds."""

    def __init__(self) -> None:
        self._accepted_in: deque[tuple[int, int]] = deque()  # (second, letters)

    def count(self, second: int) -> None:
        """A letter was accepted in this second (Unix)."""
        if self._accepted_in and self._accepted_in[-1][0] == second:
            self._accepted_in[-1] = (second, self._accepted_in[-1][1] + 1)
            return
        self._accepted_in.append((second, 1))
        while self._accepted_in[0][0] < second - RATE_SECONDS:
            self._accepted_in.popleft()

    def at(self, now: float) -> float:
        """The rate at ``now`` (Unix seconds), the current second included."""
        begin = now - RATE_SECONDS
        counted = [(second, count) for second, count in self._accepted_in if second >= begin]
        if not counted:
            return 0.0
        return sum(count for _, count in counted) / max(1.0, now - counted[0][0])


class RunStats:
    """The counts of one run; the dispatcher reports each outcome. A letter deferred and then accepted counts once."""

    def __init__(self, due: int) -> None:
        self.due = due
        self.counts: Counter[Status] = Counter()
        self._deferred: set[int] = set()
        self._accepted = AcceptedRate()

    def settle(self, delivery: int, status: Status, now: float) -> None:
        """Count a delivery that got this status."""
        self._deferred.discard(delivery)
        if status is Status.DEFERRED:
            self._deferred.add(delivery)
            return
        self.counts[status] += 1
        if status is Status.ACCEPTED:
            self._accepted.count(int(now))

    def reopen(self, delivery: int, status: Status) -> None:
        """Count a delivery with this status as deferred instead."""
        self.counts[status] -= 1
        self._deferred.add(delivery)

    @property
    def unsettled(self) -> int:
        """Letters this run is not done with: deferred, on their way, or not begun."""
        return self.due - sum(self.counts.values())

    def rate(self, now: float) -> float:
        """Accepted letters a second over the last seconds, the current one included."""
        return self._accepted.at(now)

    def snapshot(
        self,
        now: float,
        *,
        connections: int,
        share: float,
        waits_for: str,
        trouble: str = "",
        relays: tuple[RelayState, ...] = (),
    ) -> Progress:
        """The state at ``now`` (Unix seconds)."""
        counts = dict(self.counts)
        if self._deferred:
            counts[Status.DEFERRED] = len(self._deferred)
        rate = self.rate(now)
        left = self.unsettled
        return Progress(
            due_at_start=self.due,
            counts=counts,
            rate=rate,
            seconds_left=left / rate if rate else None,
            connections=connections,
            share=share,
            waits_for=waits_for,
            trouble=trouble,
            relays=relays,
        )
