"""Letters written on every processor core, where there are enough of them to be worth the start of processes.

The processes are plain ``python -m mass_apology.letter.render_worker`` over pipes and not ``multiprocessing``: that
would import the command line's own main module, typer and rich included, into each of them, and would not notice that
a parent was killed.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Self, TypeVar, cast

import msgspec

from mass_apology.errors import CampaignError, InputError, MassApologyError, MessageError, TemplateError
from mass_apology.letter.inspecting.inspection import Inspection, together
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.message.compose import rfc5322_date
from mass_apology.letter.render_worker import (
    Check,
    Checked,
    Failed,
    Reply,
    Request,
    Write,
    Written,
)
from mass_apology.model import Delivery, Message
from mass_apology.system.child_pipes import HEAD

LETTERS_PER_PROCESS = 5_000
"""A process takes some 0.3 s of a core to start, which is about as long as it takes to write so many letters."""

MOST_PROCESSES = 8
"""Beyond these the one process that reads rows and keeps the ledger is what there is to wait for."""

_PIECE = 64  # letters of one request: long enough to hide the way to a process and back, about 5 ms of its work
_AHEAD = 2  # requests a process may hold, so that it has the next one when it has answered one
_BREATH = 8  # letters written here, when there are no processes, before others in this event loop get their turn
_STOP_SECONDS = 5.0  # for a process to end by itself

_ERRORS = {each.__name__: each for each in (CampaignError, InputError, TemplateError, MessageError)}
_R = TypeVar("_R", Written, Checked)
_T = TypeVar("_T")

_REPLIES = msgspec.msgpack.Decoder(Reply)


def processes_for(letters: int, cores: int) -> int:
    """How many processes to write so many letters with; 0 means: none, write them where the rest is done."""
    if cores < 2:
        return 0
    return min(cores, MOST_PROCESSES, letters // LETTERS_PER_PROCESS)


class RenderPool:
    """Writes and checks letters, in processes of its own or, with ``processes=0``, right here.

    An asynchronous context manager; leaving it ends the processes.
    """

    def __init__(self, make_writer: Callable[[], Writer], *, processes: int, is_ahead: bool = False) -> None:
        """``make_writer`` is called once in each process, so it must be one that can be pickled.

        For example ``functools.partial(Writer, campaign, folder=…, directories=…, header=…)``. ``is_ahead``: whoever
        enters has other things to do while the processes compile the templates; the first request waits for them.
        """
        self._make_writer = make_writer
        self.processes = processes
        self._is_ahead = is_ahead
        self._compiled: asyncio.Future[list[Reply]] | None = None  # of all processes
        self._writer: Writer | None = None
        self._workers: list[_Worker] = []
        self._places = asyncio.Semaphore(max(processes, 1) * _AHEAD)

    async def __aenter__(self) -> Self:
        """Compile the templates, in every process at once; raises what ``Writer`` raises."""
        if not self.processes:
            self._writer = self._make_writer()
            return self
        recipe = pickle.dumps(self._make_writer)
        try:
            for _ in range(self.processes):
                self._workers.append(await _Worker.start())
            self._compiled = asyncio.ensure_future(_all([worker.ask(recipe) for worker in self._workers]))
            if not self._is_ahead:
                await self._compiled
        except BaseException:
            await self._stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stop()

    async def write(self, deliveries: Sequence[Delivery], *, now: float, eightbit: bool) -> list[Message]:
        """The messages of these deliveries, in their order, dated ``now`` (Unix seconds).

        ``eightbit`` says whether the relay offers 8BITMIME. Raises the ``TemplateError`` or ``MessageError`` of the
        first letter that fails, and ``MassApologyError`` where a process has died.
        """
        date = rfc5322_date(now)
        if (writer := self._writer) is not None:
            return [writer.write(each, date=date, eightbit=eightbit) async for each in _unhurried(deliveries)]
        pieces = self._pieces(deliveries)
        replies = await _all([self._ask(Write(piece, date, eightbit), Written) for piece in pieces])
        return [
            Message(
                delivery=delivery,
                subject=subject,
                data=data,
                sha256=digest,
                sender=sender,
                eightbit=eight,
                smtputf8=utf8,
            )
            for piece, reply in zip(pieces, replies, strict=True)
            for delivery, (subject, data, digest, sender, eight, utf8) in zip(piece, reply.messages, strict=True)
        ]

    async def check(self, deliveries: Sequence[Delivery]) -> Inspection:
        """What is found in these deliveries' letters."""
        if (writer := self._writer) is not None:
            return together([writer.check([each]) async for each in _unhurried(deliveries)])
        replies = await _all([self._ask(Check(piece), Checked) for piece in self._pieces(deliveries)])
        return together(reply.inspection for reply in replies)

    def _pieces(self, deliveries: Sequence[Delivery]) -> list[Sequence[Delivery]]:
        """Equal pieces, so that a short list too is spread over all processes."""
        size = min(_PIECE, -(-len(deliveries) // self.processes)) or 1
        return [deliveries[start : start + size] for start in range(0, len(deliveries), size)]

    async def _ask(self, request: Request, expected: type[_R]) -> _R:
        """The answer of the process that has least to do, as soon as one has a free place."""
        if self._compiled is not None:
            await asyncio.shield(self._compiled)
            self._compiled = None
        async with self._places:
            worker = min(self._workers, key=lambda each: each.busy)
            reply = await worker.ask(msgspec.msgpack.encode(request))
        if not isinstance(reply, expected):
            raise TypeError(f"{type(reply).__name__} is no answer to {type(request).__name__}")
        return reply

    async def _stop(self) -> None:
        workers, self._workers = self._workers, []
        if self._compiled is not None:
            for worker in workers if not self._compiled.done() else ():  # nobody has asked them for anything
                worker.kill()
            await asyncio.gather(self._compiled, return_exceptions=True)
        await asyncio.gather(*(worker.stop() for worker in workers))


class _Worker(asyncio.SubprocessProtocol):
    """One process, and the requests it has not answered yet; it answers them in their order."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[Reply]] = deque()
        self._pieces: list[bytes] = []  # of frames that are not whole yet
        self._octets = 0  # of these pieces
        self._wanted = HEAD  # octets with which the next frame may be whole
        self._ended = asyncio.Event()

    @classmethod
    async def start(cls) -> Self:
        """Start a process that finds the same modules as this one, and that Ctrl-C in the terminal does not reach."""
        _, worker = await asyncio.get_running_loop().subprocess_exec(
            cls,
            sys.executable,
            "-P",  # what lies in the current directory is not ours to import
            "-m",
            "mass_apology.letter.render_worker",
            stdin=PIPE,
            stdout=PIPE,
            stderr=None,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            start_new_session=True,
        )
        return worker

    @property
    def busy(self) -> int:
        return len(self._waiting)

    async def ask(self, frame: bytes) -> Reply:
        """Send a request and wait for its reply; raises the error it failed with, or one that says the process died."""
        if self._ended.is_set():
            raise self._death()
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append(reply)
        # No drain: a process holds few requests, each of some 20 KB.
        self._requests.write(len(frame).to_bytes(HEAD, "big") + frame)
        answer = await reply
        if isinstance(answer, Failed):
            raise _ERRORS.get(answer.kind, MassApologyError)(answer.problem, next_step=answer.next_step)
        return answer

    def kill(self) -> None:
        """End the process at once."""
        with suppress(ProcessLookupError):
            self._process.kill()

    async def stop(self) -> None:
        """End the process by ending its input, and by force where that is not enough."""
        self._requests.close()
        try:
            await asyncio.wait_for(self._ended.wait(), _STOP_SECONDS)
        except TimeoutError:
            self.kill()
            await self._ended.wait()

    # Called by the event loop (asyncio.SubprocessProtocol)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._process = cast(asyncio.SubprocessTransport, transport)
        self._requests = cast(asyncio.WriteTransport, self._process.get_pipe_transport(0))

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        self._pieces.append(data)
        self._octets += len(data)
        if self._octets >= self._wanted:
            self._take(memoryview(b"".join(self._pieces)))

    def _take(self, octets: memoryview) -> None:
        """Give each whole reply to whoever waits for it, and keep the rest."""
        while (wanted := _frame_size(octets)) <= len(octets):
            reply = _REPLIES.decode(octets[HEAD:wanted])
            octets = octets[wanted:]
            waiting = self._waiting.popleft()
            if not waiting.done():  # cancelled meanwhile; its place in the order had to be kept
                waiting.set_result(reply)
        self._pieces, self._octets, self._wanted = [bytes(octets)], len(octets), wanted

    def connection_lost(self, exc: Exception | None) -> None:
        """The process has ended, and all that it wrote has been read: tell those who still wait."""
        self._process.close()
        self._ended.set()
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(self._death())

    def _death(self) -> MassApologyError:
        code = self._process.get_returncode()
        how = f"was killed by signal {-code}" if code is not None and code < 0 else f"ended with exit status {code}"
        return MassApologyError(
            f"A process that writes letters {how}; no letter it was writing has been sent.",
            next_step="See what it said above, and whether memory ran out; then run the same command again.",
        )


def _frame_size(octets: memoryview) -> int:
    """Octets of the frame that begins here; those of its head where that is not whole."""
    return HEAD + int.from_bytes(octets[:HEAD], "big") if len(octets) >= HEAD else HEAD


async def _all(asked: Sequence[Awaitable[_T]]) -> list[_T]:
    """All results, or the first error in the order of the questions, once every one of them has been answered."""
    results = await asyncio.gather(*asked, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return [result for result in results if not isinstance(result, BaseException)]


async def _unhurried(deliveries: Sequence[Delivery]) -> AsyncIterator[Delivery]:
    """One after the other, letting the event loop's other tasks in between."""
    for number, delivery in enumerate(deliveries, start=1):
        yield delivery
        if number % _BREATH == 0:
            await asyncio.sleep(0)
