"""What a command must do with a stranger's file."""

from __future__ import annotations

from pathlib import Path

from bench import hostile
from bench.hostile import Hostile

_SEEDS = 6  # of each kind of file that is changed at random; the bench tries all


def tried(files: list[Hostile]) -> list[Hostile]:
    """Those that the tests try."""
    return [each for each in files if not each.name.startswith("mutated-") or _seed(each.name) < _SEEDS]


def _seed(name: str) -> int:
    return int(name.removeprefix("mutated-").partition(".")[0])


def gets_a_sentence(file: Hostile, folder: Path, *commands: str) -> None:
    """Each of the commands ends by itself, as it should, and says which file it does not like."""
    hostile.load_modules()
    hostile.make(file, folder)
    for command in commands:
        outcome = hostile.run(file, folder, command)
        assert outcome.fault == "", outcome.said
        assert outcome.code == 0 or file.name in outcome.said, outcome.said
        assert len(outcome.said) < 20_000, "nobody reads that much"
        assert outcome.said.isprintable() or not set(outcome.said) & set("\0\x07\x1b\u202e"), outcome.said
