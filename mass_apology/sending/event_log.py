"""Writes the campaign's log: one JSON object a line, without addresses.

It identifies a recipient by the Message-ID's token, which is a keyed hash, by line numbers in the recipients file, and
by the letter's number in the ledger. A run's first line identifies the ledger and the file: so the log shows which
letters left even if the ledger is lost.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import msgspec

from mass_apology.errors import OutputError
from mass_apology.model import Delivery, Mark, Phase
from mass_apology.system.json_lines import open_for_lines

_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+")  # from a word's start only, so that a search stays linear


def redact_addresses(text: str) -> str:
    """A relay's reply text without addresses: relays often quote the recipient."""
    return _ADDRESS.sub("(address)", text)


class EventLog:
    """Appends events to a file. Lines reach the system at ``flush``, which ``SendingRun`` calls every tick.

    Only the constructor and ``flush`` raise ``OutputError``: a full disk must not keep an outcome from the ledger.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode
        self._failure: OutputError | None = None  # the first; after it nothing is written
        try:
            self._file = open_for_lines(path, buffering=1 << 16)
        except OSError as error:
            raise self._unwritable(error) from error

    def event(self, what: str, at: float, **facts: object) -> None:
        """Append an event of the run, such as "started" or "slow_down"; ``at`` in Unix seconds."""
        self._write({"at": _iso_time(at), "event": what, **facts})

    def mark(self, delivery: Delivery, mark: Mark, phase: Phase | None, relay: str | None = None) -> None:
        """Append a change of one delivery; ``phase``: where its transaction ended, and ``relay``: the name of the one
        that it was with, if there was one."""
        self._write(
            {
                "at": _iso_time(mark.at),
                "event": mark.status.lower(),
                "letter": delivery.token,
                "number": delivery.id,
                "lines": msgspec.Raw(delivery.lines.encode()),
                "attempts": mark.attempts,
                "phase": phase,
                "code": mark.code,
                "enhanced_code": mark.enhanced_code,
                "reply": redact_addresses(mark.reply or ""),
                **({} if relay is None else {"relay": relay}),
            }
        )

    def claimed(self, deliveries: Sequence[Delivery]) -> None:
        """Append the claim of these letters and flush: after a kill, the log must name all that may have left."""
        if deliveries:
            letters = [delivery.token for delivery in deliveries]
            lines = [delivery.first_line for delivery in deliveries]
            self._write({"at": _iso_time(time.time()), "event": "claimed", "letters": letters, "lines": lines})
            self.flush()

    def _write(self, line: dict[str, object]) -> None:
        self._keep_failure(lambda: self._file.write(self._encode(line) + b"\n"))

    def flush(self) -> None:
        """Write all lines to the file. Raises ``OutputError`` if this or an earlier write failed."""
        self._keep_failure(self._file.flush)
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Flush and close. Lines that cannot be written are lost; ``flush`` has reported that."""
        self._keep_failure(self._file.flush)
        with suppress(OSError):
            self._file.close()

    def _keep_failure(self, act: Callable[[], object]) -> None:
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


def _iso_time(at: float) -> str:
    """``2026-11-20T09:12:00.123Z``"""
    return f"{_iso_second(int(at))}.{int(at % 1 * 1000):03}Z"


@lru_cache(maxsize=8)
def _iso_second(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S")
