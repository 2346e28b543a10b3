"""Files that are whole or not there: they are written beside their place, and take it when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from mass_apology.system.temporary_files import hidden_beside, remove_abandoned, temporary_file

OWNERS = 0o600
"""For its owner only."""

EVERYBODYS = 0o644
"""For others to read, too."""


def write_whole(path: Path, octets: bytes, *, durable: bool = False, mode: int = OWNERS) -> None:
    """Write a small file in place of the one before, as ``replacement`` does."""
    with replacement(path, durable=durable, mode=mode) as file:
        file.write(octets)


@contextmanager
def replacement(path: Path, *, durable: bool = False, mode: int = OWNERS) -> Iterator[BinaryIO]:
    """A new file that takes the place of ``path`` when the block ends well; nobody ever sees half of it.

    It is for its owner only (0600) unless another ``mode`` is given, and its octets are on the disk before it takes the
    place. ``durable``: so is its name when this returns. Raises ``OSError``; then the file before it is intact, and
    nothing is left beside it.
    """
    prefix = hidden_beside(path)
    remove_abandoned(prefix)
    new = temporary_file(prefix)
    try:
        with new.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        if mode != OWNERS:
            new.chmod(mode)
        new.replace(path)
        if durable:
            _sync_folder(path.parent)
    finally:
        new.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk when its folder is; a system that cannot sync folders needs no such step."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
