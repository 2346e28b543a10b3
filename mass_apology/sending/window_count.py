"""What a relay's connections ask of its windows."""

from __future__ import annotations

from typing import Protocol


class WindowCount(Protocol):
    """Counts letters against windows: ``relay_windows.RelayWindows`` alone, ``common_windows.CommonWindows`` with
    other processes. Times are Unix seconds."""

    @property
    def in_flight(self) -> int:
        """Letters started and not handed over yet."""

    def begin(self) -> None:
        """Count a letter that is started."""

    def end(self, *, handed_over_at: float | None) -> None:
        """End a letter: handed over at that time, or not at all (``None``)."""

    def wish(self, now: float) -> None:
        """A letter would start if it might."""

    def closed_until(self, now: float) -> float | None:
        """When a letter may start again, or when to ask again; ``None`` while one may start."""
