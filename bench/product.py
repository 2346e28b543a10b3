"""mass-apology as a user runs it: a command, its exit code, and what it printed."""

from __future__ import annotations

import json
import re
import resource
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path

from msgspec import Struct

from bench.process_tree import MemoryWatch
from bench.result import TrialError
from bench.workplace import ROOT, end, environment, python

_LONGEST = 1200.0  # seconds for one command; a million letters take a third of it
_RATE = re.compile(r", (\d+) a second")


class Run(Struct, frozen=True, kw_only=True):
    """One command that has ended."""

    code: int
    output: str
    errors: str
    seconds: float  # of the wall clock, from the start of the process to its end
    cpu_seconds: float  # of the process and of all that it waited for
    peak_sum: float = 0.0  # MiB of PSS of the process tree, where it was watched
    peak_rss: float = 0.0  # MiB of the largest process, where it was watched

    def expect(self, code: int = 0) -> Run:
        """Itself; raises ``TrialError`` where the command ended otherwise."""
        if self.code != code:
            said = (self.errors or self.output).strip()[-2000:]
            raise TrialError(f"mass-apology ended with exit code {self.code} instead of {code}. It said:\n{said}")
        return self

    @property
    def printed_rate(self) -> float:
        """Accepted letters a second of the sending part, as ``send`` prints it."""
        match = _RATE.search(self.output)
        if match is None:
            raise TrialError(f"send printed no rate:\n{self.output}")
        return float(match[1])


def command(name: str, folder: Path, *arguments: str) -> list[str]:
    """The command line of ``mass-apology NAME``."""
    return python("-m", "mass_apology", name, "-C", str(folder), *arguments)


@contextmanager
def started(name: str, folder: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """The command while it runs; its output goes to ``output.txt`` and ``errors.txt`` of the folder."""
    with (folder / "output.txt").open("wb") as output, (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(
            command(name, folder, *arguments),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            cwd=ROOT,
            env={**environment(), "MASS_APOLOGY_STATE": str(folder / "state")},  # one bench's file is no other's
            start_new_session=True,
        )
        try:
            yield process
        finally:
            end(process)


def run(name: str, folder: Path, *arguments: str, watch: bool = False) -> Run:
    """Run a command to its end; ``watch`` measures the memory of its process tree."""
    cpu, begin = _children_cpu(), time.monotonic()
    with started(name, folder, *arguments) as process:
        memory = MemoryWatch(process.pid) if watch else None
        with memory or nullcontext():
            code = _code(process)
        seconds = time.monotonic() - begin
    return Run(
        code=code,
        output=(folder / "output.txt").read_text(),
        errors=(folder / "errors.txt").read_text(),
        seconds=seconds,
        cpu_seconds=_children_cpu() - cpu,
        peak_sum=memory.peak_sum if memory else 0.0,
        peak_rss=memory.largest if memory else 0.0,
    )


def _code(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(_LONGEST)
    except subprocess.TimeoutExpired as error:
        raise TrialError(f"{' '.join(map(str, error.cmd))} did not end in {_LONGEST:.0f} s.") from error


def _children_cpu() -> float:
    """CPU seconds of all children that were waited for; sinks still running do not count."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def send_all(folder: Path, letters: int, *, watch: bool = False) -> Run:
    """Plan and send a fresh campaign; raises ``TrialError`` unless every letter is ACCEPTED afterwards."""
    sent = run("send", folder, "--confirm", str(letters), watch=watch).expect()
    counts: dict[str, int] = json.loads(run("status", folder, "--json").expect().output)["counts"]
    if counts.pop("ACCEPTED") != letters or any(counts.values()):
        raise TrialError(f"Of {letters} letters not all are ACCEPTED; the others: {counts}.")
    return sent
