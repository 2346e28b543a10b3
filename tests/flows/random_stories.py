"""A random story of one small campaign: people send, edit, lose, copy, kill, wait and ask again, in any order.

Everything comes from one number, the seed: ``python random_stories.py SEED`` tells the story again. What an act does
depends on the seed and its own number only, so that acts can be left out to find the shortest story with a fault:
``python random_stories.py SEED --without 3,4,7``.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from live import relay
from msgspec import Struct
from random_stories_acts import ACTS, Act
from random_stories_campaign import begin
from random_stories_judge import Fault, Judge
from random_stories_relay import Troubles
from random_stories_world import World
from sixty_days_processes import Clock, hasten
from smtp_fakes import Relay

from mass_apology.sending import pacing
from mass_apology.system.state_folder import STATE_VARIABLE

BEGINS = 1_780_000_000.0
ACTS_AT_MOST = 15
LONGEST = 90.0  # seconds of one story: then it hangs


class Told(Struct, frozen=True, kw_only=True):
    """One story that was told to its end."""

    seed: int
    acts: tuple[str, ...]  # with what became of each
    faults: tuple[Fault, ...]
    letters: int  # that the relay has
    kills: int
    refused: int  # acts that ended with a sentence
    doubts: int  # letters that the relay took without a word


def acts_of(seed: int) -> list[Act]:
    """Which acts the story has, in their order."""
    chance = Random(f"story/{seed}")
    first = next(act for act in ACTS if act.name == "send")
    weights = [act.weight for act in ACTS]
    return [first, *chance.choices(ACTS, weights, k=chance.randint(5, ACTS_AT_MOST))]


@contextmanager
def stage(patch: Callable[[object, str, object], object]) -> Iterator[tuple[Relay, Clock]]:
    """A relay and a clock for any number of stories, one after the other."""
    clock = Clock(BEGINS)
    patch(time, "time", clock)
    hasten(patch)
    patch(pacing, "RELAY", pacing.Backoff(first=0.02, cap=0.05, least=0.01))
    with relay() as live:
        yield live, clock


def tell(seed: int, live: Relay, clock: Clock, folder: Path, without: Collection[int] = ()) -> Told:
    """Let it happen in the folder, which must be empty."""
    clock.at = BEGINS
    live.received.clear()
    live.verbs.clear()
    chance = Random(f"campaign/{seed}")
    os.environ[STATE_VARIABLE] = str(folder / "state")
    world = World(folder, live, clock)
    begin(world.folder, live.sink.url, chance)
    judge = Judge(world)
    said: list[str] = []
    for number, act in enumerate(acts_of(seed)):
        if number in without:
            continue
        own = Random(f"{seed}/{number}")
        world.book.troubles = _troubles(f"{seed}/{number}", own)
        happened = world.perform(act.name, act.do, own)
        said.append(f"{number} {happened}")
        judge.after(happened)
    world.book.troubles = Troubles()
    for happened in world.recover():
        said.append(f"end {happened}")
        judge.after(happened)
    judge.at_the_end(happened)
    return Told(
        seed=seed,
        acts=tuple(said),
        faults=tuple(judge.faults),
        letters=len(world.book.receipts),
        kills=world.kills,
        refused=world.refused,
        doubts=sum(not each.answered for each in world.book.receipts),
    )


def _troubles(seed: str, chance: Random) -> Troubles:
    kind = chance.random()
    if kind < 0.35:
        return Troubles(seed=seed)
    if kind < 0.55:
        return Troubles(seed=seed, dot=0.3)
    if kind < 0.65:
        return Troubles(seed=seed, dot=0.9)
    if kind < 0.75:
        return Troubles(seed=seed, rcpt=0.5)
    return Troubles(seed=seed, mail=0.05, rcpt=0.15, data=0.08, dot=0.1)


def main() -> None:
    """Tell one story, and say what is wrong with it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--without", default="", help="numbers of acts to leave out, with commas")
    found = parser.parse_args()
    without = {int(each) for each in found.without.split(",") if each}
    faulthandler.dump_traceback_later(LONGEST, exit=True)
    folder = Path(tempfile.mkdtemp())
    try:
        with stage(setattr) as (live, clock):
            told = tell(found.seed, live, clock, folder, without)
    finally:
        shutil.rmtree(folder)
    print("\n".join(told.acts))
    print("\n".join(map(str, told.faults)) or "nothing is wrong")
    sys.exit(bool(told.faults))


if __name__ == "__main__":
    main()
