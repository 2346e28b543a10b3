"""Relays in virtual time: what becomes of a campaign's letters, one by one, by the program's own windows and paces."""

from __future__ import annotations

import heapq
import random
from collections import Counter, deque
from dataclasses import dataclass, field
from math import inf

from mass_apology.sending import pacing
from mass_apology.sending.expected_end import full_rate
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.sending.routing import DestinationPace
from mass_apology.sending.verdict import AT_ONCE, Load, RelayCapacity, WindowUse
from mass_apology.settings import Rate

START = 1_795_000_020.0  # Unix seconds, within a minute


@dataclass
class SimulatedRelay:
    """A relay as its settings say, and as it is: so many connections, each of which takes its time for a letter."""

    name: str
    rate: Rate | None
    windows: list[Rate]
    used: list[tuple[int, int]]
    connections: int
    latency: float
    throttles_at: float = inf  # after so many seconds it asks for half of the rate, once
    sent: deque[float] = field(default_factory=deque)

    def capacity(self, *, now: float, measured: bool) -> RelayCapacity:
        """As a sender knows it."""
        rate = self.rate.letters / self.rate.seconds if self.rate else AT_ONCE
        recent = sum(at > now - 10 for at in self.sent) / min(10.0, max(1.0, now - START))
        if measured and recent and not self.is_closed:
            rate = full_rate(rate, recent, self.share)
        usage = Counter(dict(self.used)) + Counter(int(at // 60 * 60) for at in self.sent)
        uses = tuple(WindowUse(limit=limit, usage=tuple(sorted(usage.items()))) for limit in self.windows)
        return RelayCapacity(name=self.name, rate=rate, windows=uses, share=self.share)

    is_closed: bool = False
    share: float = 1.0  # of its rate, after it throttled


@dataclass
class Simulation:
    """Letters of several kinds, each for some of the relays, and perhaps with a pace."""

    relays: list[SimulatedRelay]
    kinds: list[tuple[int, frozenset[int], float]]  # letters, relays, pace of their destination

    def run(self, until: float = 1.0) -> tuple[float, list[Load], float]:
        """The end of all; and, when this share of the letters had left, what was left and when that was."""
        letters = [[number] * count for number, (count, _, _) in enumerate(self.kinds)]
        order = [kind for kinds in letters for kind in kinds]
        random.Random(len(order)).shuffle(order)
        queues = [deque(at for at, kind in enumerate(order) if kind == number) for number in range(len(self.kinds))]
        paces = [DestinationPace(pace) for _, _, pace in self.kinds]
        windows = [RelayWindows(relay.windows, relay.used) for relay in self.relays]
        steps = [pacing.pace_of(relay.rate) for relay in self.relays]
        turns = [(START, number) for number in range(len(self.relays))]
        seen: tuple[list[Load], float] = (self._loads(queues), START)
        left, now = len(order), START
        while left:
            now, number = heapq.heappop(turns)
            relay = self.relays[number]
            relay.is_closed = False
            closed = windows[number].closed_until(now)
            mine = [kind for kind, (_, relays, _) in enumerate(self.kinds) if number in relays and queues[kind]]
            if not mine:
                continue
            free = [kind for kind in mine if paces[kind].seconds_until_start(now) is None]
            if closed is not None or not free:
                relay.is_closed = closed is not None
                waits = [paces[kind].seconds_until_start(now) or 0.0 for kind in mine]
                heapq.heappush(turns, (max(closed if closed is not None else now + min(waits), now + 1e-3), number))
                continue
            kind = min(free, key=lambda each: queues[each][0])
            queues[kind].popleft()
            paces[kind].begin(now)
            paces[kind].end()
            windows[number].begin()
            windows[number].end(handed_over_at=now)
            relay.sent.append(now)
            if now - START > relay.throttles_at:
                relay.throttles_at = inf
                steps[number] = pacing.slow_down(steps[number], now, round_trip=1.0, observed_rate=10.0)
            if steps[number].interval:
                steps[number], _ = pacing.reserve_slot(steps[number], now)
            ready = max(steps[number].next_slot, now + relay.latency / relay.connections)
            heapq.heappush(turns, (ready, number))
            left -= 1
            if left == round(len(order) * (1 - until)):
                seen = self._loads(queues), now
                if until < 1.0:
                    for each, step in zip(self.relays, steps, strict=True):
                        each.share = pacing.current_share(step, now)
                    self.capacities = [each.capacity(now=now, measured=now - START > 5) for each in self.relays]
        return now, *seen

    def loads(self) -> list[Load]:
        """All letters."""
        return self._loads([deque(range(count)) for count, _, _ in self.kinds])

    def _loads(self, queues: list[deque[int]]) -> list[Load]:
        return [
            Load(letters=len(queue), relays=relays, pace=pace, destination=f"d{number}")
            for number, (queue, (_, relays, pace)) in enumerate(zip(queues, self.kinds, strict=True))
        ]


def simulated(seed: int) -> Simulation:
    """One to three relays with awkward limits, and letters for all or some of them."""
    chance = random.Random(seed)
    relays = [_relay(chance, number) for number in range(chance.choice([1, 1, 2, 3]))]
    everyone = frozenset(range(len(relays)))
    kinds = [(chance.randrange(2000, 20_000), everyone, inf)]
    if len(relays) > 1:
        kinds.append((chance.randrange(500, 5000), frozenset({chance.randrange(len(relays))}), inf))
    if chance.random() < 0.4:
        kinds.append((chance.randrange(100, 1500), everyone, chance.choice([1.0, 5.0, 20.0])))
    return Simulation(relays, kinds)


def _relay(chance: random.Random, number: int) -> SimulatedRelay:
    windows = [Rate(letters=chance.choice([500, 2000, 9000]), seconds=chance.choice([3600, 86400]))]
    minute = int(START // 60 * 60)
    used = [(minute - 60 * ago, chance.randrange(1, 40)) for ago in range(chance.randrange(30), 0, -1)]
    return SimulatedRelay(
        name=f"r{number}",
        rate=chance.choice(
            [None, Rate(letters=14, seconds=1), Rate(letters=50, seconds=1), Rate(letters=300, seconds=60)]
        ),
        windows=windows if chance.random() < 0.5 else [],
        used=used,
        connections=chance.choice([2, 5, 20]),
        latency=chance.choice([0.05, 0.2, 0.5]),
        throttles_at=chance.choice([inf, inf, inf, 20.0]),
    )
