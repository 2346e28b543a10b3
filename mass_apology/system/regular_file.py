"""Reads a file that the operator names, refuses pipes, which block, and devices, and tells whether a file changed."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))


def read_regular(path: Path, most: int) -> bytes:
    """Return the octets of a regular file.

    Raises:
        OSError: it is not a regular file, or has more than ``most`` octets; ``strerror`` says which.
    """
    refuse_special(path)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        octets = file.read(most + 1)
    if len(octets) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most:,} octets", str(path))
    return octets


def refuse_special(path: Path, *, but_open_pipes: bool = False) -> None:
    """Raise ``OSError`` for a folder, a device, a pipe, a socket, and a name that no file can have.

    ``but_open_pipes`` accepts a pipe that a shell has opened, "<(zcat mail.log.*.gz)": it has a writer.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # NUL, or half of a surrogate pair
        raise OSError(errno.EINVAL, "no file can have that name", str(path)) from error
    if not (stat.S_ISREG(mode) or (but_open_pipes and stat.S_ISFIFO(mode) and _is_open(path))):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")
        raise OSError(errno.EINVAL, f"it is {kind}, not a file", str(path))


def _is_open(path: Path) -> bool:
    """Whether the path names a descriptor: /dev/fd/63, /proc/self/fd/11, /dev/stdin."""
    return path.parent.name == "fd" or path == Path("/dev/stdin")


def file_stamp(path: str | Path) -> tuple[int, int, int] | None:
    """Inode, octets and the time of the last write in nanoseconds; others after each change. ``None`` for no file."""
    try:
        found = os.stat(path)  # noqa: PTH116 (a Path costs more than the call, twice for each group of marks)
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
