"""Files that are whole or not there: they are written beside their place, and take it when they are complete.

What is beside it has the number of its process in its name, so that the next one can tell what a killed one left.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from mass_apology.system.processes import start_of


def write_whole(path: Path, octets: bytes, *, durable: bool = False) -> None:
    """Write a small file in place of the one before, for its owner only (0600); nobody ever sees half of it.

    ``durable``: return when the disk has it. Raises ``OSError``; the one before is intact then.
    """
    remove_abandoned(path)
    descriptor, name = tempfile.mkstemp(prefix=beginning(path), dir=path.parent)  # mkstemp makes it 0600
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(octets)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        Path(name).replace(path)
        if durable:
            _sync_folder(path.parent)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _sync_folder(folder: Path) -> None:
    """A new name is on the disk when its folder is; a system that cannot sync folders needs no such step."""
    with suppress(PermissionError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def beginning(path: Path) -> str:
    """How the name of what this process writes for ``path`` begins."""
    return f".{path.name}.{os.getpid()}."


def remove_abandoned(path: Path) -> None:
    """Remove what processes left that were killed while they wrote: it may name customers, and nobody sees it."""
    common = f".{path.name}."
    for left in path.parent.glob(f"{glob.escape(common)}*"):
        pid = left.name.removeprefix(common).partition(".")[0]
        if not pid.isdecimal() or start_of(int(pid)) is not None:
            continue
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)
