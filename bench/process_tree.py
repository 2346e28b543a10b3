"""A process and its descendants, as Linux's /proc shows them: who they are, and how much memory they hold."""

from __future__ import annotations

import os
import re
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_PROC = Path("/proc")
_EVERY = 0.1  # seconds between two looks at the memory
_PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)
_PEAK_RSS = re.compile(r"^VmHWM:\s+(\d+) kB", re.MULTILINE)
_STATE = re.compile(r"^State:\s+(\w)", re.MULTILINE)


def tree(pid: int) -> list[int]:
    """The process and all its descendants that live at the moment."""
    found = [pid]
    for parent in found:  # grows while it is walked
        with suppress(OSError):
            for children in (_PROC / str(parent) / "task").glob("*/children"):
                found += map(int, children.read_text().split())
    return found


def lives(pid: int) -> bool:
    """Whether the process is there and is no zombie."""
    return _field(pid, "status", _STATE) not in {None, "Z", "X"}


def cpu_seconds(pid: int) -> float:
    """CPU seconds that the process, its living descendants, and those it has waited for have used so far."""
    return sum(map(_own_cpu_seconds, tree(pid)))


def _own_cpu_seconds(pid: int) -> float:
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")  # utime, stime, cutime, cstime: proc(5)


def _field(pid: int, file: str, pattern: re.Pattern[str]) -> str | None:
    try:
        match = pattern.search((_PROC / str(pid) / file).read_text())
    except OSError:  # it has ended
        return None
    return match[1] if match else None


def _mebibytes(pid: int, file: str, pattern: re.Pattern[str]) -> float:
    return int(_field(pid, file, pattern) or 0) / 1024


class MemoryWatch:
    """Looks at a process tree's memory ten times a second while the block runs.

    PSS shares what several processes map alike (the interpreter, copied-on-write pages) between them, so that the sum
    over the tree is what the machine really gave. Looking costs some milliseconds of a core each time.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.peak_sum = 0.0  # MiB: the highest sum of PSS at one moment
        self.peak_rss: dict[int, float] = {}  # MiB by process: the kernel's own high-water mark

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    @property
    def largest(self) -> float:
        """MiB: the peak RSS of the largest process."""
        return max(self.peak_rss.values(), default=0.0)

    def _watch(self) -> None:
        while not self._stop.wait(_EVERY):
            self._look()

    def _look(self) -> None:
        processes = tree(self._pid)
        self.peak_sum = max(self.peak_sum, sum(_mebibytes(pid, "smaps_rollup", _PSS) for pid in processes))
        for pid in processes:
            self.peak_rss[pid] = max(self.peak_rss.get(pid, 0.0), _mebibytes(pid, "status", _PEAK_RSS))
