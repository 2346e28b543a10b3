"""Temporary files with an owner: whatever a killed process left is found by its number and removed.

The name is a prefix, the process's number and a random word. They are for the user only (files 0600, folders 0700),
since they may name customers. Every function takes the prefix as a path: ``folder / ".results.csv."``.
"""

from __future__ import annotations

import glob
import os
import shutil
import tempfile
from contextlib import suppress
from pathlib import Path

from mass_apology.system.processes import start_of


def hidden_beside(path: Path) -> Path:
    """The prefix of temporary files that become ``path``: in its folder, where a rename is one step."""
    return path.with_name(f".{path.name}.")


def temporary_file(prefix: Path) -> Path:
    """Make an empty file. Raises ``OSError``."""
    descriptor, name = tempfile.mkstemp(prefix=_own(prefix), dir=prefix.parent)  # mkstemp makes it 0600
    os.close(descriptor)
    return Path(name)


def temporary_folder(prefix: Path) -> Path:
    """Make an empty folder. Raises ``OSError``."""
    return Path(tempfile.mkdtemp(prefix=_own(prefix), dir=prefix.parent))


def remove_abandoned(prefix: Path) -> None:
    """Remove the files and folders of processes that have ended, as far as that is allowed."""
    for path in prefix.parent.glob(f"{glob.escape(prefix.name)}*"):
        pid = path.name.removeprefix(prefix.name).partition(".")[0]
        if not pid.isdecimal() or start_of(int(pid)) is not None:
            continue
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            with suppress(OSError):  # another process may be faster
                path.unlink()


def _own(prefix: Path) -> str:
    return f"{prefix.name}{os.getpid()}."
