"""Writes values, keys and comments as TOML."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from datetime import datetime

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_WIDTH = 116  # of a remark's line


def toml(value: object) -> str:
    """A TOML value: text, number, time, or a list of these."""
    if isinstance(value, str):
        # A JSON string is a TOML basic string, but for DEL.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value).lower() if isinstance(value, bool) else str(value)


def toml_key(name: str) -> str:
    """A TOML key: bare if possible, else quoted."""
    return name if _BARE_KEY.fullmatch(name) else toml(name)


def remark(text: str) -> Iterator[str]:
    """The text as comment lines, with invisible characters escaped."""
    for line in textwrap.wrap(visible(text), _WIDTH, break_long_words=False, break_on_hyphens=False):
        yield f"# {line}"


def visible(text: str) -> str:
    """The text on one line, with invisible characters escaped."""
    line = " ".join(text.split())
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in line)
