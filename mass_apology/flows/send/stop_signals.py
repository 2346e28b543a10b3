"""Handles signals during a run: the first one ends it after the letters in transit, a second Ctrl-C at once.

After a signal the command only closes its files and prints the result. A further signal would cut that off, so after
the first one signals stay ignored when the run is over.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_SIGNALS = tuple(
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None)) is not None
)  # SIGHUP: the terminal was closed; it does not exist on Windows


class StopSignals:
    """The signals that a run got; ``stop_on_signals`` makes it.

    SIGTERM and SIGHUP, however often they come, count as one Ctrl-C: their senders (systemd, a closed terminal) do not
    know whether letters are in transit.
    """

    def __init__(self, close: Callable[[], None], work: asyncio.Task[None]) -> None:
        self.stop_requested = False  # to end, by any signal
        self.cancelled = False  # by a second Ctrl-C
        self._close = close
        self._work = work
        self._interrupted = False

    def on_signal(self, number: int) -> None:
        """Handle a signal, in the event loop. Work that has ended is not cancelled."""
        if number == signal.SIGINT and self._interrupted:
            self.cancelled = self._work.cancel() or self.cancelled
        self._interrupted = self._interrupted or number == signal.SIGINT
        self._close()


@contextmanager
def stop_on_signals(close: Callable[[], None], work: asyncio.Task[None]) -> Iterator[StopSignals]:
    """Call ``close`` at every signal, and cancel ``work`` at a second Ctrl-C."""
    signals = StopSignals(close, work)
    loop = asyncio.get_running_loop()

    def handle(number: int, _: object) -> None:
        signals.stop_requested = True  # here and not in the loop, which may have no turn before this is left
        loop.call_soon_threadsafe(signals.on_signal, number)

    # Python's own handlers and not the loop's: those do not exist on Windows. After `nohup`, SIGHUP stays ignored.
    wanted = [each for each in _SIGNALS if each == signal.SIGINT or signal.getsignal(each) != signal.SIG_IGN]
    before = {each: signal.signal(each, handle) for each in wanted}
    try:
        yield signals
    finally:
        for each, handler in before.items():
            signal.signal(each, signal.SIG_IGN if signals.stop_requested else handler)
