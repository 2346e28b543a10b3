"""Tells who waits for letters that there may be some."""

from __future__ import annotations

from threading import Event
from typing import Protocol


class Doorbell(Protocol):
    """Rings when letters were shared, or became free. It may ring for nothing, or be missed: look regardless."""

    def wait(self, seconds: float) -> None:
        """Return when it rings, after so many seconds, or when it is closed; in a thread of one's own.

        Raises ``LedgerError`` where the store cannot be asked.
        """

    def close(self) -> None:
        """End a wait."""


class SilentDoorbell:
    """Of a store that one process uses at a time."""

    def __init__(self) -> None:
        self._closed = Event()

    def wait(self, seconds: float) -> None:
        self._closed.wait(seconds)

    def close(self) -> None:
        self._closed.set()
