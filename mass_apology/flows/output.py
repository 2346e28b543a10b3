"""Files for the user: whole, or not there. A full disk leaves the old file as it was."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from mass_apology.errors import OutputError


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[TextIO]:
    """Write ``path`` (UTF-8) through a neighbour that takes its name only when all is on the disk.

    The file is for its owner only (0600), since it names customers. Raises ``OutputError`` if it exists and ``force``
    is false, or if it cannot be written.
    """
    if path.exists() and not force:
        raise OutputError(f"{path} exists already.", next_step="Give another name, or overwrite it with --force.")
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)  # mkstemp makes it 0600
    except OSError as error:
        raise _unwritable(path, error) from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise _unwritable(path, error) from error
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _unwritable(path: Path, error: OSError) -> OutputError:
    return OutputError(
        f"{path} cannot be written: {error.strerror or error}.",
        next_step="Give a path in an existing folder with room on its disk.",
    )
