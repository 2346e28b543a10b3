"""A real server under clients that are slow, many, or never satisfied: it goes on serving others."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from asked import campaign_in
from served import serving

from mass_apology.flows.serve.limited_connections import MOST_CONNECTIONS
from mass_apology.flows.serve.live_events import MOST_OF_ONE

pytestmark = pytest.mark.slow


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    campaign_in(tmp_path / "acme")
    with serving(tmp_path) as found:
        yield found


@contextmanager
def connections(link: str, count: int, said: bytes) -> Iterator[list[socket.socket]]:
    """So many connections that have said this much."""
    base = httpx.URL(link)
    with ExitStack() as opened:
        made = []
        for _ in range(count):
            each = opened.enter_context(socket.create_connection((base.host, base.port or 0), timeout=30))
            try:
                each.sendall(said)
            except OSError:
                continue  # cut off already
            made.append(each)
        yield made


def healthy(link: str) -> bool:
    return httpx.get(httpx.URL(link).join("/healthz"), timeout=20).text == "ok\n"


def cookie(link: str) -> str:
    return httpx.get(link).headers["set-cookie"].partition(";")[0]


def is_closed(each: socket.socket) -> bool:
    try:
        return each.recv(1) == b""
    except ConnectionResetError:
        return True


@pytest.mark.parametrize("said", [b"", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "])
def test_who_says_a_request_slowly_is_cut_off_and_keeps_nobody(link: str, said: bytes) -> None:
    with connections(link, 200, said) as slow:
        assert healthy(link)
        assert all(map(is_closed, slow))
    assert healthy(link)


def test_a_second_request_of_a_connection_has_no_more_time(link: str) -> None:
    request = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    with connections(link, 1, request) as (one,):
        answer = b""
        while not answer.endswith(b"ok\n"):
            answer += one.recv(4096)
        one.sendall(b"GET / HTTP/1.1\r\nHost:")
        assert is_closed(one)


def test_a_form_that_never_ends_is_given_up(link: str) -> None:
    head = (
        f"POST /campaigns/acme/note HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie(link)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 1000\r\n\r\ncsrf="
    )
    with connections(link, 1, head.encode()) as (one,):
        assert b" 408 " in one.recv(4096)


def test_more_connections_than_there_may_be_are_refused_and_later_ones_served(link: str) -> None:
    with connections(link, MOST_CONNECTIONS + 50, b"") as many:
        for each in many:
            each.setblocking(False)
        time.sleep(1)
        answers = [_answer(each) for each in many]
        assert sum(answer is not None for answer in answers) >= 40
        told = [answer for answer in answers if answer]
        assert told
        assert all(answer.startswith(b"HTTP/1.1 503 ") for answer in told)
        assert f"serves {MOST_CONNECTIONS} connections at once".encode() in told[0]
    assert healthy(link)


def test_nonsense_does_not_fill_the_terminal(tmp_path: Path) -> None:
    campaign_in(tmp_path / "acme")
    said = tmp_path / "said"
    with serving(tmp_path, complaints=said) as link:
        for _ in range(3):
            with connections(link, 100, b"\x16\x03\x01 no request\r\n\r\n") as opened:
                assert all(b" 400 " in each.recv(4096) for each in opened)
        upgrade = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
        with connections(link, 50, upgrade) as opened:
            assert all(b" 200 " in each.recv(4096) for each in opened)
        assert healthy(link)
    assert said.read_text("utf-8").splitlines() == ["Invalid HTTP request received."]


def _answer(each: socket.socket) -> bytes | None:
    """What it was told before it was closed; ``None`` where it was neither."""
    try:
        return each.recv(4096)
    except BlockingIOError:
        return None
    except ConnectionResetError:
        return b""


def test_one_browser_has_only_so_many_streams_and_others_are_served(link: str) -> None:
    request = f"GET /campaigns/acme/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {cookie(link)}\r\n\r\n"
    with connections(link, MOST_OF_ONE + 20, request.encode()) as streams:
        answers = [each.recv(15) for each in streams]
        assert answers.count(b"HTTP/1.1 200 OK") == MOST_OF_ONE
        assert set(answers) <= {b"HTTP/1.1 200 OK", b"HTTP/1.1 503 Se", b"HTTP/1.1 429 To"}
        assert healthy(link)


def test_who_does_not_read_a_stream_is_let_go(link: str) -> None:
    """Its stream's place is another's again, once the connection is gone."""
    said = cookie(link)
    request = f"GET /campaigns/acme/events HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {said}\r\n\r\n".encode()
    with connections(link, MOST_OF_ONE, request) as streams:
        assert all(each.recv(15) == b"HTTP/1.1 200 OK" for each in streams)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with connections(link, 1, request) as (one,):
            if one.recv(15) == b"HTTP/1.1 200 OK":
                return
        time.sleep(0.5)
    pytest.fail("no stream was free again")


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"POST /leave HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 40_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n",
    ],
)
def test_what_is_no_decent_request_gets_no_page(link: str, said: bytes) -> None:
    with connections(link, 1, said) as opened:
        for each in opened:
            answer = each.recv(4096)
            assert b"Campaigns" not in answer
            assert not answer.startswith(b"HTTP/1.1 200")
    assert healthy(link)
