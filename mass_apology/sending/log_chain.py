"""The hash chain of log.jsonl: lines are chained in groups, each by a line "chained" that follows them.

Such a line holds two SHA-256 over its group. One is over the facts: the octets of each line up to ``,"reply":`` or
``,"reason":``, whichever text it ends with. The other is over these texts, and begins with a salt. So ``purge`` can
take the texts and the salt away, and what stays is still proven. Its hash is over all of this and over the hash of the
line "chained" before it: to change, add or take away any earlier line takes a new hash for every later group.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

CHAINED = "chained"
"""The event of the lines that chain."""

NO_HEAD = ""
"""The head of a log without a line "chained"."""

_MARK = b'"event":"chained"'
_TEXT = re.compile(rb',"(?:reply|reason)":')  # no string holds it, since JSON escapes its quotation marks
_HASHED = ("at", "event", "facts", "lines", "previous", "texts")
_TAIL = 1 << 16  # octets read at a time in search of the last line "chained"


def split(line: bytes) -> tuple[bytes, bytes]:
    """A line without its line feed: its facts, and its text with all that follows, at least the closing brace."""
    found = _TEXT.search(line)
    at = found.start() if found else line.rfind(b"}")
    return line[:at], line[at:]


def chained(previous: str, lines: Sequence[bytes], *, at: str, salt: str) -> dict[str, str | int]:
    """The line that chains ``lines``, which have no line feeds, to the head before: ``hash`` is the new head."""
    facts, texts = zip(*map(split, lines), strict=True)
    link: dict[str, str | int] = {
        "at": at,
        "event": CHAINED,
        "lines": len(lines),
        "previous": previous,
        "facts": _digest(facts),
        "texts": _digest(texts, bytes.fromhex(salt)),
    }
    return {**link, "hash": hash_of(link), "salt": salt}


def _digest(parts: Sequence[bytes], salt: bytes = b"") -> str:
    return hashlib.sha256(salt + b"".join([part + b"\n" for part in parts])).hexdigest()


def hash_of(link: Mapping[str, object]) -> str:
    """The hash of a line "chained": SHA-256 over its other members but the salt, as canonical JSON (sorted, tight)."""
    return hashlib.sha256(msgspec.json.encode({key: link[key] for key in _HASHED}, order="sorted")).hexdigest()


def without_text(line: bytes) -> bytes:
    """A line as a purge leaves it: with an empty text, or without its salt. Raises ``msgspec.DecodeError``."""
    facts = msgspec.json.decode(line, type=dict[str, object])
    if facts.get("event") == CHAINED:
        return msgspec.json.encode(facts | {"salt": ""})
    kept, text = split(line)
    found = _TEXT.match(text)
    return kept + found[0] + b'""}' if found else line


def head_of(log: Path) -> str:
    """The hash of the last line "chained"; ``NO_HEAD`` where there is none. Raises ``OSError``."""
    if not log.is_file():
        return NO_HEAD
    with log.open("rb") as file:
        start = end = file.seek(0, 2)
        while start:
            start = max(0, start - _TAIL)
            file.seek(start)
            tail = file.read(min(end - start, 2 * _TAIL))  # the piece read last, too: a line may begin before it
            for line in reversed(tail.split(b"\n")[:-1]):
                if head := hash_in(line):
                    return head
    return NO_HEAD


def hash_in(line: bytes) -> str:
    """The hash in a line "chained"; empty for another line, and for half of one."""
    if _MARK not in line:
        return ""
    try:
        facts = msgspec.json.decode(line, type=dict[str, object])
    except msgspec.DecodeError:
        return ""
    return str(facts.get("hash", ""))
