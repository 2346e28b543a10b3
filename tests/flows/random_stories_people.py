"""Who watches the runs of the random stories: agrees to what is shown, or not, and does other things meanwhile.

What somebody agrees to is put down in a journal, a file, before the product hears of it: so it is known of a process
that is killed just after that, too.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
from live import Person
from msgspec import Struct
from random_stories_campaign import Shown, shown
from sixty_days_processes import Clock

from mass_apology.errors import MassApologyError
from mass_apology.flows.control import request
from mass_apology.ledger import Control
from mass_apology.sending.run_stats import Progress

_LONGEST = 3000  # looks at a run, after which it is stopped


class Agreed(Struct, frozen=True, kw_only=True, tag=True):
    """A person typed the right number."""

    shown: Shown  # what the letters of the wave would have said when the person was asked
    count: int
    resend: bool = False  # letters in doubt too
    override: tuple[str, ...] = ()
    arms: bool = False  # a follow-up, that goes later


class Listed(Struct, frozen=True, kw_only=True, tag=True):
    """Somebody was put on the list of suppressions, or taken off it."""

    mailbox: str
    at: float  # seconds of the machine's own clock, which no act can set
    off: bool = False


Entry = Agreed | Listed


class Journal:
    """What people said and did, in their order."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read = 0

    def write(self, entry: Entry) -> None:
        """Put it down; whoever reads next finds it."""
        descriptor = os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, msgspec.json.encode(entry) + b"\n")
        finally:
            os.close(descriptor)

    def new(self) -> list[Entry]:
        """What was put down since the last look."""
        if not self._path.exists():
            return []
        lines = self._path.read_bytes().splitlines()
        fresh, self._read = lines[self._read :], len(lines)
        return [msgspec.json.decode(line, type=Entry) for line in fresh]


class Reader(Person):
    """Looks at the plan of one wave, and answers."""

    def __init__(
        self,
        folder: Path,
        journal: Journal,
        clock: Clock,
        wave: str,
        *,
        answer: Callable[[int], str] = str,
        meanwhile: Sequence[Callable[[], object]] = (),
        later: Sequence[Callable[[], object]] = (),
        patience: int = 3,
        resend: bool = False,
        override: tuple[str, ...] = (),
        arms: bool = False,
    ) -> None:
        """``meanwhile`` is done while the number is asked for, ``later`` at the run's first looks.

        ``patience``: so many times the clock is set on while letters wait; then the run is stopped.
        """
        super().__init__()
        self._folder = folder
        self._journal = journal
        self._clock = clock
        self._wave = wave
        self._answer = answer
        self._meanwhile = meanwhile
        self._later = list(later)
        self._patience = patience
        self._resend = resend
        self._override = override
        self._arms = arms
        self._looks = 0
        self._has_stopped = False
        self._shown = shown(folder, wave)

    def plan(self, *facts: object, **named: object) -> None:
        self._shown = shown(self._folder, self._wave)

    def count(self, due: int) -> str:
        for act in self._meanwhile:
            act()
        typed = self._answer(due)
        if typed == str(due):
            self._journal.write(
                Agreed(shown=self._shown, count=due, resend=self._resend, override=self._override, arms=self._arms)
            )
        return typed

    def progress(self, progress: Progress) -> None:
        self._looks += 1
        if self._later:
            self._later.pop(0)()
        elif progress.waits_for == "resume":
            self._ask(Control.RUN)
        elif progress.waits_for and self._patience > 0:
            self._patience -= 1
            self._clock.at += 3700
        elif (progress.waits_for or self._looks > _LONGEST) and not self._has_stopped:
            self._has_stopped = True
            self._ask(Control.STOP)

    def _ask(self, wanted: Control) -> None:
        try:
            request(self._folder, wanted)
        except MassApologyError:
            self._has_stopped = False  # the ledger's file is gone: the run sees that itself
