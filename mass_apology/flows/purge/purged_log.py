"""log.jsonl without the words of servers: they repeat names, and parts of addresses that do not look like one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from mass_apology.errors import OutputError
from mass_apology.system.whole_file import replacement

_WORDS = ("reply", "reason")


def purge_log(path: Path) -> None:
    """Write the log anew, line for line, in one step; what is no JSON object is left out. Raises ``OutputError``."""
    if not path.exists():
        return
    try:
        with path.open("rb") as log, replacement(path) as file:
            file.writelines(_wordless(log))
    except OSError as error:
        raise OutputError(
            f"{path} cannot be written anew: {error.strerror or error}.",
            next_step="Make room on the disk and the folder writable, then run the same purge again.",
        ) from error


def _wordless(lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        with suppress(msgspec.DecodeError, UnicodeDecodeError):
            facts = msgspec.json.decode(line, type=dict[str, object])
            yield msgspec.json.encode(facts | {key: "" for key in _WORDS if facts.get(key)}) + b"\n"
