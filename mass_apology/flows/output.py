"""Files for the user: whole, or not there. A full disk leaves the old file as it was.

They are for their owner only (0600, folders 0700), since they name customers.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, TextIO

from mass_apology.errors import OutputError
from mass_apology.system.whole_file import beginning, remove_abandoned


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[TextIO]:
    """Write ``path`` (UTF-8) as text; otherwise like ``new_binary_file``."""
    with _neighbour(path, force=force) as descriptor, os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def new_binary_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Write ``path`` through a neighbour that takes its name only when all is on the disk.

    Raises ``OutputError`` if it exists and ``force`` is false, or if it cannot be written.
    """
    with _neighbour(path, force=force) as descriptor, os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def new_folder(path: Path, *, suffix: str, force: bool) -> Iterator[Path]:
    """Fill the folder ``path`` through a neighbour that takes its name when it is complete.

    Even with ``force`` only a folder that holds nothing but files ending in ``suffix`` is replaced. Raises
    ``OutputError`` otherwise, or if it cannot be written.
    """
    refuse_existing(path, force=force or _is_empty(path))
    if path.exists() and not _holds_only(path, suffix):
        raise OutputError(
            f"{path} holds other things than {suffix} files, so it is not overwritten.",
            next_step="Give the path of a new folder.",
        )
    remove_abandoned(path)
    with _told(path):
        made = Path(tempfile.mkdtemp(prefix=beginning(path), dir=path.parent))
    try:
        with _told(path):
            yield made
            if path.exists():
                shutil.rmtree(path)
            made.replace(path)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def require_csv(path: Path) -> None:
    """Raise ``OutputError`` if the name promises something else than the CSV that is to be written."""
    if path.suffix.lower() != ".csv":
        raise OutputError(f"{path} would hold CSV under another name.", next_step="Give it a name that ends in .csv.")


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise ``OutputError`` if the path exists and ``force`` is false, or is in no folder: before long work begins."""
    if path.exists() and not force:
        raise OutputError(f"{path} exists already.", next_step="Give another name, or overwrite it with --force.")
    if not path.parent.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {path.parent}.", next_step="Make it first.")


@contextmanager
def _neighbour(path: Path, *, force: bool) -> Iterator[int]:
    """The descriptor of a file that becomes ``path`` when the block ends well."""
    refuse_existing(path, force=force)
    remove_abandoned(path)
    with _told(path):
        descriptor, name = tempfile.mkstemp(prefix=beginning(path), dir=path.parent)  # mkstemp makes it 0600
    try:
        with _told(path):
            yield descriptor
            Path(name).replace(path)
    finally:
        with suppress(FileNotFoundError):
            Path(name).unlink()


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _holds_only(path: Path, suffix: str) -> bool:
    return path.is_dir() and all(each.suffix == suffix and each.is_file() for each in path.iterdir())


@contextmanager
def _told(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}.",
            next_step="Give a path in an existing folder with room on its disk.",
        ) from error
