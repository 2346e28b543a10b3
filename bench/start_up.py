"""How long ``--help`` takes, beside what no program with typer and rich can avoid."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Sequence

from bench.result import Bar, Options, Result, median
from bench.workplace import ROOT, environment, python

REPETITIONS = 15


def measure(_options: Options) -> Result:
    """Interleaved, after one run of each that warms the disk's cache."""
    commands = python("-m", "mass_apology", "--help"), python("-c", "import typer, rich")
    times: tuple[list[float], list[float]] = ([], [])
    for command in commands:
        _seconds(command)
    for _ in range(REPETITIONS):
        for command, taken in zip(commands, times, strict=True):
            taken.append(_seconds(command))
    ours, theirs = map(median, times)
    return Result(
        bars=(Bar(name="--help, times python -c 'import typer, rich'", figure=ours / theirs, limit=2, at_most=True),),
        notes=(f"{ours * 1000:.0f} ms and {theirs * 1000:.0f} ms, medians of {REPETITIONS}",),
    )


def _seconds(command: Sequence[str]) -> float:
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=ROOT, env=environment())
    return time.monotonic() - begin
