"""Rendered letters that wait for a connection: one queue, or one for each kind of letter that may have to wait alone.

With one relay and no limit for a destination every letter may go next, so there is one queue. Otherwise a letter that
must wait for its relay, or for its destination's pace, must not hold up the one behind it: each combination of
destination and relays has a queue of its own, and a relay takes the oldest letter that it may take now. A queue takes
a share of the places only; letters beyond it are *parked*: only their ids are kept, and they are read again later.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from math import inf
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.model import Delivery, Message

Allowed = Sequence[tuple[Delivery, float]]
"""Letters that the gate allows, each until a time (Unix seconds)."""

FEWEST = 8  # letters that any queue may hold


class ReadyLetter(Struct, frozen=True):
    """A rendered letter that the gate allows."""

    message: Message
    open_until: float  # Unix seconds: the gate allows the letter until then
    checked_at: float  # monotonic seconds: time of the gate's check
    order: int = 0  # of several queues: the lowest goes first


class Expiry(Struct, frozen=True):
    """When the gate must be asked again."""

    now: float  # Unix seconds
    oldest: float  # monotonic seconds: of a result that is still valid

    def expired(self, letter: ReadyLetter) -> bool:
        """Whether it must be asked again about this letter."""
        return letter.open_until <= self.now or letter.checked_at < self.oldest


class Destination(Protocol):
    """The pace of one destination. Times are monotonic seconds."""

    def seconds_until_start(self, now: float) -> float | None:
        """Seconds until a letter may start; ``None``: now; infinite: when another one has ended."""

    def begin(self, now: float) -> None:
        """A letter is started."""

    def end(self) -> None:
        """It has ended, whatever became of it."""

    def seconds_for(self, letters: int) -> float:
        """How long so many letters take."""


class Sorter(Protocol):
    """Says which letters must not wait for each other."""

    def relays(self, delivery: Delivery) -> frozenset[int]:
        """Which relays may take the letter, by their numbers; empty: none in this run."""

    def destination(self, delivery: Delivery) -> Destination | None:
        """What limits the letter besides its relays."""


class LetterQueue:
    """Letters that any connection may take, in one queue."""

    parked = 0

    def __init__(self) -> None:
        self._letters: deque[ReadyLetter] = deque()

    def __len__(self) -> int:
        return len(self._letters)

    def __iter__(self) -> Iterator[ReadyLetter]:
        return iter(self._letters)

    def push(self, letters: Iterable[ReadyLetter]) -> None:
        """Add letters behind the others."""
        self._letters.extend(letters)

    def push_front(self, letters: Sequence[ReadyLetter]) -> None:
        """Add letters before the others, in their order."""
        self._letters.extendleft(reversed(letters))

    def pop(self, relay: int, now: float, yields_to: frozenset[int] = frozenset()) -> ReadyLetter | None:
        """Take the next letter."""
        return self._letters.popleft() if self._letters else None

    def has_letter(self, relay: int, now: float) -> bool:
        """Whether ``pop`` would give one."""
        return bool(self._letters)

    def seconds_until(self, relay: int, now: float) -> float | None:
        """Seconds until a letter that waits may be taken by this relay; ``None`` where none does."""
        return None

    def take_expired(self, relay: int, now: float, checks: Expiry) -> list[Message]:
        """Take letters that would go next and whose result of the gate has expired."""
        expired = []
        while self._letters and checks.expired(self._letters[0]):
            expired.append(self._letters.popleft().message)
        return expired

    def admitted(self, letters: Allowed) -> Allowed:
        """Those of the claimed letters that are to be rendered now."""
        return letters

    def take_parked(self, limit: int) -> list[int]:
        """At most ``limit`` parked letters that have a place now, by their ids."""
        return []

    def ended(self, message: Message) -> bool:
        """A letter that was taken has ended; true where another one may start by that."""
        return False

    def holds_up(self, patience: float) -> bool:
        """Whether a letter is here that will not wait for ``patience`` seconds or more for its destination's pace."""
        return bool(self._letters)

    def drop(self, relay: int) -> None:
        """This relay takes nothing more in this run."""
        self._letters.clear()


class _Queue:
    """The letters of one destination that the same relays may take."""

    __slots__ = ("coming", "destination", "letters", "parked", "relays")

    def __init__(self, relays: frozenset[int], destination: Destination | None) -> None:
        self.relays = relays
        self.destination = destination
        self.letters: deque[ReadyLetter] = deque()
        self.coming = 0  # being rendered
        self.parked = ParkedLetters()

    def may_start(self, now: float) -> bool:
        return self.destination is None or self.destination.seconds_until_start(now) is None


class ParkedLetters:
    """Ids of claimed letters, eight octets each, in the order in which they came."""

    def __init__(self) -> None:
        self._ids = array("q")
        self._taken = 0  # of them, from the front

    def __len__(self) -> int:
        return len(self._ids) - self._taken

    def add(self, letter: int) -> None:
        self._ids.append(letter)

    def take(self, count: int) -> list[int]:
        """The first ``count``, or all of them."""
        taken = self._ids[self._taken : self._taken + count].tolist()
        self._taken += len(taken)
        if self._taken > len(self._ids) // 2:
            del self._ids[: self._taken]
            self._taken = 0
        return taken

    def extend(self, others: ParkedLetters) -> None:
        self._ids.extend(others.take(len(others)))


class LetterQueues:
    """Letters in several queues; the interface of ``LetterQueue``."""

    def __init__(self, sorter: Sorter, places: int, letters: Iterable[ReadyLetter] = ()) -> None:
        """``places``: letters in all queues together, about."""
        self._sorter = sorter
        self._places = places
        self._queues: dict[tuple[frozenset[int], Destination | None], _Queue] = {}
        self._next = 0
        self._front = 0
        self.push(letters)

    def __len__(self) -> int:
        return sum(len(queue.letters) for queue in self._queues.values())

    @property
    def parked(self) -> int:
        """Letters of which only the ids are kept."""
        return sum(len(queue.parked) for queue in self._queues.values())

    def push(self, letters: Iterable[ReadyLetter]) -> None:
        """Add letters behind the others; those that were tried before go first, since they have waited already."""
        again = []
        for letter in letters:
            queue = self._queue(letter.message.delivery)
            if queue is None:
                continue
            queue.coming = max(0, queue.coming - 1)
            if letter.message.delivery.attempts:
                again.append(letter)
                continue
            self._next += 1
            queue.letters.append(replace(letter, order=self._next))
        self.push_front(again)

    def push_front(self, letters: Sequence[ReadyLetter]) -> None:
        """Add letters before the others, in their order."""
        for letter in reversed(letters):
            queue = self._queue(letter.message.delivery)
            if queue is not None:
                self._front -= 1
                queue.letters.appendleft(replace(letter, order=self._front))

    def pop(self, relay: int, now: float, yields_to: frozenset[int] = frozenset()) -> ReadyLetter | None:
        """Take the oldest letter that this relay may take now, unless one of ``yields_to`` may take it as well."""
        best: _Queue | None = None
        for queue in self._queues.values():
            if not queue.letters or relay not in queue.relays or yields_to & queue.relays:
                continue
            if best is not None and best.letters[0].order < queue.letters[0].order:
                continue
            if queue.may_start(now):
                best = queue
        if best is None:
            return None
        if best.destination is not None:
            best.destination.begin(now)
        return best.letters.popleft()

    def has_letter(self, relay: int, now: float) -> bool:
        """Whether ``pop`` would give one, if this relay yields to no other."""
        return any(queue.letters and relay in queue.relays and queue.may_start(now) for queue in self._queues.values())

    def seconds_until(self, relay: int, now: float) -> float | None:
        """Seconds until a letter that waits may be taken by this relay; ``None`` where none does."""
        waits = [
            queue.destination.seconds_until_start(now) or 0.0 if queue.destination is not None else 0.0
            for queue in self._queues.values()
            if queue.letters and relay in queue.relays
        ]
        soonest = min(waits, default=inf)
        return None if soonest == inf else soonest

    def take_expired(self, relay: int, now: float, checks: Expiry) -> list[Message]:
        """Take letters that would go next and whose result of the gate has expired: of a queue that waits, none."""
        expired: list[Message] = []
        for queue in self._queues.values():
            if relay not in queue.relays or not queue.letters or not queue.may_start(now):
                continue
            most = 1 if queue.destination is not None else self._places
            while queue.letters and most and checks.expired(queue.letters[0]):
                expired.append(queue.letters.popleft().message)
                most -= 1
        return expired

    def admitted(self, letters: Allowed) -> Allowed:
        """Those of the claimed letters that are to be rendered now; the others are parked, or left to a later run."""
        return [pair for pair in letters if self._admits(pair[0])]

    def _admits(self, delivery: Delivery) -> bool:
        queue = self._queue(delivery)
        if queue is None:
            return False
        if len(queue.letters) + queue.coming >= self._limit() and not delivery.attempts:
            queue.parked.add(delivery.id)
            return False
        queue.coming += 1
        return True

    def take_parked(self, limit: int) -> list[int]:
        """At most ``limit`` parked letters that have a place now, by their ids."""
        most = self._limit()
        for queue in self._queues.values():
            room = most - len(queue.letters) - queue.coming
            if len(queue.parked) and room > most // 2:
                return queue.parked.take(min(limit, room))
        return []

    def ended(self, message: Message) -> bool:
        """A letter that was taken has ended; true where another one may start by that."""
        destination = self._sorter.destination(message.delivery)
        if destination is None:
            return False
        destination.end()
        return any(queue.letters for queue in self._queues.values() if queue.destination is destination)

    def holds_up(self, patience: float) -> bool:
        """Whether a letter is here that will not wait for ``patience`` seconds or more for its destination's pace."""
        return any(
            queue.destination is None or queue.destination.seconds_for(len(queue.letters)) < patience
            for queue in self._queues.values()
            if queue.letters
        )

    def drop(self, relay: int) -> None:
        """This relay takes nothing more in this run; letters that no other one may take stay due in the ledger."""
        queues, self._queues = self._queues, {}
        for queue in queues.values():
            relays = queue.relays - {relay}
            if not relays:
                continue
            kept = self._queues.setdefault((relays, queue.destination), _Queue(relays, queue.destination))
            kept.letters = deque(sorted((*kept.letters, *queue.letters), key=lambda letter: letter.order))
            kept.coming += queue.coming
            kept.parked.extend(queue.parked)

    def _queue(self, delivery: Delivery) -> _Queue | None:
        """The letter's queue; ``None`` where no relay may take it in this run."""
        relays = self._sorter.relays(delivery)
        if not relays:
            return None
        key = relays, self._sorter.destination(delivery)
        queue = self._queues.get(key)
        if queue is None:
            queue = self._queues[key] = _Queue(*key)
        return queue

    def _limit(self) -> int:
        """Letters that one queue may hold."""
        return max(FEWEST, self._places // max(2, len(self._queues)))
