"""Writes octets to one connection and reads replies, with back-pressure and timeouts; it knows no commands."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Sequence
from contextlib import suppress

from mass_apology.model import NoReply, Problem, Reply
from mass_apology.smtp.replies import parse_reply

_REPLY_OCTETS = 16_384
"""Largest reply that is read, to bound memory; RFC 5321 §4.5.3.1.5 allows 512 octets a line."""

_BLOCK = 262_144
"""Octets written at once: RFC 5321 §4.5.3.2.5 limits the time of a block, not of a whole message."""

_CLOSING_SECONDS = 5.0
"""Seconds to wait for the reply to QUIT; nothing depends on it."""

CLOSED = Problem(NoReply.CLOSED)


class ConnectionEnded(Exception):
    """The connection is closed, or must be closed.

    ``problem`` is the reason; ``reply`` is the relay's reply if that was the reason.
    """

    def __init__(self, problem: Problem, reply: Reply | None = None) -> None:
        super().__init__(str(problem))
        self.problem = problem
        self.reply = reply


class Wire(asyncio.Protocol):
    """One connection, taken over from its present protocol while no reply is outstanding.

    ``transaction`` uses it. One coroutine at a time may wait on it.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._replies: deque[Reply] = deque()
        self._expected = 0  # replies to commands that were written
        self._lines: list[bytes] = []  # of the reply that is being received
        self._octets = 0  # of these lines
        self._rest = b""  # the beginning of a line
        self._end: tuple[Problem, Reply | None] | None = None
        self._congested = False
        self._waiter: asyncio.Future[None] | None = None
        self._deadline = math.inf
        self._overdue = NoReply.SILENT  # the problem when the deadline passes
        self._seconds = 0.0  # how long the wait may take
        self._watchdog: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    # Called by the conversation.

    def send(self, data: bytes | memoryview, *, replies: int) -> None:
        """Write ``data``, which causes so many replies. Raises ``ConnectionEnded`` with nothing written."""
        if self._transport.is_closing():
            self._finish(CLOSED)
        self._raise_if_ended()
        self._expected += replies
        self._transport.write(data)

    async def send_content(self, data: bytes, seconds: float) -> None:
        """Write content; return when most of it has been sent. A block of it may take so many seconds."""
        if len(data) <= _BLOCK:
            self.send(data, replies=0)
            if self._congested:
                await self._uncongested(seconds)
            return
        view = memoryview(data)
        for start in range(0, len(data), _BLOCK):
            self.send(view[start : start + _BLOCK], replies=0)
            await self._uncongested(seconds)

    def arrived(self, code: int) -> Reply | None:
        """The next reply, if it is here already and has this code."""
        return self._replies.popleft() if self._replies and self._replies[0].code == code else None

    async def reply(self, seconds: float) -> Reply:
        """Wait for the next reply, at most so many seconds."""
        while not self._replies:
            self._raise_if_ended()
            await self._wait(seconds, NoReply.SILENT)
        return self._replies.popleft()

    def unread(self, replies: Sequence[Reply]) -> None:
        """Put replies back, so that ``reply`` returns them again."""
        self._replies.extendleft(reversed(replies))

    async def quit(self) -> None:
        """Send QUIT (RFC 5321 §4.1.1.10) and close; any reply will do."""
        try:
            self.send(b"QUIT\r\n", replies=1)
            await self.reply(_CLOSING_SECONDS)
            self._transport.close()
            while True:
                self._raise_if_ended()
                await self._wait(_CLOSING_SECONDS, NoReply.SILENT)
        except ConnectionEnded:
            pass
        finally:
            self.abort()

    def abort(self) -> None:
        """Close at once; unsent data is dropped."""
        self._finish(CLOSED)
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._abort_transport()

    # Called by the event loop.

    def data_received(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            if self._end is None:
                self._take(line.removesuffix(b"\r"))
        if self._replies:  # once for all of them
            self._wake()
        if self._octets + len(self._rest) > _REPLY_OCTETS:
            self._fail(Problem(NoReply.NONSENSE, f"more than {_REPLY_OCTETS} octets"))

    def eof_received(self) -> None:
        self._finish(CLOSED)

    def connection_lost(self, _error: Exception | None) -> None:
        self._finish(CLOSED)

    def pause_writing(self) -> None:
        self._congested = True

    def resume_writing(self) -> None:
        self._congested = False
        self._wake()

    # Internals.

    def _take(self, line: bytes) -> None:
        self._lines.append(line)
        if line[3:4] == b"-":
            self._octets += len(line)
            return
        try:
            reply = parse_reply(self._lines)
        except ValueError as error:
            self._fail(Problem(NoReply.NONSENSE, str(error)))
            return
        self._lines.clear()
        self._octets = 0
        if self._expected:
            self._expected -= 1
            self._replies.append(reply)
        elif reply.code >= 400:
            # A server that shuts down says 421 at any time (RFC 5321 §3.8), and some refuse content before its end.
            self._fail(CLOSED, reply)
        else:
            self._fail(Problem(NoReply.UNASKED, f"{reply.code} {reply.text}"))

    def _fail(self, problem: Problem, reply: Reply | None = None) -> None:
        self._finish(problem, reply)
        self._abort_transport()

    def _abort_transport(self) -> None:
        # asyncio's TLS transport in CPython 3.11.2 (Debian 12) forgets what to abort when both sides have closed it.
        with suppress(AttributeError):
            self._transport.abort()

    def _finish(self, problem: Problem, reply: Reply | None = None) -> None:
        if self._end is None:
            self._end = (problem, reply)
        self._wake()

    def _raise_if_ended(self) -> None:
        if self._end is not None:
            raise ConnectionEnded(*self._end)

    async def _uncongested(self, seconds: float) -> None:
        while self._congested:
            self._raise_if_ended()
            await self._wait(seconds, NoReply.STALLED)

    async def _wait(self, seconds: float, overdue: NoReply) -> None:
        """Wait until a reply arrives, writing resumes, or the connection ends."""
        self._watch(seconds, overdue)
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
            self._deadline = math.inf

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _watch(self, seconds: float, overdue: NoReply) -> None:
        # One timer for the connection's life: a timer for every reply would cost as much as the reply.
        self._deadline = self._loop.time() + seconds
        self._overdue, self._seconds = overdue, seconds
        if self._watchdog is None or self._watchdog.when() > self._deadline:
            self._set_watchdog(self._deadline)

    def _set_watchdog(self, when: float) -> None:
        if self._watchdog is not None:
            self._watchdog.cancel()
        self._watchdog = self._loop.call_at(when, self._look)

    def _look(self) -> None:
        self._watchdog = None
        if self._deadline <= self._loop.time():
            self._fail(Problem(self._overdue, f"{self._seconds:g} s"))
        elif self._deadline < math.inf:
            self._set_watchdog(self._deadline)
