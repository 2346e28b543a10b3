"""Random stories: what people do to a campaign in any order, told by the tests' own storyteller on all cores."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping

import msgspec
from msgspec import Struct

from bench.result import Bar, Options, Result, TrialError
from bench.workplace import ROOT, environment, python

STORIES = 2000
_TESTS = (ROOT / "tests" / "smtp", ROOT / "tests" / "flows")
_TELLER = ROOT / "tests" / "flows" / "many_random_stories.py"
_NAMES = {
    "twice": "letters that came twice",
    "suppressed reached": "letters to people who were suppressed",
    "unseen text": "letters whose text nobody agreed to",
    "without a status": "customers without a true status",
    "anything else": "tracebacks and processes that hang",
}


class Many(Struct):
    """What the tests' storyteller comes to; see tests/flows/many_random_stories.py."""

    stories: int
    acts: int
    letters: int
    kills: int
    refused: int
    doubts: int
    faults: Mapping[str, int]
    seeds: Mapping[str, list[int]]


def measure(options: Options) -> Result:
    """Tell them all; each bar counts stories."""
    count = max(20, round(STORIES * options.scale))
    words = python(str(_TELLER), str(count), str(options.seed))
    paths = os.pathsep.join(map(str, (ROOT, *_TESTS)))
    done = subprocess.run(words, stdout=subprocess.PIPE, env={**environment(), "PYTHONPATH": paths}, check=False)
    if done.returncode:
        raise TrialError("The stories could not be told; see the traceback above.")
    many = msgspec.json.decode(done.stdout, type=Many)
    return Result(
        bars=tuple(
            Bar(name=f"stories with {name}", figure=many.faults[kind], limit=0, at_most=True, unit="")
            for kind, name in _NAMES.items()
        ),
        notes=(
            f"{many.stories} stories of {many.acts} acts: {many.letters} letters, of which {many.doubts} were taken "
            f"without a word; {many.kills} processes killed, {many.refused} acts refused with a sentence",
            *(
                f"{kind}: tell it again with tests/flows/random_stories.py {seeds}"
                for kind, seeds in many.seeds.items()
            ),
        ),
    )
