"""Both event loops, and nothing left behind on either; a certificate authority of our own."""

from __future__ import annotations

import asyncio
import gc
import ssl
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import trustme
import uvloop

Run = Callable[[Coroutine[Any, Any, Any]], Any]


@pytest.fixture(scope="session", autouse=True)
def _small_heap() -> None:
    """The tests collect garbage to find what was left behind; what was imported need not be searched each time."""
    gc.collect()
    gc.freeze()


@pytest.fixture(params=["asyncio", "uvloop"])
def run_loop(request: pytest.FixtureRequest) -> Run:
    """Runs a coroutine to its end and checks that no task, exception or transport is left."""
    runner = {"asyncio": asyncio.run, "uvloop": uvloop.run}[request.param]

    async def watched(main: Coroutine[Any, Any, Any]) -> Any:
        complaints: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        result = await asyncio.wait_for(main, 60)
        await asyncio.sleep(0.01)  # a sink's last connections
        gc.collect()
        assert complaints == []
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return result

    return lambda main: runner(watched(main))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = Path(tmp_path_factory.mktemp("ca")) / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


def _server_context(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert(name).configure_cert(context)
    return context


@pytest.fixture(scope="session")
def server_tls(authority: trustme.CA) -> ssl.SSLContext:
    return _server_context(authority, "127.0.0.1")


@pytest.fixture(scope="session")
def stranger_tls(authority: trustme.CA) -> ssl.SSLContext:
    """A valid certificate of somebody else."""
    return _server_context(authority, "other.example")
