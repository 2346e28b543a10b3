"""Lines of plain text, wrapped between words."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from markupsafe import Markup

_BLANK = re.compile(r"\s*<[^<>]*>\s*</[^<>]*>\s*")

WIDTH = 72
"""Columns; mail readers that quote have room for a few more."""


def fill(words: Iterable[str], width: int, measure: Callable[[str], int] = len) -> list[str]:
    """As many words on each line as fit; a longer word has a line of its own."""
    lines: list[list[str]] = [[]]
    used = 0
    for word in words:
        size = measure(word)
        if used and used + 1 + size > width:
            lines.append([])
            used = 0
        lines[-1].append(word)
        used += size + (used > 0)
    return [" ".join(line) for line in lines]


def unless_blank(paragraph: str) -> str:
    """An element with its tags, or nothing where nothing stands between them."""
    return "" if _BLANK.fullmatch(paragraph) else paragraph


def kept_lines(value: object) -> object:
    """A cell of several lines as HTML in which each begins on a line of its own; anything else as it is."""
    return Markup("<br>\n").join(value.split("\n")) if type(value) is str and "\n" in value else value


@lru_cache(maxsize=1024)  # most recipients share most paragraphs
def paragraph(text: str, prefix: str = "") -> str:
    """A paragraph some parts of which may be absent: no empty lines, no doubled spaces, wrapped.

    Later lines begin with ``prefix``. No-break spaces stay what they are.
    """
    lines: list[str] = []
    for line in text.split("\n"):
        lines += fill(filter(None, line.split(" ")), WIDTH - len(prefix))
    return f"\n{prefix}".join(filter(None, lines))
