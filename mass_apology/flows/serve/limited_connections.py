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
MOST_TOLD = 50  # of those that are one too many at a moment: they hold file descriptors while they are told
TELLING_SECONDS = 0.5  # for the sentence to be read
_ONE_TOO_MANY = (
    f"The page serves {MOST_CONNECTIONS} connections at once, and these are open. "
    "The sending does not need the page; try again in a moment.\n"
).encode()
_REFUSAL = (
    b"HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nRetry-After: 10\r\n"
    b"Connection: close\r\nContent-Length: %d\r\n\r\n%b" % (len(_ONE_TOO_MANY), _ONE_TOO_MANY)
)


class LimitedConnection(H11Protocol):
    """A connection that has said its request in time and reads its answer, or is closed."""

    open_now: int = 0  # of all connections of this process
    told_now: int = 0  # of those that are one too many, and are told so
    _deadline: asyncio.TimerHandle | None = None
    _counted = False
    _is_told = False
    _expects_request = False
    _unread = 0  # octets of answers that it had not taken when it was looked at last

    def connection_made(self, transport: Any) -> None:
        """Count it; one too many is told so, and closed."""
        self._counted = LimitedConnection.open_now < MOST_CONNECTIONS
        if not self._counted:
            self._refuse(transport)
            return
        LimitedConnection.open_now += 1
        super().connection_made(transport)
        self._expect_request()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count it no more."""
        if self._is_told:
            self._is_told = False
            LimitedConnection.told_now -= 1
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

    def _unsupported_upgrade_warning(self) -> None:
        """Nothing here speaks WebSocket, and no library is missing."""

    def _refuse(self, transport: Any) -> None:
        if LimitedConnection.told_now >= MOST_TOLD:
            transport.abort()
            return
        LimitedConnection.told_now += 1
        self._is_told = True
        transport.write(_REFUSAL)
        # Closed at once, it would reset the connection while the request comes, and the sentence would be lost.
        asyncio.get_running_loop().call_later(TELLING_SECONDS, transport.abort)

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
