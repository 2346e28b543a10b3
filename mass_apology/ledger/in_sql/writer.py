"""The writer: one thread, with the process's only writing connection.

Group commit: whatever is waiting when the last commit ends goes into the next. A commit that fails is the last one:
every mark that waits or comes later gets its error, so nothing is handed over without a durable mark. The same holds
for anything else that goes wrong in the thread: it never ends in silence. Where the lock was taken over, replies to
what was handed over before are recorded all the same.

What a commit is, each database knows itself: see ``Backend``.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Generic, Protocol, TypeVar

from msgspec import Struct

from mass_apology.errors import FencedOut, LedgerError
from mass_apology.model import Mark

LINGER = 0.0003  # seconds that a group of many waits for more: a commit costs the same for one mark as for many
BUSY = 8  # so many at once are many

T = TypeVar("T")
C = TypeVar("C")  # the database's connection
C_co = TypeVar("C_co", covariant=True)
Waiter = asyncio.Future[None]


class _Waiting(Struct, frozen=True):
    """A mark on its way to the disk, and who waits for it."""

    mark: Mark
    waiter: Waiter | None


class Backend(Protocol[C_co]):
    """The writing connection to a database, for the writer's thread. Each method raises ``LedgerError``."""

    @property
    def place(self) -> str:
        """What is written, as people are told."""

    @property
    def largest_group(self) -> int:
        """So many marks can be committed at once."""

    @property
    def renewal(self) -> float:
        """Seconds between two of ``renew``."""

    def apply(self, marks: Sequence[Mark]) -> None:
        """Make these marks durable, in their order. Raises ``FencedOut`` where the lock is not ours."""

    def apply_late(self, marks: Sequence[Mark]) -> list[Mark]:
        """Make those durable that are true though the lock is another's by now: which they are."""

    def perform(self, act: Callable[[C_co], T]) -> T:
        """Do something else with the connection."""

    def perform_last(self, act: Callable[[C_co], None]) -> None:
        """Do this before the connection is closed; raises what became known of the database only then."""

    def renew(self) -> None:
        """Show that we live, where we hold the lock."""

    def close(self) -> None:
        """Close the connection; without effect where it is closed."""

    def end(self) -> None:
        """Give back what else is held, when the thread ends."""


class _Call(Generic[C, T]):
    """Something else to do with the connection, between two groups."""

    def __init__(self, act: Callable[[C], T], *, last: bool = False) -> None:
        self.act = act
        self.last = last
        self.answer: concurrent.futures.Future[T] = concurrent.futures.Future()


class Writer(Generic[C]):
    """Takes marks and calls from any thread and does them in their order.

    ``on_durable`` is called in the writer's thread with the marks of each group once they are on the disk.
    """

    def __init__(self, backend: Backend[C], on_durable: Callable[[Sequence[Mark]], None]) -> None:
        """The backend is the writer's from now on, which closes it."""
        self._backend = backend
        self._on_durable = on_durable
        self._queue: SimpleQueue[_Waiting | _Call[C, Any]] = SimpleQueue()
        self._failure: LedgerError | None = None
        self._closing = False  # nothing more is taken
        self._ended = False  # the connection is closed
        self._busy = False  # marks come thick and fast
        self._renew_at = time.monotonic() + self._backend.renewal
        try:
            Thread(target=self._run, name="ledger-writer", daemon=True).start()
        except RuntimeError as error:  # the system has no thread left
            raise self._unexpected(error) from error

    def mark(self, mark: Mark) -> None:
        """Make a mark durable with the next group. A failure shows in what is waited for next."""
        self._require_open()
        self._queue.put(_Waiting(mark, None))

    def durable_mark(self, mark: Mark) -> Waiter:
        """Done when the mark, and every earlier one, is durable; it raises the ``LedgerError`` that prevents it."""
        self._require_open()
        waiter = asyncio.get_running_loop().create_future()
        self._queue.put(_Waiting(mark, waiter))
        return waiter

    def call(self, act: Callable[[C], T]) -> concurrent.futures.Future[T]:
        """Do something with the connection after all that was asked for before, unless a commit of that fails."""
        self._require_open()
        call = _Call(act)
        self._queue.put(call)
        return call.answer

    def stop(self, act: Callable[[C], None]) -> concurrent.futures.Future[None]:
        """Do all that was asked for before, then ``act`` whatever became of it, and close the connection.

        The answer raises the ``LedgerError`` that stopped the writer, if one did.
        """

        self._require_open()
        self._closing = True
        call = _Call(act, last=True)
        self._queue.put(call)
        return call.answer

    @property
    def closing(self) -> bool:
        """Whether ``stop`` was called."""
        return self._closing

    def _require_open(self) -> None:
        if self._closing:
            raise LedgerError(f"{self._backend.place} has been closed.", next_step="Run the command again.")

    # In the writer's thread

    def _run(self) -> None:
        while not self._ended:
            entries: list[_Waiting | _Call[C, Any]] = []
            try:
                self._gather(entries)
                self._work(entries)
                self._renew()
            except BaseException as error:  # whatever it is: were this thread to end, all who wait would wait for ever
                self._give_up(entries, error)
        self._backend.end()

    def _gather(self, entries: list[_Waiting | _Call[C, Any]]) -> None:
        """All that waits, in its order; nothing when nothing came for a while."""
        with suppress(Empty):
            entries.append(self._queue.get(timeout=self._backend.renewal))
            if self._busy:
                time.sleep(LINGER)
            while len(entries) < self._backend.largest_group:
                entries.append(self._queue.get_nowait())
        self._busy = len(entries) >= BUSY

    def _work(self, entries: Sequence[_Waiting | _Call[C, Any]]) -> None:
        """Marks that follow each other are one group; a call stands between two."""
        group: list[_Waiting] = []
        for entry in entries:
            if isinstance(entry, _Waiting):
                group.append(entry)
                continue
            self._commit(group)
            group = []
            self._perform(entry)
        self._commit(group)

    def _give_up(self, entries: Sequence[_Waiting | _Call[C, Any]], error: BaseException) -> None:
        """Nothing more is written: everyone who waits or comes later hears of it, unless they were answered before."""
        if self._failure is None:
            self._failure = self._unexpected(error)
        self._tell([entry.waiter for entry in entries if isinstance(entry, _Waiting) and entry.waiter is not None])
        for entry in entries:
            if isinstance(entry, _Call):
                self._refuse(entry, self._failure)

    def _refuse(self, call: _Call[C, Any], failure: LedgerError) -> None:
        with suppress(concurrent.futures.InvalidStateError):  # answered already, or cancelled
            call.answer.set_exception(failure)
        if call.last and not self._ended:
            self._ended = True
            with suppress(Exception):
                self._backend.close()

    def _unexpected(self, error: BaseException) -> LedgerError:
        failure = LedgerError(
            f"{self._backend.place} cannot be written any more: {error!r}.",
            next_step="Run the command again: it goes on where it stopped. Report this as a mistake in mass-apology.",
        )
        failure.__cause__ = error
        return failure

    def _commit(self, group: Sequence[_Waiting]) -> None:
        if not group:
            return
        marks_of_group = [waiting.mark for waiting in group]
        if self._failure is None:
            self._apply(marks_of_group)
        if isinstance(self._failure, FencedOut):
            self._apply_late(marks_of_group)
        self._tell([waiting.waiter for waiting in group if waiting.waiter is not None])

    def _tell(self, waiters: Sequence[Waiter]) -> None:
        for loop in {waiter.get_loop() for waiter in waiters}:
            theirs = [waiter for waiter in waiters if waiter.get_loop() is loop]
            with suppress(RuntimeError):  # the loop has been closed: nobody waits there any more
                loop.call_soon_threadsafe(_answer, theirs, self._failure)

    def _apply(self, group: Sequence[Mark]) -> None:
        try:
            self._backend.apply(group)
        except LedgerError as error:
            self._failure = error
        else:
            self._on_durable(group)

    def _apply_late(self, group: Sequence[Mark]) -> None:
        with suppress(LedgerError):
            if late := self._backend.apply_late(group):
                self._on_durable(late)

    def _perform(self, call: _Call[C, Any]) -> None:
        if not call.answer.set_running_or_notify_cancel() and not call.last:
            return
        if self._failure is not None and not call.last:
            call.answer.set_exception(self._failure)
            return
        try:
            if call.last:
                answer = None
                self._end(call)
            else:
                answer = self._backend.perform(call.act)
        except Exception as error:  # it is the caller's, who gets it
            call.answer.set_exception(error)
        else:
            call.answer.set_result(answer)
        self._ended = call.last

    def _end(self, call: _Call[C, Any]) -> None:
        """The last thing that is done: it raises what stopped the writing, if anything did."""
        try:
            self._backend.perform_last(call.act)
        finally:
            if self._failure is not None:
                raise self._failure

    def _renew(self) -> None:
        """Show now and then that we live; a lock that was taken over stops the writing before the next dot."""
        if self._ended or self._failure is not None or time.monotonic() < self._renew_at:
            return
        self._renew_at = time.monotonic() + self._backend.renewal
        try:
            self._backend.renew()
        except LedgerError as error:
            self._failure = error


def _answer(waiters: Sequence[Waiter], failure: LedgerError | None) -> None:
    """In the loop's thread: tell everyone who still waits."""
    for waiter in waiters:
        if waiter.done():  # cancelled
            continue
        if failure is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(failure)
