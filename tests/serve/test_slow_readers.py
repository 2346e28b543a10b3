"""Who reads an answer slowly gets all of it; who reads nothing of it is cut off."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from mass_apology.flows.serve import limited_connections
from mass_apology.flows.serve.limited_connections import LimitedConnection

pytestmark = pytest.mark.slow

ANSWER = b"x" * (1 << 20)
REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


async def answering(scope: Scope, receive: Receive, send: Send) -> None:
    length = str(len(ANSWER)).encode()
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]})
    await send({"type": "http.response.body", "body": ANSWER})


@pytest.fixture
def address(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, int]]:
    """Of a server whose socket holds little that was not read, and which has little patience."""
    monkeypatch.setattr(limited_connections, "REQUEST_SECONDS", 0.4)
    config = uvicorn.Config(
        answering, http=LimitedConnection, ws="none", lifespan="off", log_config=None, timeout_keep_alive=1
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        listener.bind(("127.0.0.1", 0))
        thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
        thread.start()
        while not server.started:
            time.sleep(0.01)
        yield listener.getsockname()
        server.should_exit = True
        thread.join()


def reading(address: tuple[str, int], *, requests: int) -> socket.socket:
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    client.settimeout(10)
    client.connect(address)
    client.sendall(REQUEST * requests)
    return client


def test_who_reads_slowly_gets_all(address: tuple[str, int]) -> None:
    with reading(address, requests=1) as client:
        got = 0
        while got < len(ANSWER):
            piece = client.recv(1 << 16)
            assert piece, f"cut off after {got} octets"
            got += len(piece)
            time.sleep(0.02)


@pytest.mark.parametrize("requests", [1, 3])
def test_who_reads_nothing_is_cut_off(address: tuple[str, int], requests: int) -> None:
    with reading(address, requests=requests):
        until = time.monotonic() + 10
        while LimitedConnection.open_now == 0 and time.monotonic() < until:
            time.sleep(0.01)
        assert LimitedConnection.open_now == 1
        while LimitedConnection.open_now and time.monotonic() < until:
            time.sleep(0.05)
        assert LimitedConnection.open_now == 0
