"""HTTP connections with limits that uvicorn does not have: slow clients are cut off, and there are only so many.

A client that opens a connection and says its request slowly, or reads nothing of its answer, holds it for ever
otherwise; thousands of them would use up the process's file descriptors. Who reads slowly, as a phone does, may.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0  # from the opening, or the end of the answer before, to the end of a request's head
MOST_CONNECTIONS = 600


class LimitedConnection(H11Protocol):
    """A connection that has said its request in time and reads its answer, or is closed."""

    open_now: int = 0  # of all connections of this process
    _deadline: asyncio.TimerHandle | None = None
    _counted = False
    _expects_request = False
    _unread = 0  # octets of answers that it had not taken when it was looked at last

    def connection_made(self, transport: Any) -> None:
        """Count it; one too many is closed without a word."""
        self._counted = LimitedConnection.open_now < MOST_CONNECTIONS
        if not self._counted:
            transport.abort()
            return
        LimitedConnection.open_now += 1
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        if not self._counted:
            return
        self._counted = False
        LimitedConnection.open_now -= 1
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """A request whose head is whole has come in time."""
        if not self._counted:
            return
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._request_came()

    def on_response_complete(self) -> None:
        """The next request has as long as the first."""
        self._expect_request()
        before = self.cycle
        super().on_response_complete()
        if self.cycle is not before:  # it had come already
            self._request_came()

    def _expect_request(self) -> None:
        self._expects_request = True
        self._look_later()

    def _request_came(self) -> None:
        self._expects_request = False
        self._look_later()

    def _look_later(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = asyncio.get_running_loop().call_later(REQUEST_SECONDS, self._look)

    def _look(self) -> None:
        """Cut it off where no request has come, or nothing of an answer was taken."""
        unread, before = self.transport.get_write_buffer_size(), self._unread
        self._unread = unread
        if unread == before if unread else self._expects_request:
            self.transport.abort()
        else:
            self._look_later()
