"""Reads a relay's log: the events of the wanted letters, and the time that the log covers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from msgspec.structs import replace

from mass_apology.relay_log.envelope_senders import EnvelopeSenders
from mass_apology.relay_log.exim import Exim
from mass_apology.relay_log.log_events import LogEvent
from mass_apology.relay_log.log_times import MONTHS, Clock, timestamp
from mass_apology.relay_log.postfix import Postfix
from mass_apology.relay_log.sendmail import Sendmail

_BEGINNINGS = frozenset({*MONTHS, b"20", b"<"})  # of times; a fast test, since few lines matter


class RelayLog:
    """One log, read line by line in its order by ``reconcile``. Its memory grows with the wanted letters only."""

    def __init__(self, wanted: Set[str], clock: Clock) -> None:
        """``wanted``: Message-IDs without angle brackets."""
        self._servers = (Postfix(wanted), Exim(wanted), Sendmail(wanted), EnvelopeSenders(wanted))
        self._clock = clock
        self.lines = 0
        self.first_at: float | None = None  # Unix seconds, of the first line that has a time
        self.last_at: float | None = None  # of the last one of all files; set when ``read`` has ended

    def read(self, lines: Iterable[bytes]) -> Iterator[LogEvent]:
        """Yield the events of the letters as they come. May be called again for the next file of the same log."""
        takers = tuple(server.take for server in self._servers)
        stamp = b""  # the last line that seems to begin with a time
        for line in lines:
            self.lines += 1
            if line[:3] in _BEGINNINGS or line[:2] in _BEGINNINGS or line[:1] in _BEGINNINGS:
                stamp = line
                if self.first_at is None:
                    self.first_at = timestamp(line, self._clock)
            for take in takers:
                if (event := take(line)) is not None:
                    # A refused letter's header is in separate lines, after the line with the time.
                    yield replace(event, at=timestamp(stamp, self._clock))
        if (at := timestamp(stamp, self._clock)) is not None:
            self.last_at = at if self.last_at is None else max(at, self.last_at)  # Exim's two logs end differently

    def covers(self, since: float, until: float) -> bool:
        """Whether the log begins before ``since`` and ends after ``until``, as far as its times can be read."""
        if self.first_at is None or self.last_at is None:
            return False
        return self.first_at <= since and until <= self.last_at
