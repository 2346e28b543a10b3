"""Which relays may take a letter, and which pace its destination has: what letters need not wait for each other by.

Implements ``ready_letters.Sorter``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from math import inf

from mass_apology.model import Delivery
from mass_apology.relay_settings import DestinationSettings, RelaySettings
from mass_apology.sending.common_pace import CommonPace
from mass_apology.settings import parse_rate

RECOVERY = 60.0  # seconds in which a destination that throttled is tried with twice the rate
SLOWEST = 0.1  # letters a second: a trickle shows when a destination has recovered
ROUND_TRIP = 1.0  # seconds: throttling replies closer together than this are one complaint
SLOW_SECONDS = 300.0  # after its last complaint, a destination counts as slow for so long
MOST_TOLD = 3  # slow destinations that are told of
FIRST_SHARE = 0.05  # of the run's rate: what a destination gets that throttles for the first time


class DestinationPace:
    """Rate and connections of one destination: as the campaign says, and lower after it throttled.

    Times are monotonic seconds.
    """

    def __init__(self, rate: float = inf, connections: float = inf) -> None:
        """``rate`` in letters a second, ``connections`` that carry its letters at a time."""
        self._most = rate
        self._connections = connections
        self._in_transit = 0
        self._next_slot = -inf
        self._slowed_to = inf
        self._slowed_at = -inf
        self._common: CommonPace | None = None  # with other processes
        self._sessions = 1

    @property
    def spacing(self) -> float:
        """Seconds between two letters, as the campaign says; 0: it says nothing."""
        return 1 / self._most

    def share(self, pace: CommonPace) -> None:
        """From now on it is kept with other processes."""
        if self._slowed_to < inf:
            pace.slowed = 2 * self._slowed_to
        self._common = pace

    def divide(self, sessions: int) -> None:
        """So many processes have its connections together; each has one at least."""
        self._sessions = sessions

    def rate(self, now: float) -> float:
        """Letters a second: after throttling it doubles every minute, up to the campaign's."""
        if self._slowed_to == inf:
            return self._most
        doublings = min(1000.0, (now - self._slowed_at) / RECOVERY)
        return min(self._most, self._slowed_to * math.pow(2.0, doublings))

    def is_slow(self, now: float) -> bool:
        """Whether it throttled lately, and has less than the campaign's rate."""
        return now - self._slowed_at < SLOW_SECONDS and self.rate(now) < self._most

    def seconds_until_start(self, now: float) -> float | None:
        """Seconds until a letter may start; ``None``: now; infinite: when another one has ended."""
        if self._in_transit + 1 > max(1.0, self._connections / self._sessions):
            return inf
        if self._common is not None:
            return self._wait_in_common(self._common, now)
        return self._next_slot - now if self._next_slot > now else None

    def begin(self, now: float) -> None:
        """A letter is started."""
        self._in_transit += 1
        if self._common is not None:
            self._common.start()
            return
        self._next_slot = max(now, self._next_slot) + 1 / self.rate(now)

    def end(self) -> None:
        """It has ended, whatever became of it; letters that were started before this pace began count for nothing."""
        self._in_transit = max(0, self._in_transit - 1)

    def seconds_for(self, letters: int) -> float:
        """How long so many letters take, at the rate that it had last."""
        if self._common is not None:
            return letters * self._common.spacing
        return letters / min(self._most, self._slowed_to)

    def slow_down(self, now: float, observed_rate: float) -> None:
        """Halve the rate, at most once in a round trip. ``observed_rate``: the whole run's, for a first time."""
        if self._common is not None:
            self._common.slow_down(now, max(1.0, observed_rate) * FIRST_SHARE * 2)
            return
        if now - self._slowed_at < ROUND_TRIP:
            return
        before = min(self.rate(now), max(1.0, observed_rate) * FIRST_SHARE * 2)
        self._slowed_to, self._slowed_at = max(SLOWEST, before / 2), now
        self._next_slot = max(self._next_slot, now + 1 / self._slowed_to)

    def _wait_in_common(self, pace: CommonPace, now: float) -> float | None:
        """Whoever asks has a letter for it."""
        if not pace.is_limited:
            return None
        seconds = pace.seconds_until_start(now)
        if seconds is not None:
            pace.wish(now)
        return seconds


class Routing:
    """The relays and destinations of one run."""

    def __init__(
        self, relays: Sequence[RelaySettings], destinations: Mapping[str, DestinationSettings] | None = None
    ) -> None:
        self._several = len(relays) > 1
        self._others = frozenset(number for number, relay in enumerate(relays) if not relay.for_)
        named = {domain for relay in relays for domain in (*relay.for_, *relay.except_)}
        self._by_domain = {domain: _taking(relays, domain) for domain in named}
        self._by_name = {relay.name: frozenset({number}) for number, relay in enumerate(relays) if relay.name}
        self._dropped: frozenset[int] = frozenset()
        self._destinations: dict[str, DestinationPace] = {}
        self._names: dict[str, str] = {}  # the first domain of each destination, by each of its domains
        self._make: Callable[[str, float], CommonPace] | None = None  # of paces with other processes
        self._sessions = 1
        for name, settings in (destinations or {}).items():
            pace = _pace_of(settings)
            self._destinations |= dict.fromkeys((name, *settings.also), pace)
            self._names |= dict.fromkeys((name, *settings.also), name)

    @property
    def is_needed(self) -> bool:
        """Whether a letter may have to wait while another one may go."""
        return self._several or bool(self._destinations)

    def relays(self, delivery: Delivery) -> frozenset[int]:
        """Which relays may take the letter, by their numbers. One that was in doubt goes through no other relay."""
        if delivery.relay is not None and self._several:
            found = self._by_name.get(delivery.relay, frozenset())
        else:
            found = self._by_domain.get(_domain(delivery), self._others)
        return found - self._dropped

    def destination(self, delivery: Delivery) -> DestinationPace | None:
        """The pace of its destination; ``None`` where that has none."""
        return self._destinations.get(_domain(delivery)) if self._destinations else None

    def slow(self, now: float) -> list[tuple[str, float]]:
        """Destinations that throttled lately, and their letters a second now: the slowest first, and not all."""
        found = [(name, pace.rate(now)) for name, pace in self._destinations.items() if pace.is_slow(now)]
        return sorted(found, key=lambda pair: pair[1])[:MOST_TOLD]

    def drop(self, relay: int) -> None:
        """This relay takes nothing more in this run."""
        self._dropped |= {relay}

    def can_do_without(self, relay: int, others: frozenset[int]) -> bool:
        """Whether these others may take every letter that the relay may take."""
        served = [relays for relays in (self._others, *self._by_domain.values()) if relay in relays]
        return all(relays & others for relays in served)

    def slow_down(self, delivery: Delivery, now: float, observed_rate: float) -> None:
        """The letter's destination throttles: it gets a pace if it has none, and half of it if it has one."""
        self.adopt(_domain(delivery)).slow_down(now, observed_rate)

    # With other processes

    def paces(self) -> dict[str, float]:
        """Seconds between two letters of each destination that has a pace, by its first domain."""
        return {self._names.get(domain, domain): pace.spacing for domain, pace in self._destinations.items()}

    def share(self, make: Callable[[str, float], CommonPace]) -> None:
        """Keep the paces with other processes: ``make`` gives one by the destination's first domain and spacing."""
        self._make = make
        for domain, pace in self._destinations.items():
            pace.share(make(self._names.get(domain, domain), pace.spacing))

    def adopt(self, domain: str) -> DestinationPace:
        """The destination's pace; it gets one where it has none."""
        if domain not in self._destinations:
            pace = self._destinations[domain] = DestinationPace()
            pace.divide(self._sessions)
            if self._make is not None:
                pace.share(self._make(domain, 0.0))
        return self._destinations[domain]

    def divide(self, sessions: int) -> None:
        """So many processes have the connections of each destination together."""
        self._sessions = sessions
        for pace in self._destinations.values():
            pace.divide(sessions)


def _taking(relays: Sequence[RelaySettings], domain: str) -> frozenset[int]:
    return frozenset(number for number, relay in enumerate(relays) if relay.takes(domain))


def _pace_of(settings: DestinationSettings) -> DestinationPace:
    rate = parse_rate(settings.rate)
    connections = inf if settings.connections is None else settings.connections
    return DestinationPace(rate.letters / rate.seconds if rate else inf, connections)


def _domain(delivery: Delivery) -> str:
    return delivery.address.rpartition("@")[2]
