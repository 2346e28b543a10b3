"""Writes the campaign's log: one JSON object a line, without addresses.

It identifies a recipient by the Message-ID's token, which is a keyed hash, by line numbers in the recipients file, and
by the letter's number in the ledger. A run's first line identifies the ledger and the file: so the log shows which
letters left even if the ledger is lost. Its lines are a hash chain; see ``log_chain``.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

import msgspec
from msgspec import Struct

from mass_apology.errors import OutputError
from mass_apology.model import Delivery, Mark, Phase, Status
from mass_apology.sending.log_chain import chained, head_of
from mass_apology.system.json_lines import open_for_lines

NO_FACTS: Mapping[str, object] = MappingProxyType({})

_ADDRESS = re.compile(r"(?<![^\s<>@])[^\s<>@]+@[^\s<>@]+")  # from a word's start only, so that a search stays linear


def redact_addresses(text: str) -> str:
    """A relay's reply text without addresses: relays often quote the recipient."""
    return _ADDRESS.sub("(address)", text) if "@" in text else text


class _MarkLine(Struct):
    """A line about one delivery; the members stand in this order."""

    at: str
    event: str
    letter: str
    number: int
    lines: msgspec.Raw
    attempts: int
    phase: Phase | None
    relay: str | msgspec.UnsetType  # left out where it has no name
    sha256: str | None
    code: int | None
    enhanced_code: str | None
    reply: str  # a text stands last, where the chain expects it


_EVENTS = {status: status.lower() for status in Status}


class EventLog:
    """Appends events to a file. Lines reach the system at ``flush``, which ``SendingRun`` calls every tick.

    What is flushed together is one group of the chain, and is written at once. Only the constructor and ``flush`` raise
    ``OutputError``: a full disk must not keep an outcome from the ledger.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._encode = msgspec.json.Encoder().encode
        self._failure: OutputError | None = None  # the first; after it nothing is written
        self._lines: list[bytes] = []  # not written yet
        self._hear: Callable[[str, Mapping[str, object]], None] = lambda *_: None
        try:
            self._file = open_for_lines(path)
            self._head = head_of(path)
            self._size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            raise self._unwritable(error) from error

    @property
    def head(self) -> str:
        """The chain's head: the hash of the last group that was flushed; empty before the first."""
        return self._head

    def event(self, what: str, at: float, facts: Mapping[str, object] = NO_FACTS, *, reason: str | None = None) -> None:
        """Append an event of the run, such as "started" or "slow_down"; ``at`` in Unix seconds."""
        told = {**facts, **({} if reason is None else {"reason": reason})}
        self._add({"at": _iso_time(at), "event": what, **told})
        self._hear(what, told)

    def on_event(self, hear: Callable[[str, Mapping[str, object]], None]) -> None:
        """``hear`` of each event of the run, its name and facts, in place of who heard of them before."""
        self._hear = hear

    def mark(
        self,
        delivery: Delivery,
        mark: Mark,
        phase: Phase | None,
        relay: str | None = None,
        *,
        sha256: bytes | None = None,
    ) -> None:
        """Append a change of one delivery; ``phase``: where its transaction ended, and ``relay``: the name of the one
        that it was with, if there was one. ``sha256`` is of the message's octets, where there was a message."""
        self._add(
            _MarkLine(
                _iso_time(mark.at),
                _EVENTS[mark.status],
                delivery.token,
                delivery.id,
                msgspec.Raw(delivery.lines.encode()),
                mark.attempts,
                phase,
                msgspec.UNSET if relay is None else relay,
                sha256.hex() if sha256 else None,
                mark.code,
                mark.enhanced_code,
                redact_addresses(mark.reply or ""),
            )
        )

    def claimed(self, deliveries: Sequence[Delivery]) -> None:
        """Append the claim of these letters and flush: after a kill, the log must name all that may have left."""
        if deliveries:
            letters = [delivery.token for delivery in deliveries]
            lines = [delivery.first_line for delivery in deliveries]
            self._add({"at": _iso_time(time.time()), "event": "claimed", "letters": letters, "lines": lines})
            self.flush()

    def _add(self, line: dict[str, object] | _MarkLine) -> None:
        if self._failure is None:
            self._lines.append(self._encode(line))

    def flush(self) -> None:
        """Write all lines to the file. Raises ``OutputError`` if this or an earlier write failed."""
        self._write()
        if self._failure is not None:
            raise self._failure

    def close(self) -> None:
        """Flush and close. Lines that cannot be written are lost; ``flush`` has reported that."""
        self._write()
        with suppress(OSError):
            self._file.close()

    def _write(self) -> None:
        lines, self._lines = self._lines, []
        if not lines:
            return
        try:
            self._append(lines)
        except OSError as error:
            self._failure = self._unwritable(error)

    def _append(self, lines: list[bytes]) -> None:
        """All lines with the one that chains them, or none."""
        descriptor = self._file.fileno()
        if os.fstat(descriptor).st_size != self._size:  # a sender that was taken over has written its last lines
            self._head = head_of(self._path)
        before = os.fstat(descriptor).st_size
        link = chained(self._head, lines, at=_iso_time(time.time()), salt=secrets.token_hex(16))
        octets = b"\n".join((*lines, self._encode(link), b""))
        written = 0
        try:
            while written < len(octets):
                written += self._file.write(octets[written:])
        except OSError:
            with suppress(OSError):
                os.ftruncate(descriptor, before)  # half a group would have no line that chains it
            raise
        self._head = str(link["hash"])
        self._size = before + len(octets)

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
