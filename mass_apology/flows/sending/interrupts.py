"""Signals during a run: each ends it after the letters on their way; only a second Ctrl-C ends it at once."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)  # SIGHUP: the terminal was closed; it does not exist on Windows


class Interrupts:
    """What was asked of the run by signals.

    SIGTERM and SIGHUP are one Ctrl-C, however often they come: who sends them does not know what is on its way.
    """

    def __init__(self, close: Callable[[], None], task: asyncio.Task[object]) -> None:
        self.task = task
        self.cancelled = False  # by a second Ctrl-C
        self._close = close
        self._interrupted = False

    def received(self, number: int) -> None:
        """In the event loop: a signal came."""
        if number == signal.SIGINT and self._interrupted and not self.cancelled:  # a third finds nothing left to end
            self.cancelled = True
            self.task.cancel()
        self._interrupted = self._interrupted or number == signal.SIGINT
        self._close()


@contextmanager
def interrupts(close: Callable[[], None]) -> Iterator[Interrupts]:
    """``close`` is called with the first signal; the current task is cancelled by a second Ctrl-C."""
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 (a coroutine always runs in a task)
    watching = Interrupts(close, task)
    loop = asyncio.get_running_loop()

    def handle(number: int, _: object) -> None:
        loop.call_soon_threadsafe(watching.received, number)

    # Python's own handlers and not the loop's: those do not exist on Windows. After `nohup`, SIGHUP stays ignored.
    wanted = [each for each in _SIGNALS if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, handle) for each in wanted}
    try:
        yield watching
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
