"""The ledger of one campaign, open for writing: once-only bookkeeping that survives a crash at any moment."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from sqlite3 import Connection
from typing import Self, TypeVar

import msgspec

from mass_apology.errors import LedgerLocked
from mass_apology.ledger.sqlite import (
    claims,
    database,
    lock,
    marks,
    waiting_feedback,
)
from mass_apology.ledger.sqlite.claims import Claims
from mass_apology.ledger.sqlite.on_disk import (
    OpenedFile,
    is_whole,
    overwritten,
    save,
    set_wal_aside,
)
from mass_apology.ledger.sqlite.sqlite_records import Records
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.sqlite.write_lock import WriteLock
from mass_apology.ledger.sqlite.writer import Writer
from mass_apology.model import FIRST_WAVE, Delivery, Mark
from mass_apology.quantities import counted, were

T = TypeVar("T")

_QUERIES = statements("queries.sql")


class Ledger(Records):
    """Reads as ``Records`` does, and writes under the campaign's lock: ``acquire`` it first, then ``recover``.

    Methods that a running sender awaits do not block its event loop; the others are for before and after. Once a commit
    has failed, every method that writes raises that ``LedgerError``.
    """

    def __init__(
        self, path: Path, name: str, reader: Connection, connection: Connection, write_lock: WriteLock
    ) -> None:
        super().__init__(path, name, reader)
        self._file = OpenedFile(path)
        self._claims: dict[str, Claims] = {}
        self._hear_claim: Callable[[Sequence[Delivery]], None] = lambda _: None
        self._hear_marks: list[Callable[[Sequence[Mark]], None]] = []
        self._write_lock = write_lock
        self._writer = Writer(connection, path, write_lock, self._marked)

    @classmethod
    def create(cls, path: Path, name: str) -> Self:
        """Make the ledger of the campaign ``name`` and open it. Raises ``LedgerError`` if there is one already."""
        with closing(WriteLock(path)) as write_lock, write_lock.held():
            database.create(path, name, time.time())
        return cls.open(path, name)

    @classmethod
    def open(cls, path: Path, name: str) -> Self:
        """The ledger of the campaign ``name``. Raises ``LedgerError`` if it is missing, damaged, newer or another's."""
        database.require_ledger(path)
        with ExitStack() as opened:
            write_lock = opened.enter_context(closing(WriteLock(path)))
            with write_lock.held(), ExitStack() as connected:
                connection = connected.enter_context(closing(database.open_writing(path, name)))
                reader = connected.enter_context(closing(database.open_reading(path, name)))
                with database.explained(path):
                    marks.prepare(connection)
                    Claims.prepare(connection)
                connected.pop_all()
            opened.pop_all()
        return cls(path, name, reader, connection, write_lock)

    def on_durable(self, hear: Callable[[Sequence[Mark]], None]) -> None:
        """``hear`` of each group of marks, in the writer's thread, before anybody who waits for one goes on."""
        self._hear_marks.append(hear)

    def on_claim(self, hear: Callable[[Sequence[Delivery]], None]) -> None:
        """``hear`` of each batch of letters before whoever claims it gets it, in place of who heard of them before."""
        self._hear_claim = hear

    # Before sending

    def acquire(self, now: float) -> None:
        """Take the campaign's lock. Raises ``LedgerLocked`` with host and pid while a living process holds it."""
        self.write(lambda connection: lock.acquire(connection, now))

    def release(self) -> None:
        """Give the lock back."""
        self.write(lock.release)

    def recover(self, now: float) -> int:
        """After a crash: letters whose hand-over has no recorded reply become IN_DOUBT. How many."""
        return self.write(lambda connection: _recover(connection, now))

    def recover_unless_held(self, now: float) -> bool:
        """As ``recover``, without the lock: for a process that works beside senders. False, and nothing is done, where
        one lives: what is HANDING_OVER is its own."""
        return self.write(lambda connection: _recover_unless_held(connection, now))

    def in_doubt(self, wave: str, letters: Iterable[int]) -> list[Delivery]:
        """Those of these letters of the wave that are in doubt, as they would be claimed."""
        return self.write(lambda connection: claims.in_doubt(connection, wave, letters))

    def release_in_doubt(self, wave: str, letters: Collection[int], now: float) -> int:
        """A person's word that these letters in doubt may go again, with the same Message-ID: due now, noted. How many.

        Letters that are not in doubt any more, or of another wave, stay as they are.
        """
        return self.write(lambda connection: _release(connection, wave, letters, now))

    def note(self, now: float, what: str) -> None:
        """Keep something that somebody may ask about later; see ``notes``."""
        self.write(lambda connection: _note(connection, now, what))

    def write(self, act: Callable[[Connection], T]) -> T:
        """Do something with the writing connection, between two groups of marks, and wait for it."""
        return self._writer.call(act).result()

    # The file

    def lost_sight(self) -> str | None:
        """What became of the file since it was opened, as a sentence; ``None`` while it is where it was."""
        return self._file.missing() or (overwritten(self.path).problem if self.overwritten else None)

    @property
    def overwritten(self) -> bool:
        """Whether something else wrote to the file since it was opened: what it holds is not what was recorded."""
        return self._write_lock.overwritten

    def save(self) -> Path:
        """Write all that the ledger holds to a file again, where its own is gone, and say which: ``on_disk.save``."""
        return self.write(lambda connection: save(connection, self.path))

    # While sending

    async def claim(
        self, limit: int, now: float, *, canary_only: bool = False, wave: str = FIRST_WAVE
    ) -> list[Delivery]:
        """At most ``limit`` letters of the wave: deferred ones due at ``now``, then planned ones in the file's order.

        None is given out twice before a mark of it is durable. A claim ends with the process.
        """
        ours = self._claims.setdefault(wave, Claims(wave))
        act = self._writer.call(lambda connection: ours.claim(connection, limit, now, canary_only=canary_only))
        letters = await asyncio.wrap_future(act)
        self._hear_claim(letters)
        return letters

    async def next_due_at(self, wave: str = FIRST_WAVE) -> float | None:
        """When the wave's first deferred letter that is not claimed is due, in Unix seconds; ``None`` for none."""
        ours = self._claims.setdefault(wave, Claims(wave))
        return await asyncio.wrap_future(self._writer.call(ours.next_due_at))

    async def hand_over(self, mark: Mark) -> None:
        """Return when the HANDING_OVER mark is durable: only then may the final dot be written.

        If the caller is cancelled meanwhile, the mark may be durable all the same; record what became of the letter.
        """
        await self._writer.durable_mark(mark)

    def record(self, mark: Mark) -> None:
        """Make an outcome durable soon. A failure shows in the next ``hand_over``, ``claim``, ``flush``, ``close``."""
        self._writer.mark(mark)

    async def flush(self) -> None:
        """Return when every mark so far is durable, and what came back meanwhile has given letters their status."""
        await asyncio.wrap_future(self._writer.call(_settle_waiting))

    async def close(self) -> None:
        """Make everything durable that was recorded, give the lock back, close the files.

        Raises the ``LedgerError`` that stopped the writing, if one did. Closing again has no effect.
        """
        if not self._writer.closing:
            await asyncio.wrap_future(self._stop())

    def __exit__(self, *_: object) -> None:
        """As ``close``, and waits."""
        if not self._writer.closing:
            self._stop().result()

    def _marked(self, marks: Sequence[Mark]) -> None:
        """In the writer's thread."""
        for each in list(self._claims.values()):
            each.marked(marks)
        for hear in self._hear_marks:
            hear(marks)

    def _stop(self) -> Future[None]:
        return self._writer.stop(self._give_back)

    def _give_back(self, connection: Connection) -> None:
        """In the writer's thread, which closes its connection afterwards, and as the last one tidies the -wal away."""
        if self._write_lock.overwritten and not is_whole(self.path):
            connection.close()  # before the reader, so that nothing tidies the -wal away into another ledger
            set_wal_aside(self.path)
        self._reader.close()
        # Where even this cannot be written, the next sender sees that this process has ended.
        with suppress(sqlite3.Error):
            _settle_waiting(connection)
            lock.release(connection)


def _settle_waiting(connection: Connection) -> None:
    if waiting_feedback.waiting(connection):
        with lock.transaction(connection):
            waiting_feedback.settle(connection, time.time())


def _recover(connection: Connection, now: float) -> int:
    with lock.fenced(connection):
        return _doubt(connection, now)


def _recover_unless_held(connection: Connection, now: float) -> bool:
    try:
        with lock.momentary(connection, now):
            _doubt(connection, now)
    except LedgerLocked:
        return False
    return True


def _doubt(connection: Connection, now: float) -> int:
    """Within a transaction, while nobody sends."""
    count = connection.execute(_QUERIES["recover"], {"now": now}).rowcount
    waiting_feedback.settle(connection, now)
    return count


def _release(connection: Connection, wave: str, letters: Collection[int], now: float) -> int:
    facts = {"wave": wave, "letters": msgspec.json.encode(list(letters)).decode(), "now": now}
    with lock.fenced(connection):
        count = connection.execute(_QUERIES["release"], facts).rowcount
        if count:
            released = f"{were(count)} released to be sent again"
            what = f"{counted(count, 'letter')} of the wave {wave} in doubt {released}"
            connection.execute(_QUERIES["add-note"], {"now": now, "what": what})
        return count


def _note(connection: Connection, now: float, what: str) -> None:
    with lock.fenced(connection):
        connection.execute(_QUERIES["add-note"], {"now": now, "what": what})
