"""Files of JSON lines that several processes append to.

A file is opened with O_APPEND and given whole lines, so that processes that write at the same moment keep each other's
lines. What a crash or a full disk left without its line feed is ended before anything follows it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO


def append_line(path: Path, line: bytes, *, torn_end: bytes = b"\n") -> None:
    """Add ``line`` and its line feed; it is on the disk when this returns. Raises ``OSError``."""
    octets = line + b"\n"
    with open_for_lines(path, torn_end=torn_end) as file:
        while octets:
            octets = octets[file.write(octets) :]
        os.fsync(file.fileno())


def open_for_lines(path: Path, *, torn_end: bytes = b"\n", buffering: int = 0) -> BinaryIO:
    """Open ``path`` for appending; it is made for its owner only (0600) where it is missing. Raises ``OSError``.

    ``torn_end`` ends a line that has no line feed yet.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | getattr(os, "O_BINARY", 0), 0o600)
    file = os.fdopen(descriptor, "ab", buffering=buffering)
    try:
        if _ends_within_a_line(descriptor):
            file.write(torn_end)
    except BaseException:
        file.close()
        raise
    return file


def _ends_within_a_line(descriptor: int) -> bool:
    size = os.fstat(descriptor).st_size
    if not size:
        return False
    os.lseek(descriptor, size - 1, os.SEEK_SET)  # what is written goes to the end all the same; Windows has no pread
    return os.read(descriptor, 1) != b"\n"
