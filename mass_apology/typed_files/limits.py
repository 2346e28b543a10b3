"""How much a file may ask of the process that reads it, by its own size: no small file is worth a large effort."""

from __future__ import annotations

import signal
import sys
from contextlib import suppress

from mass_apology.typed_files.frames import Unreadable

MEMORY = 2 << 30
"""Octets of address space: the shared strings of a million rows take some 300 MB."""

_FREE = 20_000_000  # octets that any file may unpack to, and characters that it may give
_TIMES = 100  # and so many more for each octet of it; what spreadsheet programs write unpacks to 5 to 30 times its size
_SECONDS = 1.2  # of a core that any file may take
_SECONDS_PER_MB = 10.0  # a slow machine's reading of 1 MB of workbook, some 25,000 rows


class Budget:
    """What is left of what a file of so many octets may unpack to."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._left = _FREE + _TIMES * size

    def spend(self, amount: int) -> None:
        """Take so many octets or characters; raises ``Unreadable`` where none are left."""
        self._left -= amount
        if self._left < 0:
            raise Unreadable(
                f"has {self._size:,} bytes and unpacks to more than {_TIMES} times that, as no spreadsheet "
                "program writes.",
                "Do not trust the file; where it is yours, save it anew, or export a CSV.",
            )


if sys.platform == "win32":  # it has neither limit; the process is the parent's to end all the same

    def limit_memory() -> None:
        """Windows sets no limit to a process of its own accord."""

    def limit_time(size: int) -> None:
        """Windows has no timer of this kind."""
else:
    import resource

    def limit_memory() -> None:
        """From here on this process gets no more memory than ``MEMORY``; what asks for it fails."""
        with suppress(ValueError, OSError):  # a system may know no such limit, or have a lower one
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a crash leaves no customers' data behind

    def limit_time(size: int) -> None:
        """End this process by SIGPROF when it has computed for too long, from now on, for a file of so many octets."""
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, _SECONDS + _SECONDS_PER_MB * size / 1e6)
