"""TOML as a person writes it: without thousands of brackets, dots or digits, which the parser would follow for ever."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

MAX_OCTETS = 256 * 1024
"""Of a file. A campaign in six languages has some 10 KB."""

MAX_DEPTH = 12
"""Tables and lists inside one another."""

MAX_ENTRIES = 20_000
"""Keys and items of lists, together."""

MAX_TEXT = 20_000
"""Characters of one text."""

MAX_KEY = 100
"""Characters of one key."""

# Of one key; the parser needs the square of their number. The first word of a key is looked for only once.
_DOTTED = re.compile(r"""(?<![\w"'\-. \t])[ \t]*+(?:[\w"'\-]++[ \t]*+\.[ \t]*+){200}""")


def parse_toml(text: str) -> dict[str, Any]:
    """The tables. ``ValueError`` with a clause that says where and what is wrong or too much."""
    if key := _DOTTED.search(text):
        raise ValueError(f"line {text.count(chr(10), 0, key.start()) + 1}: a key has too many dots")
    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    for number, path in enumerate(_entries(tables)):
        if number > MAX_ENTRIES:
            raise ValueError(f"it has more than {MAX_ENTRIES:,} keys and items; from {path} on")
    return tables


def _entries(tables: Mapping[str, Any]) -> Iterator[str]:
    """The path of each entry; ``ValueError`` for what is too large. Without recursion, whatever the depth."""
    within: list[tuple[str, int, Any]] = [("$", 0, tables)]
    while within:
        path, depth, value = within.pop()
        _refuse_large(path, depth, value)
        yield path
        if isinstance(value, Mapping):
            for key in value:
                if len(key) > MAX_KEY:
                    raise ValueError(f"`{path}` has a key of {len(key):,} characters, `{key[:20]}…`")
            within += [(f"{path}.{key}", depth + 1, each) for key, each in value.items()]
        elif isinstance(value, list):
            within += [(f"{path}[{number}]", depth + 1, each) for number, each in enumerate(value)]


def _refuse_large(path: str, depth: int, value: Any) -> None:
    if depth > MAX_DEPTH:
        raise ValueError(f"`{path[:60]}…` is nested too deeply")
    if isinstance(value, str) and len(value) > MAX_TEXT:
        raise ValueError(f"`{path}` has {len(value):,} characters, and {MAX_TEXT:,} is the most")
    if isinstance(value, int) and value.bit_length() > 63:
        raise ValueError(f"`{path}` is a number of more than 18 digits")
