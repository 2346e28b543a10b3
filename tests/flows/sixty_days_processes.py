"""Processes of the sixty days: the clock that they share, who watches them, and where they die."""

from __future__ import annotations

import inspect
import mmap
import os
import signal
import struct
from collections.abc import Callable
from pathlib import Path

from forked import forked
from live import Person
from msgspec import Struct

from mass_apology.flows.control import request
from mass_apology.flows.send import sending_run as sending
from mass_apology.ledger import Control
from mass_apology.sending import outbox
from mass_apology.sending.run_stats import Progress

LOOK = 600.0  # seconds between two looks of a person
_TIME = struct.Struct("d")


class Clock:
    """The time that all of the program sees, and every process that is forked from it."""

    def __init__(self, at: float) -> None:
        self._shared = mmap.mmap(-1, _TIME.size)
        self.at = at

    def __call__(self) -> float:
        return self.at

    @property
    def at(self) -> float:
        """Unix seconds."""
        return float(_TIME.unpack_from(self._shared)[0])

    @at.setter
    def at(self, seconds: float) -> None:
        _TIME.pack_into(self._shared, 0, seconds)


class Step(Struct, frozen=True):
    """Where a process dies: before or after the n-th call of something."""

    owner: object
    name: str
    after: bool
    n: int = 1

    def __str__(self) -> str:
        return f"{'after' if self.after else 'before'} {getattr(self.owner, '__name__', '')}.{self.name}"


class Watcher(Person):
    """While letters are deferred, lets the time go by, or stops the run."""

    def __init__(self, folder: Path, clock: Clock, *, patient: bool) -> None:
        super().__init__()
        self.has_stopped_it = False
        self._folder = folder
        self._clock = clock
        self._patient = patient

    def progress(self, progress: Progress) -> None:
        if not progress.waits_for.startswith("deferred"):
            return
        if self._patient:
            self._clock.at += LOOK
        elif not self.has_stopped_it:
            self.has_stopped_it = True
            request(self._folder, Control.STOP)


def hasten(patch: Callable[[object, str, object], None]) -> None:
    """Let a run look at its clock often: here an hour passes in a moment."""
    patch(outbox, "LONGEST_SLEEP", 0.003)
    patch(outbox, "RESULT_LIFETIME", 0.02)
    patch(sending, "TICK", 0.003)


def killed_at(step: Step, act: Callable[[], object]) -> bool:
    """Do it in a process that is killed at the step; false where it never came to it."""

    def armed() -> None:
        _arm(step)
        act()

    process = forked(armed)
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _arm(step: Step) -> None:
    whole, calls = getattr(step.owner, step.name), [0]

    def dies(*, after: bool) -> None:
        calls[0] += not after
        if after == step.after and calls[0] == step.n:
            os.kill(os.getpid(), signal.SIGKILL)

    def plain(*args: object, **named: object) -> object:
        dies(after=False)
        answer = whole(*args, **named)
        dies(after=True)
        return answer

    async def awaited(*args: object, **named: object) -> object:
        dies(after=False)
        answer = await whole(*args, **named)
        dies(after=True)
        return answer

    setattr(step.owner, step.name, awaited if inspect.iscoroutinefunction(whole) else plain)
