"""A file that the operator names, read whole and once: never a pipe that is waited for, or a device without an end."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path


def read_regular(path: Path, most: int) -> bytes:
    """The octets of a regular file.

    ``OSError`` whose ``strerror`` says what it is instead, or that it has more than ``most`` octets.
    """
    refuse_special(path)
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        octets = file.read(most + 1)
    if len(octets) > most:
        raise OSError(errno.EFBIG, f"it is larger than {most:,} octets", str(path))
    return octets


def refuse_special(path: Path, *, but_open_pipes: bool = False) -> None:
    """Raise ``OSError`` for a folder, a device, a pipe, and a name that no file can have.

    ``but_open_pipes``: take a pipe that a shell has opened for us, "<(zcat mail.log.*.gz)", whose writer is there.
    """
    try:
        mode = path.stat().st_mode
    except ValueError as error:  # NUL, or half of a surrogate pair
        raise OSError(errno.EINVAL, "no file can have that name", str(path)) from error
    if not (stat.S_ISREG(mode) or (but_open_pipes and stat.S_ISFIFO(mode) and _is_open(path))):
        what = "a folder" if stat.S_ISDIR(mode) else "a pipe or a device"
        raise OSError(errno.EINVAL, f"it is {what}, not a file", str(path))


def _is_open(path: Path) -> bool:
    """Whether it names a descriptor: /dev/fd/63, /proc/self/fd/11, /dev/stdin."""
    return path.parent.name == "fd" or path == Path("/dev/stdin")
