"""log.jsonl without the words of servers: they repeat names, and parts of addresses that do not look like one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from mass_apology.errors import OutputError
from mass_apology.system.whole_file import beginning, remove_abandoned

_WORDS = ("reply", "reason")


def purge_log(path: Path) -> None:
    """Write the log anew, line for line, in one step; what is no JSON object is left out. Raises ``OutputError``."""
    if not path.exists():
        return
    remove_abandoned(path)
    new = path.with_name(f"{beginning(path)}purged")
    try:
        with path.open("rb") as log, os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.writelines(_wordless(log))
            file.flush()
            os.fsync(file.fileno())
        new.replace(path)
    except OSError as error:
        with suppress(OSError):
            new.unlink()
        raise OutputError(
            f"{path} cannot be written anew: {error.strerror or error}.",
            next_step="Make room on the disk and the folder writable, then run the same purge again.",
        ) from error


def _wordless(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            facts = msgspec.json.decode(line, type=dict[str, object])
            yield msgspec.json.encode(facts | {key: "" for key in _WORDS if facts.get(key)}) + b"\n"
