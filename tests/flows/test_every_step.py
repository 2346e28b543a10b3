"""Every flow, killed just before and just after each of its durable steps, and done again: nobody twice, nobody lost.

The same at every moment there is, and not only at those that differ for the next process, is measured by
``python -m bench following``.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest
from every_step import DOT, Death, durable, killed_at_step
from every_step_judge import NOTHING, wrong, wrong_at_once
from every_step_story import ACTS, Act, Stage, Story, keep, restore
from live import relay
from sixty_days import BEGINS
from sixty_days_processes import Clock, hasten
from tampered_ledger import tampered

from mass_apology.system.state_folder import STATE_VARIABLE

pytestmark = pytest.mark.slow

THOROUGH = "MASS_APOLOGY_EVERY_STEP"
"""The environment variable that lets processes die at all moments; see ``every_step.Steps``."""

SENDS = {"send", "send with a grown file", "follow-up", "correct", "the second follow-up", "send after it"}


class Life:
    """The story once without a crash, with a copy of all there was before each act."""

    def __init__(self, folder: Path, story: Story) -> None:
        self.story = story
        self.stages: list[Stage] = []
        self.expected = [NOTHING]
        story.begin()
        for number, act in enumerate(ACTS):
            story.clock.at += act.after
            self.stages.append(keep(story, folder / str(number)))
            act.do(story)
            self.expected.append(self.expected[-1].after(act))
            assert wrong(story, self.expected[-1], None) == [], act.name

    def killed(self, number: int, n: int) -> tuple[Death | None, list[str]]:
        """An act, killed at its n-th moment and done again: where it died, and what is wrong then."""
        act, story = ACTS[number], self.story
        restore(story, self.stages[number])
        death = killed_at_step(n, lambda: act.do(story), thorough=THOROUGH in os.environ)
        story.settle()
        if death is None:
            return None, wrong(story, self.expected[number + 1], None)
        at_once = wrong_at_once(story)
        (act.again or act.do)(story)
        return death, at_once + wrong(story, self.expected[number + 1], death)


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Life]:
    folder = tmp_path_factory.mktemp("life")
    with pytest.MonkeyPatch.context() as patch, relay() as live:
        clock = Clock(BEGINS)
        patch.setenv(STATE_VARIABLE, str(folder / "now" / "state"))
        patch.setattr(time, "time", clock)
        hasten(patch.setattr)
        (folder / "now").mkdir()
        yield Life(folder, Story(folder / "now" / "trial", live, clock))


@pytest.fixture
def story(life: Life, monkeypatch: pytest.MonkeyPatch) -> Story:
    monkeypatch.setenv(STATE_VARIABLE, str(life.story.state))
    return life.story


@pytest.mark.timeout(600)
@pytest.mark.usefixtures("story")
@pytest.mark.parametrize(("number", "act"), list(enumerate(ACTS)), ids=[act.name for act in ACTS])
def test_killed_at_every_step_and_done_again(life: Life, number: int, act: Act) -> None:
    places: list[str] = []
    faults: list[str] = []
    for n in count(1):
        death, found = life.killed(number, n)
        faults += [f"{death.place if death else 'at no step'}: {each}" for each in found]
        if death is None:
            break
        places.append(death.place)
    assert faults == []
    assert (f"before {DOT}" in places) >= (act.name in SENDS)
    assert len(places) > (12 if act.name in SENDS else 1)


# What judges must see what is wrong


TAMPERED = {
    "UPDATE delivery SET status = 'PLANNED' WHERE id = 1": "('first', 0) is PLANNED, and should be ACCEPTED",
    "UPDATE delivery SET status = 'IN_DOUBT' WHERE id = 2": "('first', 1) is IN_DOUBT, and should be ACCEPTED",
    "UPDATE delivery SET wave = 'one' WHERE id = 3": "('one', 2) is ACCEPTED, and should be nothing",
    "DELETE FROM delivery WHERE id = 4": "('first', 3) is nothing, and should be ACCEPTED",
    "UPDATE delivery SET message_id = '<x@y>' WHERE id = 5": "('first', 4) has another Message-ID at the relay",
    "UPDATE lock SET host = 'x'": "who holds it: [('x',)], and not [(None,)]",
    "INSERT INTO armed VALUES ('one', 0, '', 3, '')": "what was agreed to: {'one': 3}, and not {}",
    "DELETE FROM note": "of 1 confirmed plans 0 are noted",
}


@pytest.mark.parametrize(("statement", "expected"), list(TAMPERED.items()))
def test_a_ledger_that_is_not_as_it_should_be_is_seen(life: Life, story: Story, statement: str, expected: str) -> None:
    restore(story, life.stages[1])
    assert wrong(story, life.expected[1], None) == []
    with tampered(story.folder / "ledger.sqlite") as connection:
        connection.execute(statement)
    assert expected in wrong(story, life.expected[1], None)


def test_a_letter_that_came_twice_or_without_a_mark_is_seen(life: Life, story: Story) -> None:
    restore(story, life.stages[1])
    story.rewind([*story.received, story.received[0]], story.dots)
    assert wrong(story, life.expected[1], Death(place="")) == ["('first', 0) is ACCEPTED, and arrived 2 times"]
    with tampered(story.folder / "ledger.sqlite") as connection:
        connection.execute("UPDATE delivery SET status = 'DEFERRED' WHERE id = 1")
    assert wrong_at_once(story) == ["('first', 0) has arrived and is DEFERRED"]


def test_a_doubt_needs_a_dot_or_a_death_just_before_it(life: Life, story: Story) -> None:
    restore(story, life.stages[1])
    with tampered(story.folder / "ledger.sqlite") as connection:
        connection.execute("UPDATE delivery SET status = 'IN_DOUBT' WHERE status = 'REFUSED'")
    assert wrong(story, life.expected[1], Death(place=f"before {DOT}")) == []
    said = ["('first', 7) is IN_DOUBT, and arrived 0 times"]
    assert wrong(story, life.expected[1], Death(place="after COMMIT of ledger.sqlite")) == said


@pytest.mark.parametrize(
    ("sql", "in_transaction", "word"),
    [
        ("COMMIT", True, "COMMIT"),
        ("-- why\nVACUUM;\n", False, "VACUUM"),
        ("PRAGMA wal_checkpoint(TRUNCATE)", False, "PRAGMA"),
        ("UPDATE delivery SET x = 1", False, "UPDATE"),
        ("UPDATE delivery SET x = 1", True, ""),
        ("INSERT INTO mark\nSELECT * FROM held", False, "a mark"),
        ("WITH RECURSIVE n (x) AS (SELECT 1)\nSELECT x FROM n", False, ""),
        ("DELETE FROM held", False, ""),
        ("SELECT 1", False, ""),
        ("BEGIN IMMEDIATE", False, ""),
    ],
)
def test_what_is_durable(sql: str, in_transaction: bool, word: str) -> None:
    assert durable(sql, in_transaction=in_transaction) == word
