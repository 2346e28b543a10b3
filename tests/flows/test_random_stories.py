"""Random stories: whatever people do, in any order, nobody gets a letter twice, by mistake, unseen, or is lost.

Two thousand of them are told by ``make stories``. The judge is shown planted wrongs, which it must see.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
from msgspec.structs import replace
from random_stories import BEGINS, acts_of, stage, tell
from random_stories_acts import ACTS
from random_stories_campaign import begin, shown
from random_stories_judge import SLACK, Judge, Kind
from random_stories_people import Agreed, Listed
from random_stories_world import Happened, World
from sixty_days_processes import Clock
from smtp_fakes import Relay
from tampered_ledger import tampered

from mass_apology.system.state_folder import STATE_VARIABLE

pytestmark = pytest.mark.slow

SEEDS = range(30)
Stage = tuple[Relay, Clock]


@pytest.fixture(scope="module")
def staged() -> Iterator[Stage]:
    with pytest.MonkeyPatch.context() as patch, stage(patch.setattr) as live_and_clock:
        yield live_and_clock


@pytest.mark.parametrize("seed", SEEDS)
def test_a_story_ends_well(staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.setenv(STATE_VARIABLE, "set by the story")  # so that it is put back
    told = tell(seed, *staged, tmp_path)
    assert told.faults == (), "\n".join(told.acts)
    assert told.acts


def test_a_story_comes_from_its_seed_alone() -> None:
    assert [act.name for act in acts_of(7)] == [act.name for act in acts_of(7)]
    assert [act.name for act in acts_of(7)] != [act.name for act in acts_of(8)]


def test_all_acts_happen() -> None:
    told = {act.name for seed in SEEDS for act in acts_of(seed)}
    assert told == {act.name for act in ACTS}


# The judge must see what is wrong


class Scene:
    """A campaign of which the first letters were sent, and its judge, who found nothing."""

    def __init__(self, folder: Path, staged: Stage) -> None:
        live, clock = staged
        clock.at = BEGINS
        self.world = World(folder, live, clock)
        begin(self.world.folder, live.sink.url, Random(1))
        self.judge = Judge(self.world)
        self.perform("send beside another terminal")
        assert self.judge.faults == []
        assert self.world.book.receipts
        self.first = self.world.book.receipts[0]

    def perform(self, name: str) -> None:
        act = next(act for act in ACTS if act.name == name)
        self.judge.after(self.world.perform(name, act.do, Random(2)))

    def nothing_happens(self, **facts: object) -> set[Kind]:
        """Let the judge look again."""
        self.judge.after(Happened(act="nothing", did=[], **facts))
        return {fault.kind for fault in self.judge.faults}

    def arrives_again(self, **changes: object) -> None:
        self.world.book.receipts.append(replace(self.first, **changes))

    def agree(self, **changes: object) -> None:
        self.world.journal.write(Agreed(shown=shown(self.world.folder, "first"), count=1, **changes))


@pytest.fixture
def scene(staged: Stage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path / "state"))
    assert os.environ[STATE_VARIABLE]
    return Scene(tmp_path, staged)


def test_a_letter_that_comes_again_is_seen(scene: Scene) -> None:
    scene.agree()
    scene.arrives_again()
    assert scene.nothing_happens() == {Kind.TWICE}


def test_a_letter_in_doubt_that_was_let_go_again_may_come_again_and_one_that_was_answered_may_not(scene: Scene) -> None:
    scene.agree(resend=True)
    scene.arrives_again()
    assert scene.nothing_happens() == {Kind.TWICE}
    scene.judge.faults.clear()
    scene.agree(resend=True)
    scene.arrives_again()  # the one before was answered by nobody
    scene.nothing_happens()
    assert [fault for fault in scene.judge.faults if fault.kind is Kind.TWICE] == []


def test_a_letter_to_somebody_suppressed_is_seen(scene: Scene) -> None:
    scene.world.journal.write(Listed(mailbox=scene.first.mailbox, at=BEGINS))
    assert scene.nothing_happens() == set()
    scene.agree()
    scene.arrives_again(wave="first")
    assert Kind.SUPPRESSED in scene.nothing_happens()


@pytest.mark.parametrize("after", [SLACK / 2, SLACK * 2])
def test_some_time_after_somebody_phoned_is_too_late_for_a_letter(scene: Scene, after: float) -> None:
    scene.world.journal.write(Listed(mailbox=scene.first.mailbox, at=BEGINS))
    scene.agree()
    scene.arrives_again(asked_at=BEGINS + after)
    assert (Kind.SUPPRESSED in scene.nothing_happens()) == (after > SLACK)


@pytest.mark.parametrize("changes", [{"words": "W99"}, {"fact": "F99"}, {"minutes": "9999"}])
def test_a_text_that_nobody_agreed_to_is_seen(scene: Scene, changes: dict[str, str]) -> None:
    scene.agree()
    scene.arrives_again(**changes)
    assert Kind.UNSEEN in scene.nothing_happens()


def test_a_letter_that_nobody_agreed_to_is_seen(scene: Scene) -> None:
    scene.arrives_again()
    assert Kind.UNSEEN in scene.nothing_happens()


def test_a_follow_up_goes_by_what_was_armed_only(scene: Scene) -> None:
    scene.world.journal.write(Agreed(shown=shown(scene.world.folder, "one"), count=9, arms=True))
    assert scene.nothing_happens() == set()  # nobody said that it was armed in the end
    scene.arrives_again(wave="one")
    assert Kind.UNSEEN in scene.nothing_happens()


LIES = (
    "UPDATE delivery SET status = 'PLANNED' WHERE id = (SELECT min(id) FROM delivery WHERE status = 'ACCEPTED')",
    "UPDATE delivery SET status = 'HANDING_OVER' WHERE id = (SELECT min(id) FROM delivery)",
    "UPDATE delivery SET status = 'SENT' WHERE id = (SELECT min(id) FROM delivery)",
    "UPDATE delivery SET wave = 'two' WHERE id = (SELECT min(id) FROM delivery WHERE status = 'ACCEPTED')",
    "DELETE FROM delivery",
)


@pytest.mark.parametrize("statement", LIES)
def test_a_ledger_that_says_something_else_is_seen(scene: Scene, statement: str) -> None:
    with tampered(scene.world.folder / "ledger.sqlite") as connection:
        connection.execute(statement)
    assert scene.nothing_happens(sent=True) == {Kind.STATUS}


def test_a_traceback_is_seen(scene: Scene) -> None:
    assert scene.nothing_happens(fault="Traceback") == {Kind.OTHER}
    scene.judge.faults.clear()
    assert scene.nothing_happens(second_died=True) == {Kind.OTHER}


def test_letters_that_are_due_at_the_end_are_seen(scene: Scene) -> None:
    scene.judge.at_the_end(Happened(act="last send", did=[], sent=True, due=2))
    assert [fault.kind for fault in scene.judge.faults] == [Kind.STATUS]
