"""When the last letter will have left, what holds it up, and what would be sooner: a simulation in virtual time. Pure.

Letters are a fluid: each relay takes as much as its rate, or what was measured, and its windows allow, and the oldest
letters first; a destination takes no more than its pace. The simulation goes from one change to the next: a
window fills or reopens, a kind of letters has left, a relay may be used again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from math import inf

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.quantities import enumerated
from mass_apology.sending.pacing import CLIMB_SECONDS
from mass_apology.settings import Rate

AT_ONCE = 1e9  # letters a second of a relay without a rate
STEPS = 20_000  # changes that are followed; what is left then goes on as before
ALIKE = 0.01  # shares of two loads that have left are alike so far
CLIMB_STEP = 5.0  # seconds for which a climbing rate is taken for even
WORTH = 60.0  # seconds by which something must be sooner to be told
_NONE_LEFT = 1e-6  # letters


class WindowUse(Struct, frozen=True, kw_only=True):
    """A limit such as "10000/day", and what was handed over before."""

    limit: Rate
    usage: tuple[tuple[int, int], ...] = ()  # (minute in Unix seconds, letters), in order


class RelayCapacity(Struct, frozen=True, kw_only=True):
    """What one relay can take."""

    name: str  # for people: "relay ses", or "the relay" where there is one without a name
    rate: float = AT_ONCE  # letters a second, by its setting or as measured
    windows: tuple[WindowUse, ...] = ()
    share: float = 1.0  # of the rate that is in use, because it throttled; it climbs as ``pacing.current_share``
    from_: float = -inf  # Unix seconds: nothing goes through it before
    usable: bool = True  # it can be reached, as far as is known


class Load(Struct, frozen=True, kw_only=True):
    """Letters that the same relays may take."""

    letters: float
    relays: frozenset[int]  # by their numbers
    pace: float = inf  # letters a second that their destination takes
    destination: str = ""  # its name, where it has a pace


class Verdict(Struct, frozen=True, kw_only=True):
    """The end, as far as settings and measures tell, and why it is not sooner."""

    finish_at: float | None = None  # Unix seconds; None where nothing limits it, or letters have no relay
    held_by: str = ""  # "the window of relay ses (10000/day)", "the rates of relay ses and relay b", "the pace of …"
    holders: int = 1  # that ``held_by`` names
    sooner_with: str = ""  # "relay b": it would help if it took these letters as well
    sooner_at: float | None = None  # the end then

    def sentence(self, clock: Callable[[float], str]) -> str:
        """ "All out by 14:37; the window of a (100/h) holds you; with relay b by 13:58." Empty without an end."""
        if self.finish_at is None:
            return ""
        parts = [f"all out by {clock(self.finish_at)}"]
        if self.held_by:
            parts.append(f"{self.held_by} {'holds' if self.holders == 1 else 'hold'} you")
        if self.sooner_at is not None:
            parts.append(f"with {self.sooner_with} by {clock(self.sooner_at)}")
        said = "; ".join(parts)
        return f"{said[0].upper()}{said[1:]}."


def verdict(relays: Sequence[RelayCapacity], loads: Iterable[Load], now: float) -> Verdict:
    """The verdict at ``now`` (Unix seconds)."""
    loads = [load for load in loads if load.letters > 0]
    simulation = _Simulation(relays, loads, now)
    end = simulation.run()
    if end is None or end <= now + 1e-3 + 2 * sum(load.letters for load in loads) / AT_ONCE:  # nothing limits it
        return Verdict()
    sooner = _sooner(relays, loads, simulation.last, now)
    held_by, holders = simulation.held_by()
    found = Verdict(finish_at=end, held_by=held_by, holders=holders)
    if sooner is None or end - sooner[1] < max(WORTH, 0.05 * (end - now)):
        return found
    return replace(found, sooner_with=sooner[0], sooner_at=sooner[1])


def _sooner(
    relays: Sequence[RelayCapacity], loads: Sequence[Load], last: frozenset[int], now: float
) -> tuple[str, float] | None:
    """The relay that would help most if it took all letters, and the end then."""
    found: list[tuple[str, float]] = []
    for number, relay in enumerate(relays):
        if number in last and relay.usable:
            continue
        helped = [*relays]
        helped[number] = replace(relay, usable=True)
        end = _Simulation(helped, [replace(load, relays=load.relays | {number}) for load in loads], now).run()
        if end is not None:
            found.append((relay.name, end))
    return min(found, key=lambda pair: pair[1], default=None)


class _Window:
    """A sliding window, as ``pacing.remaining_window`` has it: a minute counts until all of it has left."""

    def __init__(self, use: WindowUse) -> None:
        self.limit = use.limit
        self._minutes: deque[tuple[float, float]] = deque(use.usage)
        self._sum = float(sum(count for _, count in use.usage))

    def expire(self, now: float) -> None:
        while self._minutes and self._minutes[0][0] + 60 + self.limit.seconds <= now:
            self._sum -= self._minutes.popleft()[1]

    @property
    def remaining(self) -> float:
        return self.limit.letters - self._sum

    def next_change(self) -> float:
        """When the oldest minute leaves."""
        return self._minutes[0][0] + 60 + self.limit.seconds if self._minutes else inf

    def use(self, begin: float, end: float, letters: float) -> None:
        """Count letters that leave evenly in a stretch of time."""
        minute = begin // 60 * 60
        while minute < end or minute == begin // 60 * 60:
            part = min(end, minute + 60) - max(begin, minute)
            count = letters * part / (end - begin) if end > begin else letters
            if self._minutes and self._minutes[-1][0] == minute:
                self._minutes[-1] = (minute, self._minutes[-1][1] + count)
            else:
                self._minutes.append((minute, count))
            minute += 60
        self._sum += letters


class _Simulation:
    def __init__(self, relays: Sequence[RelayCapacity], loads: Sequence[Load], now: float) -> None:
        self._relays = relays
        self._windows = [[_Window(use) for use in relay.windows] for relay in relays]
        self._loads = loads
        self._left = [float(load.letters) for load in loads]
        self._begin = self._now = now
        self._closed = [0.0] * len(relays)  # seconds for which a window kept the relay
        self._paced = [0.0] * len(loads)  # seconds for which the destination's pace kept the load
        self._last = -1  # the load that left last

    @property
    def last(self) -> frozenset[int]:
        """The relays of the letters that leave last."""
        return self._loads[self._last].relays if self._last >= 0 else frozenset()

    def run(self) -> float | None:
        """When the last letter has left, in Unix seconds; ``None`` where some have no relay."""
        flows: list[float] = []
        for _ in range(STEPS):
            if all(left <= _NONE_LEFT for left in self._left):
                return self._now
            capacities = [self._capacity(number) for number in range(len(self._relays))]
            shares = self._shares(capacities)
            flows = [sum(share[load] for share in shares) for load in range(len(self._loads))]
            seconds = self._seconds_until_change(shares, flows)
            if seconds == inf:
                return None
            self._advance(seconds, shares, flows, capacities)
        return self._extrapolated()

    def held_by(self) -> tuple[str, int]:
        """What kept the letters that left last, and how many of them."""
        load = self._loads[self._last]
        seconds = self._now - self._begin
        number = max(load.relays, key=lambda relay: self._closed[relay], default=None)
        if number is None:
            return "", 1
        if self._paced[self._last] > 0.5 * seconds:
            return f"the pace of {load.destination}", 1
        if self._closed[number] > 0.05 * seconds:
            tightest = max(self._relays[number].windows, key=lambda use: use.limit.seconds / use.limit.letters)
            return f"the window of {self._relays[number].name} ({_written(tightest.limit)})", 1
        names = [self._relays[relay].name for relay in sorted(load.relays) if self._relays[relay].usable]
        return f"the {'rate' if len(names) == 1 else 'rates'} of {enumerated(names)}", len(names)

    def _capacity(self, number: int) -> float:
        """Letters a second that the relay takes now."""
        relay = self._relays[number]
        if not relay.usable or self._now < relay.from_:
            return 0.0
        for window in self._windows[number]:
            window.expire(self._now)
        if any(window.remaining < 1 - _NONE_LEFT for window in self._windows[number]):
            return 0.0
        return min(relay.rate, AT_ONCE) * self._share(relay)

    def _share(self, relay: RelayCapacity) -> float:
        return min(1.0, relay.share + (self._now - self._begin) / CLIMB_SECONDS)

    def _shares(self, capacities: Sequence[float]) -> list[list[float]]:
        """Letters a second: for each relay, of each load. What a destination's pace leaves over goes to other loads."""
        shares = [[0.0] * len(self._loads) for _ in self._relays]
        room = [load.pace for load in self._loads]
        spare = list(capacities)
        for _ in range(len(self._loads) + 1):
            for number in range(len(self._relays)):
                open_ = self._next_loads(number, room)
                total = sum(self._loads[load].letters for load in open_)
                given = spare[number]
                for load in open_:
                    flow = min(given * self._loads[load].letters / total, room[load])
                    shares[number][load] += flow
                    room[load] -= flow
                    spare[number] -= flow
        return shares

    def _next_loads(self, number: int, room: Sequence[float]) -> list[int]:
        """Whose letters the relay takes: those that wait longest, which are of the load of which least has left."""
        open_ = [
            load
            for load, each in enumerate(self._loads)
            if number in each.relays and self._left[load] > _NONE_LEFT and room[load] > _NONE_LEFT
        ]
        most = max((self._left[load] / self._loads[load].letters for load in open_), default=0.0)
        return [load for load in open_ if self._left[load] / self._loads[load].letters >= most - ALIKE]

    def _seconds_until_change(self, shares: Sequence[Sequence[float]], flows: Sequence[float]) -> float:
        changes = [left / flow for left, flow in zip(self._left, flows, strict=True) if left > _NONE_LEFT and flow > 0]
        if len(self._loads) > 1:
            changes += [
                ALIKE * load.letters / flow for load, flow in zip(self._loads, flows, strict=True) if flow > _NONE_LEFT
            ]
        for number, relay in enumerate(self._relays):
            if self._now < relay.from_:
                changes.append(relay.from_ - self._now)
            if self._share(relay) < 1.0:
                changes.append(CLIMB_STEP)
            flow = sum(shares[number])
            for window in self._windows[number]:
                changes.append(window.next_change() - self._now)
                if flow > 0:
                    changes.append(max(0.0, window.remaining) / flow)
        return min(changes, default=inf)

    def _advance(
        self, seconds: float, shares: Sequence[Sequence[float]], flows: Sequence[float], capacities: Sequence[float]
    ) -> None:
        end = self._now + seconds
        for number, relay in enumerate(self._relays):
            letters = sum(shares[number]) * seconds
            for window in self._windows[number]:
                if letters > 0:
                    window.use(self._now, end, letters)
            if not capacities[number] and relay.usable and self._now >= relay.from_:
                self._closed[number] += seconds
        for load, flow in enumerate(flows):
            if self._left[load] <= _NONE_LEFT:
                continue
            self._left[load] -= flow * seconds
            if flow >= self._loads[load].pace - _NONE_LEFT:
                self._paced[load] += seconds
            if self._left[load] <= _NONE_LEFT:
                self._last = load
        self._now = end

    def _extrapolated(self) -> float:
        """The end where there are more changes than are followed: what is left goes as the windows allow on average."""
        self._last = max(range(len(self._left)), key=self._left.__getitem__)
        steady = sum(
            min([relay.rate, *(use.limit.letters / (use.limit.seconds + 60) for use in relay.windows)])
            for number, relay in enumerate(self._relays)
            if relay.usable and number in self.last
        )
        return self._now + sum(self._left) / steady


def _written(limit: Rate) -> str:
    units = {1: "s", 60: "min", 3600: "h", 86400: "day"}
    return f"{limit.letters}/{units[limit.seconds]}"
