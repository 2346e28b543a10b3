"""Runs a flow's coroutine in uvloop, or in asyncio's own loop without it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(flow: Coroutine[Any, Any, T]) -> T:
    """Run a flow to its end, and return what it returns; exceptions come through as they are.

    uvloop has cheaper pipes and TLS connections than asyncio's own loop, which serves where there is no uvloop. Ctrl-C
    cancels the flow once, and raises ``KeyboardInterrupt`` when its cleaning up has ended.
    """
    with asyncio.Runner(loop_factory=_factory()) as runner:
        return runner.run(flow)


def _factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop  # noqa: PLC0415 (not on Windows, where asyncio's own loop serves)
    except ImportError:
        return None
    return uvloop.new_event_loop
