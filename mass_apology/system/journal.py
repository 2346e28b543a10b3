"""Tells the journal of systemd with fields, by its native protocol (systemd.io/JOURNAL_NATIVE_PROTOCOL).

Only where the process writes to the journal anyway: ``JOURNAL_STREAM`` names the device and inode of its standard error
or output (systemd.exec(5)). Nothing waits for the journal: what it does not take at once is lost there, and stands in
the campaign's log all the same.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

SOCKET = Path("/run/systemd/journal/socket")
STREAM_VARIABLE = "JOURNAL_STREAM"

_IDENTIFIER = "mass-apology"


class Journal:
    """A connection to the journal, or to nothing where there is none."""

    def __init__(self, place: Path = SOCKET, streams: tuple[int, ...] = (2, 1)) -> None:
        """``streams`` are the descriptors of which one at least has to be the journal's."""
        self._place = str(place)
        self._socket: socket.socket | None = None
        if hasattr(socket, "AF_UNIX") and _writes_to_journal(streams):
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
            self._socket.settimeout(0)

    def send(self, message: str, priority: int, fields: Mapping[str, object]) -> None:
        """One entry; ``priority`` as in syslog(3), ``fields`` with names of ours in lower case."""
        if self._socket is None:
            return
        own = {f"MASS_APOLOGY_{name.upper()}": str(value) for name, value in fields.items()}
        entry = {"MESSAGE": message, "PRIORITY": str(priority), "SYSLOG_IDENTIFIER": _IDENTIFIER, **own}
        with suppress(OSError):  # it is full, or is started anew just now
            self._socket.sendto(b"".join(_field(name, value) for name, value in entry.items()), self._place)

    def close(self) -> None:
        """Close the connection."""
        if self._socket is not None:
            self._socket.close()


def _field(name: str, value: str) -> bytes:
    """A value of several lines is told with its length."""
    octets = value.encode("utf-8", "backslashreplace")
    if b"\n" not in octets:
        return b"%s=%s\n" % (name.encode(), octets)
    return b"%s\n%s%s\n" % (name.encode(), len(octets).to_bytes(8, "little"), octets)


def _writes_to_journal(streams: tuple[int, ...]) -> bool:
    told = os.environ.get(STREAM_VARIABLE, "")
    for stream in streams:
        with suppress(OSError):
            status = os.fstat(stream)
            if told == f"{status.st_dev}:{status.st_ino}":
                return True
    return False
