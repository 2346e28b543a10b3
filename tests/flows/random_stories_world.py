"""The world of a random story: its folders, its relay, its people, the processes they start, and how these end."""

from __future__ import annotations

import os
import shutil
import signal
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from random import Random

from every_step import Death, killed_at_step
from forked import forked
from msgspec import Struct
from random_stories_people import Journal, Reader
from random_stories_relay import Book
from sixty_days_processes import Clock
from smtp_fakes import Relay

from mass_apology.errors import MassApologyError
from mass_apology.flows.continuity import rebuild
from mass_apology.flows.send import send
from mass_apology.workspace.workspace import Workspace

GUARDS = ("ledger-lost", "ledger-copied", "ledger-set-back")
_LAST_RUNS = 6
_HANGS = 60  # seconds


class Happened(Struct, kw_only=True):
    """What became of an act. Those who do it add what they did."""

    act: str
    did: list[str]
    death: Death | None = None
    error: MassApologyError | None = None
    fault: str = ""  # any other exception
    second_died: bool = False  # the process of the second terminal ended with a fault
    sent: bool = False  # a ``send`` returned
    due: int = 0  # letters that it left due
    settled: bool = False  # a flow that settles the traces of a crash returned
    armed: str = ""  # the wave that was armed

    def __str__(self) -> str:
        end = f"killed {self.death.place}" if self.death else f"“{self.error}”" if self.error else self.fault or "done"
        return f"{self.act} [{'; '.join(self.did)}]: {end}"


Do = Callable[["World", Random, Happened], object]


class Ledgers(Struct, frozen=True, kw_only=True):
    """A copy of the ledger's files, and which receipts it knows."""

    folder: Path
    known: frozenset[int]


class World:
    """All there is outside of the product."""

    def __init__(self, folder: Path, live: Relay, clock: Clock) -> None:
        self.base = folder
        self.folder = folder / "trial"
        self.clock = clock
        self.book = Book(live)
        self.journal = Journal(folder / "journal.jsonl")
        self.known: frozenset[int] = frozenset()  # receipts that the ledger must know
        self.kept: Ledgers | None = None  # a copy that somebody made
        self.away: Ledgers | None = None  # the ledger itself, that somebody moved away
        self.known_before: frozenset[int] = frozenset()  # the same, before the act that was done last
        self.overridden = False  # by that act: a guard against lost ledgers
        self.kills = self.refused = 0
        self._live = live
        self._names = 0

    def perform(self, name: str, do: Do, chance: Random) -> Happened:
        """Let somebody do it; whatever comes of it is told, and nothing raised."""
        happened = Happened(act=name, did=[])
        before, self.known_before, self.overridden = len(self.book.receipts), self.known, False
        try:
            do(self, chance, happened)
        except MassApologyError as error:
            happened.error = error
            self.refused += 1
        except Exception:  # what a user must never see
            happened.fault = traceback.format_exc()
        self.kills += happened.death is not None
        self._settle()
        self.known |= frozenset(range(before, len(self.book.receipts)))
        return happened

    def recover(self) -> Iterator[Happened]:
        """A healthy relay and a person who wants it done: until nothing is due any more, or a guard says no."""
        for number in range(_LAST_RUNS):
            happened = self.perform("last send", _last_send, Random(number))
            yield happened
            if happened.error is not None and any(code in str(happened.error) for code in GUARDS):
                yield self.perform("rebuild", rebuild_ledger, Random(number))
            elif happened.error is not None or not happened.due:
                return

    def new_folder(self, what: str) -> Path:
        """A place that does not exist yet."""
        self._names += 1
        return self.base / f"{what}-{self._names}"

    def _settle(self) -> None:
        """Wait until the relay has read what a process had written before it died."""
        until = time.monotonic() + _HANGS
        while self._live.sink.connections and time.monotonic() < until:
            time.sleep(0.0005)

    # Processes

    def killed(self, happened: Happened, n: int, act: Callable[[], object]) -> bool:
        """Do it in a process that is killed at its n-th durable step; whether it did all of it before."""
        told = self.new_folder("done")

        def done() -> None:
            act()
            told.mkdir()

        happened.death = killed_at_step(n, lambda: quietly(done))
        return happened.death is None and told.exists()

    def second_terminal(self, act: Callable[[], object]) -> SecondTerminal:
        """A process of somebody else, that does it when it is called."""
        return SecondTerminal(act)

    # The ledger's files

    def ledger_files(self) -> list[Path]:
        return sorted(self.folder.glob("ledger.sqlite*"))

    def copy_ledger(self) -> Ledgers:
        """As somebody does who wants to be safe."""
        place = self.new_folder("copy")
        place.mkdir()
        for path in self.ledger_files():
            shutil.copy2(path, place / path.name)
        return Ledgers(folder=place, known=self.known)

    def delete_ledger(self) -> None:
        for path in self.ledger_files():
            path.unlink()
        self.known = frozenset()

    def put_back(self, ledgers: Ledgers) -> None:
        """A copy takes the place of what is there."""
        self.delete_ledger()
        for path in ledgers.folder.iterdir():
            shutil.copy2(path, self.folder / path.name)
        self.known = ledgers.known


class SecondTerminal:
    """A process that waits for its call. It is started before the first one begins, so that they share nothing."""

    def __init__(self, act: Callable[[], object]) -> None:
        self._reading, self._calling = os.pipe()
        self._done, self._telling = os.pipe()
        self._act = act
        self._process = forked(self._serve)
        os.close(self._reading)
        os.close(self._telling)

    def call(self) -> None:
        """Let it do its act now; does not wait for its end."""
        os.write(self._calling, b"x")

    def call_and_wait(self) -> None:
        """Let it do its act now, and wait for its end."""
        self.call()
        os.read(self._done, 1)

    def end(self) -> bool:
        """Wait until it has ended; false where it ended with a fault."""
        os.close(self._calling)
        os.close(self._done)
        _, status = os.waitpid(self._process, 0)
        return status == 0

    def _serve(self) -> None:
        signal.alarm(_HANGS)  # a process that hangs ends by it, with a fault
        os.close(self._calling)
        os.close(self._done)
        if os.read(self._reading, 1):
            quietly(self._act)
        with suppress(BrokenPipeError):  # nobody waits for it
            os.write(self._telling, b"x")


def quietly(act: Callable[[], object]) -> None:
    """Do it; what a user is told in a sentence is an end like any other."""
    signal.alarm(_HANGS)
    try:
        act()
    except MassApologyError:
        pass
    finally:
        signal.alarm(0)


def _last_send(world: World, _chance: Random, happened: Happened) -> None:
    reader = Reader(world.folder, world.journal, world.clock, "first", patience=50)
    ended = send.run(Workspace.open(world.folder), send.SendOptions(skip_bad_rows=True, withhold_missing=True), reader)
    happened.sent = happened.settled = True
    happened.due = ended.due


def rebuild_ledger(world: World, _chance: Random, happened: Happened) -> None:
    log = world.folder / "log.jsonl"
    """Whoever reads the log makes the ledger know what left."""
    happened.did.append("from the log")
    rebuilt = rebuild.rebuild(Workspace.open(world.folder), log, on_progress=lambda *_: None)
    world.known = frozenset(range(len(world.book.receipts))) if rebuilt.whole else frozenset()
