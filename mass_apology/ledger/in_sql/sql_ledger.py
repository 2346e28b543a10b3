"""The ledger of one campaign, open for writing: once-only bookkeeping that survives a crash at any moment."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cached_property
from typing import Generic, Protocol, TypeVar

from mass_apology.errors import LedgerError, LedgerLocked
from mass_apology.ledger.common_limits import CommonLimits
from mass_apology.ledger.in_sql import editions, sender_reports, waiting_feedback
from mass_apology.ledger.in_sql.answer_records import SqlAnswers
from mass_apology.ledger.in_sql.choice_records import SqlChoices
from mass_apology.ledger.in_sql.claims import Claims
from mass_apology.ledger.in_sql.connection import Connection, Reading
from mass_apology.ledger.in_sql.continuity import Site, SqlContinuity
from mass_apology.ledger.in_sql.doubts import SqlDoubts
from mass_apology.ledger.in_sql.feedback import SqlFeedback
from mass_apology.ledger.in_sql.holders import SenderRow
from mass_apology.ledger.in_sql.kept_letter_files import SqlLetterFiles
from mass_apology.ledger.in_sql.person_records import SqlResends
from mass_apology.ledger.in_sql.purging import SqlPurging
from mass_apology.ledger.in_sql.sql_records import SqlRecords
from mass_apology.ledger.in_sql.taking_back import SqlRefusals
from mass_apology.ledger.in_sql.waves import SqlWaves
from mass_apology.ledger.in_sql.writer import Backend, Writer
from mass_apology.ledger.sender_state import Control, SenderReport, SharedWave
from mass_apology.model import FIRST_WAVE, Delivery, Mark

T = TypeVar("T")
C = TypeVar("C", bound=Connection)
C_contra = TypeVar("C_contra", bound=Connection, contravariant=True)


class Lock(Protocol[C_contra]):
    """The campaign's lock, as the writing connection of one session has it."""

    def acquire(self, connection: C_contra, now: float) -> None:
        """Take it. Raises ``LedgerLocked`` while somebody else holds it."""

    def release(self, connection: C_contra) -> None:
        """Give it back; without effect where it is not ours."""

    def transaction(self, connection: C_contra) -> AbstractContextManager[None]:
        """All that is done meanwhile is durable afterwards, or nothing."""

    def fenced(self, connection: C_contra) -> AbstractContextManager[None]:
        """So too; raises ``FencedOut`` unless the lock is ours."""

    def momentary(self, connection: C_contra, now: float) -> AbstractContextManager[None]:
        """A transaction for the length of which the lock is ours: others never see it taken.

        Raises ``LedgerLocked``, and writes nothing, while somebody else holds it.
        """

    def held_epoch(self, connection: C_contra) -> int | None:
        """The epoch in which this session took it; ``None`` where it did not, or gave it back."""

    def make_from(self, connection: C_contra, edition: int) -> None:
        """From now on this session hands letters over that are made from this edition."""


class SqlLedger(SqlRecords, Generic[C]):
    """Implements ``port.Ledger``, but for what a kind of ledger knows of its own place: one thread writes, see
    ``writer``."""

    def __init__(
        self, name: str, reading: Reading, *, site: Site, sender: SenderRow, backend: Backend[C], lock: Lock[C]
    ) -> None:
        super().__init__(name, backend.place, reading, site, sender)
        self._lock = lock
        self._claims: dict[str, Claims] = {}
        self._hear_claim: Callable[[Sequence[Delivery]], None] = lambda _: None
        self._hear_marks: list[Callable[[Sequence[Mark]], None]] = []
        self._told: Future[None] | None = None
        self._writer = Writer(backend, self._marked)

    @abstractmethod
    def lost_sight(self) -> str | None: ...

    @abstractmethod
    def require_kept(self) -> None: ...

    @abstractmethod
    def _compact(self, connection: Connection) -> None:
        """Take off the disk what was forgotten."""

    @abstractmethod
    def _give_back(self, connection: C) -> None:
        """In the writer's thread, as its last act: settle what waits, give the lock back, close what was read by."""

    def on_durable(self, hear: Callable[[Sequence[Mark]], None]) -> None:
        self._hear_marks.append(hear)

    def on_claim(self, hear: Callable[[Sequence[Delivery]], None]) -> None:
        self._hear_claim = hear

    # Its parts

    @property
    def waves(self) -> SqlWaves:
        return SqlWaves(self._reading, self)

    @property
    def choices(self) -> SqlChoices:
        return SqlChoices(self._reading, self)

    @property
    def answers(self) -> SqlAnswers:
        return SqlAnswers(self._reading, self)

    @property
    def continuity(self) -> SqlContinuity:
        return SqlContinuity(self._reading, self, self._site)

    @property
    def letter_files(self) -> SqlLetterFiles:
        return SqlLetterFiles(self._reading, self)

    @cached_property
    def feedback(self) -> SqlFeedback:
        return SqlFeedback(self)

    @property
    def doubts(self) -> SqlDoubts:
        return SqlDoubts(self)

    @property
    def refusals(self) -> SqlRefusals:
        return SqlRefusals(self)

    @property
    def resends(self) -> SqlResends:
        return SqlResends(self)

    @property
    def purging(self) -> SqlPurging:
        return SqlPurging(self, self._compact)

    # Before sending

    def acquire(self, now: float) -> None:
        self.write(lambda connection: self._lock.acquire(connection, now))

    def release(self) -> None:
        self.write(self._lock.release)

    def recover(self, now: float) -> int:
        return self.change_fenced(lambda connection: self._doubt(connection, now))

    def recover_unless_held(self, now: float) -> bool:
        def act(connection: C) -> None:
            with self._lock.momentary(connection, now):
                self._doubt(connection, now)

        try:
            self.write(act)
        except LedgerLocked:
            return False
        return True

    def begin_edition(self, wave: str, parts: Mapping[str, str], now: float) -> None:
        queries = self.statements("editions.sql")

        def act(connection: C) -> None:
            self._lock.make_from(connection, editions.begin(connection, queries, wave, parts, now))

        self.change_fenced(act)

    def note(self, now: float, what: str) -> None:
        facts = {"now": now, "what": what}
        self.change_fenced(lambda connection: connection.execute(self._queries["add-note"], facts))

    # With others

    def confirm(self, wave: SharedWave) -> None:
        pass

    def withdraw(self) -> None:
        pass

    def take_up(self, now: float) -> SharedWave | None:
        return None

    def closing(self, now: float) -> AbstractContextManager[SharedWave | None]:
        return nullcontext()

    def share(self, wave: SharedWave) -> bool:
        return False

    def join(self) -> SharedWave | None:
        return None

    def limits(self) -> CommonLimits | None:
        return None

    # Writing

    def statements(self, file: str) -> Mapping[str, str]:
        """Implements ``connection.Writing``, as the next ones do."""
        return self._reading.statements(file)

    def write(self, act: Callable[[C], T]) -> T:
        """Do something with the writing connection, between two groups of marks, and wait for it."""
        return self._writer.call(act).result()

    def change(self, act: Callable[[C], T]) -> T:
        def within(connection: C) -> T:
            with self._lock.transaction(connection):
                return act(connection)

        return self.write(within)

    def change_fenced(self, act: Callable[[C], T]) -> T:
        def within(connection: C) -> T:
            with self._lock.fenced(connection):
                return act(connection)

        return self.write(within)

    # While sending

    async def claim(
        self, limit: int, now: float, *, canary_only: bool = False, wave: str = FIRST_WAVE
    ) -> list[Delivery]:
        ours = self._claims_of(wave)
        act = self._writer.call(lambda connection: ours.claim(connection, limit, now, canary_only=canary_only))
        letters = await asyncio.wrap_future(act)
        self._hear_claim(letters)
        return letters

    async def claimed(self, letters: Sequence[int], wave: str = FIRST_WAVE) -> list[Delivery]:
        ours = self._claims_of(wave)
        return await asyncio.wrap_future(self._writer.call(lambda connection: ours.claimed(connection, letters)))

    async def next_due_at(self, wave: str = FIRST_WAVE) -> float | None:
        return await asyncio.wrap_future(self._writer.call(self._claims_of(wave).next_due_at))

    async def hand_over(self, mark: Mark) -> None:
        await self._writer.durable_mark(mark)

    def record(self, mark: Mark) -> None:
        self._writer.mark(mark)

    async def flush(self) -> None:
        await asyncio.wrap_future(self._writer.call(self._settle_waiting))

    async def wanted(self) -> Control:
        return self.requested()

    def tell(self, report: SenderReport) -> None:
        if report.ended or self._told is None or self._told.done():  # of a disk that is slow, each report would wait
            with suppress(LedgerError):
                self._told = self._writer.call(lambda connection: self._tell(connection, report))

    async def close(self) -> None:
        """Make everything durable that was recorded, give the lock back, close the connections.

        Raises the ``LedgerError`` that stopped the writing, if one did. Closing again has no effect.
        """
        if not self._writer.closing:
            await asyncio.wrap_future(self._stop())

    def __exit__(self, *_: object) -> None:
        """As ``close``, and waits."""
        if not self._writer.closing:
            self._stop().result()

    def _stop(self) -> Future[None]:
        return self._writer.stop(self._give_back)

    def _claims_of(self, wave: str) -> Claims:
        if wave not in self._claims:
            self._claims[wave] = self._new_claims(wave)
        return self._claims[wave]

    def _new_claims(self, wave: str) -> Claims:
        return Claims(self.statements("claims.sql"), wave)

    def _marked(self, marks: Sequence[Mark]) -> None:
        """In the writer's thread."""
        for each in list(self._claims.values()):
            each.marked(marks)
        for hear in self._hear_marks:
            hear(marks)

    def _tell(self, connection: C, report: SenderReport) -> None:
        with self._lock.transaction(connection):
            epoch = self._lock.held_epoch(connection)
            sender_reports.tell(connection, self.statements("sender_reports.sql"), report, epoch)

    def _settle_waiting(self, connection: C) -> None:
        queries = self.statements("feedback.sql")
        if waiting_feedback.waiting(connection, queries):
            with self._lock.transaction(connection):
                waiting_feedback.settle(connection, queries, time.time())

    def _doubt(self, connection: C, now: float) -> int:
        """Within a transaction, while nobody sends."""
        count = connection.execute(self._queries["recover"], {"now": now}).rowcount
        waiting_feedback.settle(connection, self.statements("feedback.sql"), now)
        return count
