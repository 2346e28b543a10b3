"""A small TCP forwarder of the bench's own, between a worker and what it talks to, that can be cut."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from enum import StrEnum, auto
from types import TracebackType
from typing import Self

from bench.workplace import HOST

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_CHUNK = 64 << 10  # octets


class Line(StrEnum):
    """What the network between the two does."""

    OPEN = auto()
    STALLED = auto()  # nothing comes through, and nobody is told
    CUT = auto()  # every connection has broken, and no new one comes about


class Forwarder:
    """Forwards every connection to ``port`` of this machine, in a thread of its own, while the block runs."""

    def __init__(self, connect: Callable[[], Awaitable[Streams]]) -> None:
        self._connect = connect
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._line = Line.OPEN
        self._is_open = asyncio.Event()
        self._is_open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self.port = asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def become(self, line: Line) -> None:
        """From now on the network is like this."""
        asyncio.run_coroutine_threadsafe(self._become(line), self._loop).result()

    async def _become(self, line: Line) -> None:
        self._line = line
        if line is Line.STALLED:
            self._is_open.clear()
        else:
            self._is_open.set()
        if line is Line.CUT:
            for writer in list(self._writers):
                writer.transport.abort()

    async def _listen(self) -> int:
        self._server = await asyncio.start_server(self._accept, HOST, 0)
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    async def _end(self) -> None:
        assert self._server is not None  # it was started; this tells mypy
        self._server.close()
        await self._become(Line.CUT)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._is_open.wait()
        if self._line is Line.CUT:
            writer.transport.abort()
            return
        try:
            other_reader, other_writer = await self._connect()
        except OSError:
            writer.transport.abort()
            return
        both = {writer, other_writer}
        self._writers |= both
        try:
            await asyncio.gather(self._pass_on(reader, other_writer), self._pass_on(other_reader, writer))
        finally:
            self._writers -= both
            for each in both:
                each.transport.abort()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, RuntimeError):
            while octets := await reader.read(_CHUNK):
                await self._is_open.wait()
                writer.write(octets)
                await writer.drain()
        with suppress(OSError, RuntimeError):
            writer.close()  # what was written goes out first
