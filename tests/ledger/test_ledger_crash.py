"""Crashes at any moment: no status is lost, none is invented, nobody is handed over twice."""

from __future__ import annotations

import asyncio
import random
import shutil
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from ledger_samples import (
    CAMPAIGN,
    NOON,
    bury_holder,
    held_up,
    mark,
    plan_in,
    planned_ledger,
    printed_until_killed,
    recipient,
    statuses,
    statuses_in,
)

from mass_apology.ledger import Ledger, Store
from mass_apology.ledger.sqlite import SqliteStore
from mass_apology.model import DUE, TRANSITIONS, Mark, Status

pytestmark = pytest.mark.slow

PLANNED, DEFERRED, HANDING_OVER, IN_DOUBT = Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER, Status.IN_DOUBT

MARKED = sorted({after for afters in TRANSITIONS.values() for after in afters})


class LedgerMachine(RuleBasedStateMachine):
    """Drives a ledger beside a model of it: a status for each delivery, and what this process has claimed."""

    ledger: Ledger

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="ledger-"))
        self.crashes = 0
        self.now = NOON
        self.statuses: dict[int, Status] = {}
        self.due_at: dict[int, float] = {}
        self.canary: set[int] = set()
        self.claimed: set[int] = set()  # that have no durable mark since

    # What each kind of ledger does in its own way.

    @property
    def path(self) -> Path:
        return self.folder / str(self.crashes) / "ledger.sqlite"

    @property
    def store(self) -> Store:
        return SqliteStore(self.path)

    def make_room(self) -> None:
        self.path.parent.mkdir()

    def die_with(self, marks: list[Mark]) -> None:
        """End the process while these wait for their commit: the files as they are are all that the next one finds."""
        with held_up(self.ledger):
            for each in marks:
                self.ledger.record(each)
            old = self.path.parent
            self.crashes += 1
            shutil.copytree(old, self.path.parent)
        self.ledger.__exit__()
        bury_holder(self.path)

    # What may happen.

    @initialize()
    def create(self) -> None:
        self.make_room()
        self.ledger = self.store.create(CAMPAIGN)
        self.ledger.acquire(self.now)

    @rule(letters=st.integers(0, 5), canary=st.sets(st.integers(1, 5)))
    def plan(self, letters: int, canary: set[int]) -> None:
        known = len(self.statuses)
        # Whoever is withheld has left the file: a row that came back would be a new letter.
        numbers = [n for n in range(known + letters) if self.statuses.get(n + 1) is not Status.WITHHELD]
        staged = {number + 1: place for place, number in enumerate(numbers, start=1)}
        first = {staged[known + number] for number in canary if known + number in staged}
        plan_in(self.store, self.ledger, [recipient(number) for number in numbers], canary=first)
        new = range(known + 1, known + letters + 1)
        self.statuses |= dict.fromkeys(new, PLANNED)
        self.canary |= {known + number for number in canary} & set(new)

    @rule(seconds=st.floats(0, 1000))
    def wait(self, seconds: float) -> None:
        self.now += seconds

    @rule(limit=st.integers(1, 5), canary_only=st.booleans())
    def claim(self, limit: int, canary_only: bool) -> None:
        letters = asyncio.run(self.ledger.claim(limit, self.now, canary_only=canary_only))
        free = [
            delivery for delivery in self.statuses.keys() - self.claimed if not canary_only or delivery in self.canary
        ]
        deferred = sorted(
            (self.due_at[delivery], delivery)
            for delivery in free
            if self.statuses[delivery] is DEFERRED and self.due_at[delivery] <= self.now
        )
        planned = sorted(delivery for delivery in free if self.statuses[delivery] is PLANNED)
        expected = ([delivery for _, delivery in deferred] + planned)[:limit]
        assert [letter.id for letter in letters] == expected
        self.claimed.update(expected)

    @rule()
    def next_due_at(self) -> None:
        waiting = [
            self.due_at[delivery]
            for delivery in self.statuses.keys() - self.claimed
            if self.statuses[delivery] is DEFERRED
        ]
        assert asyncio.run(self.ledger.next_due_at()) == min(waiting, default=None)

    @precondition(lambda self: self.claimed)
    @rule()
    def hand_over_all_claimed(self) -> None:
        async def hand_over() -> None:
            marks = [mark(delivery, HANDING_OVER) for delivery in sorted(self.claimed)]
            await asyncio.gather(*(self.ledger.hand_over(each) for each in marks))

        asyncio.run(hand_over())
        self.statuses |= dict.fromkeys(self.claimed, HANDING_OVER)
        self.claimed.clear()

    @rule(data=st.data())
    def record_and_flush(self, data: st.DataObject) -> None:
        async def record(marks: list[Mark]) -> None:
            for each in marks:
                self.ledger.record(each)
            await self.ledger.flush()

        marks = self.draw_marks(data)
        asyncio.run(record(marks))
        for each in marks:
            self.statuses[each.delivery] = each.status
            self.claimed.discard(each.delivery)
            if each.due_at is not None:
                self.due_at[each.delivery] = each.due_at

    @rule()
    def resend_in_doubt(self) -> None:
        doubtful = [delivery for delivery, status in self.statuses.items() if status is IN_DOUBT]
        assert self.ledger.doubts.release("first", doubtful, self.now) == len(doubtful)
        self.statuses |= dict.fromkeys(doubtful, DEFERRED)
        self.due_at |= dict.fromkeys(doubtful, self.now)

    @rule(data=st.data())
    def crash(self, data: st.DataObject) -> None:
        self.die_with(self.draw_marks(data))
        self.restart()

    def restart(self) -> None:
        self.ledger = self.store.open(CAMPAIGN)
        self.ledger.acquire(self.now)
        undecided = [delivery for delivery, status in self.statuses.items() if status is HANDING_OVER]
        assert self.ledger.recover(self.now) == len(undecided)
        self.statuses |= dict.fromkeys(undecided, IN_DOUBT)
        self.claimed.clear()

    def draw_marks(self, data: st.DataObject) -> list[Mark]:
        """Legal marks, several of one delivery among them."""
        statuses = dict(self.statuses)
        marks = []
        for _ in range(data.draw(st.integers(0, 8))):
            movable = sorted(delivery for delivery, status in statuses.items() if TRANSITIONS[status])
            if not movable:
                break
            delivery = data.draw(st.sampled_from(movable))
            after = data.draw(st.sampled_from(sorted(TRANSITIONS[statuses[delivery]])))
            due_at = self.now + data.draw(st.sampled_from([0.0, 60.0])) if after is DEFERRED else None
            marks.append(mark(delivery, after, due_at=due_at))
            statuses[delivery] = after
        return marks

    @invariant()
    def the_file_agrees(self) -> None:
        if hasattr(self, "ledger"):
            assert statuses_in(self.store) == self.statuses

    def teardown(self) -> None:
        if hasattr(self, "ledger"):
            self.ledger.__exit__()
        shutil.rmtree(self.folder)


TestLedgerMachine = LedgerMachine.TestCase
TestLedgerMachine.settings = settings(
    max_examples=60, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


_SENDER = """
import asyncio, sys, time
from pathlib import Path
from ledger_samples import CAMPAIGN, send_in_sight
from mass_apology.ledger.sqlite import SqliteLedger

ledger = SqliteLedger.open(Path(sys.argv[1]), CAMPAIGN)
ledger.acquire(time.time())
ledger.recover(time.time())
asyncio.run(send_in_sight(ledger))
"""


def test_a_sender_that_is_killed_again_and_again_writes_to_everyone_once(path: Path) -> None:
    planned_ledger(path, 3000).__exit__()
    chance = random.Random(7)
    dots: list[int] = []
    for lines in [*(chance.randrange(1, 500) for _ in range(5)), None]:
        due_before = {delivery for delivery, status in statuses(path).items() if status in DUE}
        printed = printed_until_killed(_SENDER, str(path), lines=lines)
        now_dotted = [int(delivery) for what, delivery in printed if what == "dot"]
        assert due_before.issuperset(now_dotted)  # nobody whose dot was allowed before
        found = statuses(path)
        assert all(found[int(delivery)] is Status.ACCEPTED for what, delivery in printed if what == "accepted")
        assert {found[delivery] for delivery in now_dotted} <= {Status.ACCEPTED, HANDING_OVER}
        dots += now_dotted
    assert len(dots) == len(set(dots))
    assert set(found.values()) == {Status.ACCEPTED, IN_DOUBT}
    assert found.keys() == set(range(1, 3001))
