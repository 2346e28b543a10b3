"""Many random stories on all cores: ``python many_random_stories.py COUNT FIRST_SEED`` prints what they come to (JSON).

Each process tells its share one after the other. One that hangs is ended with a traceback, and counts as a fault.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from random_stories import LONGEST, Told, stage, tell
from random_stories_judge import Fault, Kind

_MEMORY = Path("/dev/shm")  # noqa: S108 (a folder of our own is made in it)


class Many(Struct, frozen=True, kw_only=True):
    """What any number of stories came to."""

    stories: int
    acts: int
    letters: int
    kills: int
    refused: int  # acts that ended with a sentence
    doubts: int  # letters that the relay took without a word
    faults: dict[str, int]  # by kind: stories with one
    seeds: dict[str, list[int]]  # by kind: of these stories


def told_by_many(seeds: Sequence[int], processes: int) -> Iterator[Told]:
    """All of them, in no order."""
    with tempfile.TemporaryDirectory(dir=_MEMORY if _MEMORY.is_dir() else None) as folder:
        shares = [_Share(seeds[number::processes], Path(folder) / str(number)) for number in range(processes)]
        for share in shares:
            share.start()
        while shares:
            for share in list(shares):
                told = share.next()
                if told is None:
                    shares.remove(share)
                else:
                    yield told


class _Share:
    """The stories of one process after the other: where one hangs, the next begins behind it."""

    def __init__(self, seeds: Sequence[int], folder: Path) -> None:
        self._seeds = list(seeds)
        self._folder = folder

    def start(self) -> None:
        reading, writing = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # Python 3.12 warns of threads; there are none yet
            self._process = os.fork()
        if not self._process:
            os.close(reading)
            _tell(self._seeds, self._folder, writing)
        os.close(writing)
        self._reading = os.fdopen(reading, "rb")

    def next(self) -> Told | None:
        """The next story that was told; ``None`` where there is no more."""
        if not self._seeds:
            os.waitpid(self._process, 0)
            return None
        seed = self._seeds.pop(0)
        line = self._reading.readline()
        if line:
            return msgspec.json.decode(line, type=Told)
        os.waitpid(self._process, 0)
        fault = Fault(kind=Kind.OTHER, act="?", what="the process ended, or hung; its traceback is on standard error")
        if self._seeds:
            self.start()
        return Told(seed=seed, acts=(), faults=(fault,), letters=0, kills=0, refused=0, doubts=0)


def _tell(seeds: Sequence[int], folder: Path, writing: int) -> None:
    """In a process of its own."""
    try:
        with stage(setattr) as (live, clock):
            for seed in seeds:
                faulthandler.dump_traceback_later(LONGEST, exit=True)
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True)
                os.write(writing, msgspec.json.encode(tell(seed, live, clock, folder)) + b"\n")
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(1)
    os._exit(0)


def together(stories: Iterator[Told]) -> Many:
    """Counts them; what is wrong with one is printed on standard error at once."""
    totals: Counter[str] = Counter()
    seeds: dict[str, list[int]] = {kind.value: [] for kind in Kind}
    for told in stories:
        totals.update(
            stories=1,
            acts=len(told.acts),
            letters=told.letters,
            kills=told.kills,
            refused=told.refused,
            doubts=told.doubts,
        )
        for kind in {fault.kind for fault in told.faults}:
            seeds[kind.value].append(told.seed)
        if told.faults:
            print(f"seed {told.seed}:", *told.acts, *told.faults, sep="\n  ", file=sys.stderr, flush=True)
    names = ("stories", "acts", "letters", "kills", "refused", "doubts")
    return Many(
        **{name: totals[name] for name in names},
        faults={kind: len(found) for kind, found in seeds.items()},
        seeds={kind: found for kind, found in seeds.items() if found},
    )


def main() -> None:
    """For the bench, and for whoever has the time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("count", type=int)
    parser.add_argument("first", type=int)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    found = parser.parse_args()
    many = together(told_by_many(range(found.first, found.first + found.count), found.processes))
    print(msgspec.json.encode(many).decode())


if __name__ == "__main__":
    main()
