"""The log: a JSON object a line, for machines, with no addresses in it.

A recipient is named by the Message-ID's token, which is a keyed hash, by the line numbers in the recipients file, and
by the letter's number in the ledger. A run's first line says which ledger and which file these are of: so a log tells
what left even where the ledger does not.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import IO

import msgspec

from mass_apology.errors import OutputError
from mass_apology.model import Delivery, Mark, Phase

_ADDRESS = re.compile(r"[^\s<>@]+@[^\s<>@]+")


def without_addresses(text: str) -> str:
    """A relay's words with everything that looks like an address taken out: relays love to quote the recipient."""
    return _ADDRESS.sub("(address)", text)


class Log:
    """Appends events to a file. Lines are handed to the system at ``flush``, which the sender calls every second.

    Only opening it and ``flush`` raise ``OutputError``: a full disk must not come between a letter and its outcome.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode
        self._failure: OutputError | None = None  # after it nothing more is written
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            self._file: IO[bytes] = os.fdopen(descriptor, "ab", buffering=1 << 16)
            if _ends_within_a_line(descriptor):  # an earlier run was killed, or its disk was full
                self._file.write(b"\n")
        except OSError as error:
            raise self._unwritable(error) from error

    def event(self, what: str, at: float, **facts: object) -> None:
        """One event of the run, such as "started" or "slowed-down"."""
        self._write({"at": _iso(at), "event": what, **facts})

    def mark(self, delivery: Delivery, mark: Mark, phase: Phase | None) -> None:
        """One change of one delivery; ``phase`` is where its conversation with the relay ended, if there was one."""
        self._write(
            {
                "at": _iso(mark.at),
                "event": mark.status.lower(),
                "letter": delivery.token,
                "number": delivery.id,
                "lines": msgspec.Raw(delivery.lines.encode()),
                "attempts": mark.attempts,
                "phase": phase,
                "code": mark.code,
                "enhanced_code": mark.enhanced_code,
                "reply": without_addresses(mark.reply or ""),
            }
        )

    def claimed(self, deliveries: Sequence[Delivery]) -> None:
        """These letters may be handed over from now on: after a kill, the log must name all that may have left."""
        if deliveries:
            letters = [delivery.token for delivery in deliveries]
            lines = [delivery.first_line for delivery in deliveries]
            self._write({"at": _iso(time.time()), "event": "claimed", "letters": letters, "lines": lines})
            self.flush()

    def _write(self, line: dict[str, object]) -> None:
        self._attempt(lambda: self._file.write(self._encode(line) + b"\n"))

    def flush(self) -> None:
        """Hand all lines to the system. Raises ``OutputError`` where it takes them no longer."""
        self._attempt(self._file.flush)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Flush and close; what cannot be written any more is lost, as ``flush`` has said."""
        self._attempt(self._file.flush)
        with suppress(OSError):
            self._file.close()

    def _attempt(self, act: Callable[[], object]) -> None:
        if self._failure is None:
            try:
                act()
            except OSError as error:
                self._failure = self._unwritable(error)

    def _unwritable(self, error: OSError) -> OutputError:
        return OutputError(
            f"{self._path} cannot be written: {error.strerror or error}.",
            next_step="Make room on the disk, then run send again: it goes on where it stopped.",
        )


def _ends_within_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    return size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"


def _iso(at: float) -> str:
    """``2026-11-20T09:12:00.123Z``"""
    return f"{_second(int(at))}.{int(at % 1 * 1000):03}Z"


@lru_cache(maxsize=8)
def _second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
