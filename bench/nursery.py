"""Starts workers fast: ``python -m bench.nursery`` has everything imported, and forks one for each line that it reads.

A line is a JSON object, see ``Birth``; the answer is the worker's process number. A worker is a process as any other:
it runs ``mass-apology worker``, has its own session and machine, and dies of kill -9 by itself. All end with standard
input.
"""

from __future__ import annotations

import ctypes
import importlib
import os
import pkgutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import NoReturn, Self

import msgspec
from msgspec import Struct

from bench.workplace import end, environment, python
from mass_apology.system.state_folder import STATE_VARIABLE

_ROOMS = [
    f"mass_apology.{room}"
    for room in (
        *("flows.worker", "flows.send", "flows.plan", "flows.notify", "flows.continuity", "letter", "letter.markup"),
        *(
            "letter.message",
            "sending",
            "smtp",
            "ledger.in_sql",
            "ledger.postgres",
            "languages",
            "workspace",
            "guards",
            "suppression",
        ),
    )
]
_CLONE_NEWUTS = 0x04000000  # unshare(2)
_PR_SET_PDEATHSIG = 1  # prctl(2)


class Birth(Struct, frozen=True, kw_only=True):
    """A worker that is to be started."""

    folder: str
    host: str  # the name of the machine that it believes to be on; empty: this one


class Nursery:
    """Starts workers, and ends with all of them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            python("-m", "bench.nursery"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(),
            start_new_session=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        end(self._process)

    def start(self, folder: Path, host: str = "") -> int:
        """A worker of the campaign in ``folder``: its process number."""
        assert self._process.stdin is not None  # it was started with pipes; this tells mypy
        assert self._process.stdout is not None
        self._process.stdin.write(msgspec.json.encode(Birth(folder=str(folder), host=host)) + b"\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def main() -> None:
    """Read births until standard input ends."""
    from mass_apology.cli.app import run  # noqa: PLC0415 (all that a worker needs, once)

    for room in _ROOMS:
        for module in pkgutil.iter_modules(importlib.import_module(room).__path__, f"{room}."):
            with suppress(ImportError):  # of an extra that is not installed
                importlib.import_module(module.name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # who has died is no zombie, as under init
    for line in sys.stdin.buffer:
        birth = msgspec.json.decode(line, type=Birth)
        process = os.fork()
        if not process:
            _live(birth, run)
        print(process, flush=True)


def _live(birth: Birth, run: object) -> NoReturn:
    """In the new process."""
    assert callable(run)
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    if birth.host:
        _move_to(birth.host)
    folder = Path(birth.folder)
    null, said = os.open(os.devnull, os.O_RDONLY), os.open(folder / "said.txt", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for source, target in ((null, 0), (said, 1), (said, 2)):
        os.dup2(source, target)
    os.environ[STATE_VARIABLE] = str(folder / "state")
    sys.argv = ["mass-apology", "worker", "-C", birth.folder]
    code = 1
    try:
        run()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def _move_to(host: str) -> None:
    """Be on another machine, by its name; this needs root."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUTS) == 0:
        socket.sethostname(host)


if __name__ == "__main__":
    main()
