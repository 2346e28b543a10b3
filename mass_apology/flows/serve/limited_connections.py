"""HTTP connections with limits that uvicorn does not have: slow clients are cut off, and there are only so many.

A client that opens a connection and says its request slowly, or never, holds it for ever otherwise; thousands of them
would use up the process's file descriptors.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 10.0  # from the opening, or the end of the answer before, to the end of a request's head
MOST_CONNECTIONS = 600


class LimitedConnection(H11Protocol):
    """A connection that has said its request in time, or is closed."""

    open_now: int = 0  # of all connections of this process
    _deadline: asyncio.TimerHandle | None = None
    _counted = False

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
        self._request_came()
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
        self._request_came()
        self._deadline = asyncio.get_running_loop().call_later(REQUEST_SECONDS, self._cut_off)

    def _request_came(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = None

    def _cut_off(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.abort()
