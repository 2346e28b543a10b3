"""Wraps lines for a terminal between words: an address, a path and a command to be copied stay whole.

What is no terminal gets lines as they are: scripts search them, and files are wrapped by whoever opens them.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from typing import TextIO
from unicodedata import combining, east_asian_width

_LEAD = re.compile(r" *(?:→ |· |- )?")
# A command ends where its sentence or clause does: with the first word that ends in a stop.
_WORDS = re.compile(r'\(?mass-apology(?:(?<![.,;:)]) (?:"[^"]*"|[^ ])+)*|[^ ]+')
_NARROWEST = 30  # columns; a narrower terminal wraps by itself


def terminal_width(stream: TextIO) -> int | None:
    """The columns of the terminal that ``stream`` goes to; ``None`` where it is none."""
    try:
        is_terminal = stream.isatty()
    except ValueError:  # closed
        return None
    return max(_NARROWEST, shutil.get_terminal_size().columns) if is_terminal else None


def wrapped(text: str, width: int, *, hang: int | None = None) -> str:
    """``text`` in lines of ``width`` columns at most, but for words that are longer.

    Lines that continue another one hang below the words after its blanks and its mark, or at column ``hang``.
    """
    return "\n".join("\n".join(_lines(line, width, hang)) for line in text.split("\n"))


def _lines(line: str, width: int, hang: int | None) -> Iterator[str]:
    if columns(line) <= width:
        yield line
        return
    lead = _LEAD.match(line)
    first = lead[0] if lead else ""
    blank = " " * (hang if hang is not None else len(first) or 2)
    now, at, is_empty = first, len(first), True
    for word in _WORDS.finditer(line, len(first)):
        before = " " * (word.start() - at)
        if not is_empty and columns(now) + len(before) + columns(word[0]) > width:
            yield now
            now = f"{blank}{word[0]}"
        else:
            now = f"{now}{before}{word[0]}"
        at, is_empty = word.end(), False
    yield now


def columns(text: str) -> int:
    """The columns that a terminal needs for a line."""
    if text.isascii():
        return len(text)
    return sum(0 if combining(each) else 2 if east_asian_width(each) in {"W", "F"} else 1 for each in text)
