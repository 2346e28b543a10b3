"""Files of strangers, and operators' own, against the commands: each gets a sentence, soon; none breaks a command.

Every command runs in a process of its own, forked from one that has the modules loaded: starting Python 1,400 times
would measure that. ``run(hostile, folder, command)`` is what the tests use, too.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import signal
import sys
import time
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from msgspec import Struct

from bench import hostile_operators
from bench.hostile_operators import OperatorsFile, operators_files
from bench.hostile_text import Hostile, no_files, text_files
from bench.hostile_workbooks import parquet_files, workbook_files
from bench.result import Bar, Options, Result, TrialError
from bench.workplace import scratch

COMMANDS = ("check", "init", "preview")
OPERATORS_COMMANDS = ("check", "preview", "templates", "schedule", "send")
LONGEST = 60  # seconds after which a command is ended: it hangs
_CAMPAIGN = """\
name = "hostile"
template = "note"
recipients = {file}
[sender]
from = "Anna Kowalska <anna@acme.example>"
[relay]
url = "smtp+plain://127.0.0.1:25"
"""
_LETTER = "Subject: What happened\n\n{{ salutation }},\n\nWe were down.\n"


_File = TypeVar("_File", Hostile, OperatorsFile)


class Outcome(Struct, frozen=True, kw_only=True):
    """What a command did with a file."""

    file: str
    command: str
    code: int  # the exit code, or minus the signal that ended it
    seconds: float  # until it ended, whatever else the machine did
    cpu_seconds: float  # of it and of the processes it started
    said: str  # on standard output and standard error

    @property
    def fault(self) -> str:
        """What must not be, or nothing."""
        if self.code == -signal.SIGALRM:
            return "hangs"
        if self.code < 0:
            return f"aborted by {signal.Signals(-self.code).name}"
        if "Traceback" in self.said:
            return "a traceback"
        if "has a fault" in self.said:
            return "a fault of ours"
        return "" if self.code in {0, 1} else f"exit code {self.code}"


def customers_files() -> list[Hostile]:
    """All of them, the same ones every time."""
    return [*text_files(), *no_files(), *workbook_files(), *parquet_files()]


def load_modules() -> None:
    """Import what the commands import when they run, so that a fork has it."""
    for package in ("mass_apology.flows", "mass_apology.letter", "mass_apology.recipients", "mass_apology.cli"):
        for found in pkgutil.walk_packages(importlib.import_module(package).__path__, f"{package}."):
            if not found.name.endswith("worker"):
                importlib.import_module(found.name)
    for name in ("pandas", "charset_normalizer", "rich.console"):
        importlib.import_module(name)


def make(hostile: Hostile, folder: Path) -> None:
    """A campaign whose customers are in that file."""
    (folder / "templates" / "note").mkdir(parents=True)
    (folder / "templates" / "note" / "en.md").write_text(_LETTER)
    (folder / "campaign.toml").write_text(_CAMPAIGN.format(file=f'"{hostile.name}"'))
    hostile.write(folder / hostile.name)


def run(hostile: Hostile | OperatorsFile, folder: Path, command: str) -> Outcome:
    """One command on a campaign that was made."""
    words = {
        "check": ["check", "--offline"],
        "init": ["init", "begun", "--template", "service-outage", "--recipients", hostile.name],
        "preview": ["preview", "--to", "preview.html", "--force"],
        "templates": ["templates", "test"],
        "schedule": ["schedule", "--print", "systemd"],
        "send": ["send", "--confirm", "999"],  # one that nobody is asked: it plans, and refuses
    }[command]
    output = folder / f"{command}.txt"
    begin = time.monotonic()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of threads: none of them is needed in the new process
        process = os.fork()
    if not process:
        _act(folder, output, words)
    _, status, used = os.wait4(process, 0)
    code = os.waitstatus_to_exitcode(status)
    seconds = time.monotonic() - begin
    said = output.read_text(encoding="utf-8", errors="replace")
    cpu = used.ru_utime + used.ru_stime
    return Outcome(file=hostile.name, command=command, code=code, seconds=seconds, cpu_seconds=cpu, said=said)


def _act(folder: Path, output: Path, words: list[str]) -> None:
    """In the new process: become the command, and never return."""
    code = 99
    try:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)  # a test's time limit is not ours
        signal.alarm(LONGEST)
        os.chdir(folder)
        os.environ["MASS_APOLOGY_STATE"] = str(folder / "state")
        nothing, said = os.open(os.devnull, os.O_RDONLY), os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(nothing, 0)
        os.dup2(said, 1)
        os.dup2(said, 2)
        sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w")  # noqa: SIM115 (descriptors)
        sys.argv = ["mass-apology", *words]
        from mass_apology.cli.app import run as command  # noqa: PLC0415 (a test's process has its own)

        command()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException as error:  # it is the outcome
        os.write(2, f"Traceback: {error!r}".encode())
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def measure(options: Options) -> Result:
    """Faults and the slowest command, over all files; with ``--scale`` every so-manieth file."""
    load_modules()
    outcomes = list(_outcomes(max(1, round(1 / options.scale)), options.files))
    if not outcomes:
        raise TrialError(f"There is no hostile file {', '.join(options.files)}.")
    faulty = [each for each in outcomes if each.fault]
    slow = sorted(outcomes, key=lambda each: each.seconds, reverse=True)
    files = len({each.file for each in outcomes})
    kinds = Counter(each.fault for each in faulty)
    return Result(
        bars=(
            Bar(name="customers' and operators' files that nobody would wish", figure=files, limit=400, unit=""),
            Bar(name="their faults", figure=len(faulty), limit=0, unit="", at_most=True),
            Bar(name="the slowest command", figure=slow[0].seconds, limit=2, unit="s", at_most=True),
        ),
        notes=(
            f"{len(outcomes)} commands: {', '.join(dict.fromkeys(COMMANDS + OPERATORS_COMMANDS))}",
            "faults: tracebacks, aborts, hangs, those we admit",
            *(f"{count} times {kind}" for kind, count in kinds.items()),
            *(f"{each.command} {each.file}: {each.fault}" for each in faulty[:20]),
            *(
                f"{each.command} {each.file}: {each.seconds:.2f} s, {each.cpu_seconds:.2f} s of a core"
                for each in slow[:5]
            ),
        ),
    )


def _outcomes(every: int, only: Sequence[str]) -> Iterator[Outcome]:
    for hostile in _chosen(customers_files()[::every], only):
        with scratch("hostile") as folder:
            make(hostile, folder)
            for command in COMMANDS:
                yield run(hostile, folder, command)
    for own in _chosen(operators_files()[::every], only):
        with scratch("hostile") as folder:
            hostile_operators.make(own, folder)
            for command in OPERATORS_COMMANDS:
                yield run(own, folder, command)


def _chosen(files: Iterable[_File], only: Sequence[str]) -> list[_File]:
    return [each for each in files if not only or Path(each.name).stem in only]
