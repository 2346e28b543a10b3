"""Signals during a run: each ends it after the letters on their way; only a second Ctrl-C ends it at once.

The run that was told to end is the command's last one, and what is left of the command takes a moment: it closes and
says what was done. Signals have nothing to end there, and would cut that off; so after the first one they stay ignored.
"""

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

    def __init__(self, close: Callable[[], None], work: asyncio.Task[None]) -> None:
        self.asked = False  # to end, by any signal
        self.cancelled = False  # by a second Ctrl-C
        self._close = close
        self._work = work
        self._interrupted = False

    def received(self, number: int) -> None:
        """In the event loop: a signal came. What has ended already is not cancelled."""
        if number == signal.SIGINT and self._interrupted:
            self.cancelled = self._work.cancel() or self.cancelled
        self._interrupted = self._interrupted or number == signal.SIGINT
        self._close()


@contextmanager
def interrupts(close: Callable[[], None], work: asyncio.Task[None]) -> Iterator[Interrupts]:
    """``close`` is called with the first signal; ``work`` is cancelled by a second Ctrl-C."""
    watching = Interrupts(close, work)
    loop = asyncio.get_running_loop()

    def handle(number: int, _: object) -> None:
        watching.asked = True  # here and not in the loop, which may have no turn before this is left
        loop.call_soon_threadsafe(watching.received, number)

    # Python's own handlers and not the loop's: those do not exist on Windows. After `nohup`, SIGHUP stays ignored.
    wanted = [each for each in _SIGNALS if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, handle) for each in wanted}
    try:
        yield watching
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_IGN if watching.asked else handler)
