"""Writes files for the user, each whole or not at all: a full disk leaves the old file unchanged.

Only their owner can read them (0600, folders 0700), since they name customers.
"""

from __future__ import annotations

import io
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TextIO

from mass_apology.errors import OutputError
from mass_apology.system.temporary_files import hidden_beside, remove_abandoned, temporary_folder
from mass_apology.system.whole_file import replacement


@contextmanager
def new_file(path: Path, *, force: bool) -> Iterator[TextIO]:
    """Write ``path`` as UTF-8 text; otherwise like ``new_binary_file``."""
    with new_binary_file(path, force=force) as octets:
        text = io.TextIOWrapper(octets, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()


@contextmanager
def new_binary_file(path: Path, *, force: bool) -> Iterator[BinaryIO]:
    """Write a temporary file beside ``path`` and rename it to ``path`` when all of it is on the disk.

    Raises ``OutputError`` if ``path`` exists and ``force`` is false, or if it cannot be written.
    """
    refuse_existing(path, force=force)
    with _wrap_errors(path), replacement(path) as file:
        yield file


@contextmanager
def new_folder(path: Path, *, suffix: str, force: bool) -> Iterator[Path]:
    """Fill a temporary folder beside ``path`` and rename it to ``path`` when it is complete.

    ``force`` replaces an existing folder only if it holds nothing but files ending in ``suffix``. Raises
    ``OutputError`` otherwise, or if the folder cannot be written.
    """
    refuse_existing(path, force=force or _is_empty(path))
    if path.exists() and not _holds_only(path, suffix):
        raise OutputError(
            f"{path} holds other things than {suffix} files, so it is not overwritten.",
            next_step="Give the path of a new folder.",
        )
    prefix = hidden_beside(path)
    with _wrap_errors(path):
        remove_abandoned(prefix)
        made = temporary_folder(prefix)
    try:
        with _wrap_errors(path):
            yield made
            if path.exists():
                shutil.rmtree(path)
            made.replace(path)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def require_ending(path: Path, endings: Sequence[str]) -> None:
    """Raise ``OutputError`` if the name ends in none of these."""
    if path.suffix.lower() not in endings:
        several = f"{', '.join(endings[:-1])} or {endings[-1]}" if len(endings) > 1 else endings[0]
        raise OutputError(
            f"{path} does not end in {several}.", next_step=f"Name the file {path.stem or 'table'}{endings[0]}."
        )


def refuse_existing(path: Path, *, force: bool) -> None:
    """Raise ``OutputError`` if the path exists and ``force`` is false, or its folder does not exist.

    Callers ask before long work begins.
    """
    if path.exists() and not force:
        raise OutputError(f"{path} exists already.", next_step="Give another name, or overwrite it with --force.")
    if not path.parent.is_dir():
        raise OutputError(f"{path} cannot be written: there is no folder {path.parent}.", next_step="Make it first.")


def _is_empty(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _holds_only(path: Path, suffix: str) -> bool:
    return path.is_dir() and all(each.suffix == suffix and each.is_file() for each in path.iterdir())


@contextmanager
def _wrap_errors(path: Path) -> Iterator[None]:
    """Turn an ``OSError`` into an ``OutputError`` that names ``path``."""
    try:
        yield
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written: {error.strerror or error}.",
            next_step="Give a path in an existing folder with room on its disk.",
        ) from error
