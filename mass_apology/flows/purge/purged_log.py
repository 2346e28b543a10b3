"""Removes servers' texts from log.jsonl: they may repeat names and parts of addresses. Its hash chain stays proven."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from mass_apology.errors import OutputError
from mass_apology.sending.log_chain import without_text
from mass_apology.system.whole_file import replacement


def purge_log(path: Path) -> None:
    """Replace the log atomically by one without texts and without incomplete lines. Raises ``OutputError``."""
    if not path.exists():
        return
    try:
        with path.open("rb") as log, replacement(path) as file:
            file.writelines(_without_texts(log))
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written anew: {error.strerror or error}.",
            next_step="Make room on the disk and the folder writable, then run the same purge again.",
        ) from error


def _without_texts(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            yield without_text(line.rstrip(b"\n")) + b"\n"
