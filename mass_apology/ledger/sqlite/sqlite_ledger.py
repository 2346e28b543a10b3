"""The ledger of one campaign, open for writing: once-only bookkeeping that survives a crash at any moment."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, closing, suppress
from functools import cached_property
from pathlib import Path
from sqlite3 import Connection
from typing import Self, TypeVar

from mass_apology.errors import LedgerError, LedgerLocked
from mass_apology.ledger.sender_state import Control, SenderReport
from mass_apology.ledger.sqlite import database, editions, lock, marks, sender_reports, waiting_feedback
from mass_apology.ledger.sqlite.answer_records import SqliteAnswers
from mass_apology.ledger.sqlite.choice_records import SqliteChoices
from mass_apology.ledger.sqlite.claims import Claims
from mass_apology.ledger.sqlite.doubts import SqliteDoubts
from mass_apology.ledger.sqlite.feedback import SqliteFeedback
from mass_apology.ledger.sqlite.on_disk import (
    OpenedFile,
    is_whole,
    overwritten,
    save,
    saved,
    set_wal_aside,
)
from mass_apology.ledger.sqlite.origin import SqliteContinuity
from mass_apology.ledger.sqlite.person_records import SqliteResends
from mass_apology.ledger.sqlite.purging import SqlitePurging
from mass_apology.ledger.sqlite.sqlite_records import SqliteRecords
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.sqlite.taking_back import SqliteRefusals
from mass_apology.ledger.sqlite.waves import SqliteWaves
from mass_apology.ledger.sqlite.write_lock import WriteLock
from mass_apology.ledger.sqlite.writer import Writer
from mass_apology.model import FIRST_WAVE, Delivery, Mark

T = TypeVar("T")

_QUERIES = statements("queries.sql")


class SqliteLedger(SqliteRecords):
    """Implements ``port.Ledger``: one thread writes, see ``writer``."""

    def __init__(
        self, path: Path, name: str, reader: Connection, connection: Connection, write_lock: WriteLock
    ) -> None:
        super().__init__(path, name, reader)
        self._file = OpenedFile(path)
        self._claims: dict[str, Claims] = {}
        self._hear_claim: Callable[[Sequence[Delivery]], None] = lambda _: None
        self._hear_marks: list[Callable[[Sequence[Mark]], None]] = []
        self._told: Future[None] | None = None
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
                    database.take_name(connection, name)
                    marks.prepare(connection)
                    Claims.prepare(connection)
                connected.pop_all()
            opened.pop_all()
        return cls(path, name, reader, connection, write_lock)

    def on_durable(self, hear: Callable[[Sequence[Mark]], None]) -> None:
        self._hear_marks.append(hear)

    def on_claim(self, hear: Callable[[Sequence[Delivery]], None]) -> None:
        self._hear_claim = hear

    # Its parts

    @property
    def waves(self) -> SqliteWaves:
        return SqliteWaves(self._reading, self)

    @property
    def choices(self) -> SqliteChoices:
        return SqliteChoices(self._reading, self)

    @property
    def answers(self) -> SqliteAnswers:
        return SqliteAnswers(self._reading, self)

    @property
    def continuity(self) -> SqliteContinuity:
        return SqliteContinuity(self._reading, self)

    @cached_property
    def feedback(self) -> SqliteFeedback:
        return SqliteFeedback(self)

    @property
    def doubts(self) -> SqliteDoubts:
        return SqliteDoubts(self)

    @property
    def refusals(self) -> SqliteRefusals:
        return SqliteRefusals(self)

    @property
    def resends(self) -> SqliteResends:
        return SqliteResends(self)

    @property
    def purging(self) -> SqlitePurging:
        return SqlitePurging(self)

    # Before sending

    def acquire(self, now: float) -> None:
        self.write(lambda connection: lock.acquire(connection, now))

    def release(self) -> None:
        self.write(lock.release)

    def recover(self, now: float) -> int:
        return self.write(lambda connection: _recover(connection, now))

    def recover_unless_held(self, now: float) -> bool:
        return self.write(lambda connection: _recover_unless_held(connection, now))

    def begin_edition(self, wave: str, parts: Mapping[str, str], now: float) -> None:
        self.write(lambda connection: editions.begin(connection, wave, parts, now))

    def note(self, now: float, what: str) -> None:
        self.write(lambda connection: _note(connection, now, what))

    def write(self, act: Callable[[Connection], T]) -> T:
        """Do something with the writing connection, between two groups of marks, and wait for it."""
        return self._writer.call(act).result()

    # The file

    def lost_sight(self) -> str | None:
        return self._file.missing() or (overwritten(self.path).problem if self._write_lock.overwritten else None)

    def require_kept(self) -> None:
        """As the port says. What was recorded in a file without a name is written to one that has a name first."""
        if self._write_lock.overwritten:
            raise overwritten(self.path)
        if problem := self.lost_sight():
            raise saved(self.path, self.write(lambda connection: save(connection, self.path)), problem)

    # While sending

    async def claim(
        self, limit: int, now: float, *, canary_only: bool = False, wave: str = FIRST_WAVE
    ) -> list[Delivery]:
        ours = self._claims.setdefault(wave, Claims(wave))
        act = self._writer.call(lambda connection: ours.claim(connection, limit, now, canary_only=canary_only))
        letters = await asyncio.wrap_future(act)
        self._hear_claim(letters)
        return letters

    async def next_due_at(self, wave: str = FIRST_WAVE) -> float | None:
        ours = self._claims.setdefault(wave, Claims(wave))
        return await asyncio.wrap_future(self._writer.call(ours.next_due_at))

    async def hand_over(self, mark: Mark) -> None:
        await self._writer.durable_mark(mark)

    def record(self, mark: Mark) -> None:
        self._writer.mark(mark)

    async def flush(self) -> None:
        await asyncio.wrap_future(self._writer.call(_settle_waiting))

    async def wanted(self) -> Control:
        return self.requested()

    def tell(self, report: SenderReport) -> None:
        if report.ended or self._told is None or self._told.done():  # of a disk that is slow, each report would wait
            with suppress(LedgerError):
                self._told = self._writer.call(lambda connection: sender_reports.tell(connection, report))

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


def _note(connection: Connection, now: float, what: str) -> None:
    with lock.fenced(connection):
        connection.execute(_QUERIES["add-note"], {"now": now, "what": what})
