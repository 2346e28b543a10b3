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

_PARSED = re.compile(r"(?P<said>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)
_PLAIN = (
    ("Invalid value", "a value is missing here, or is a text without its quotation marks"),
    ("after a key", "a key is followed by = and its value"),
    ("']' at the end", "the bracket of a table's name is not closed: [name]"),
    ("']]' at the end", "the brackets of a table's name are not closed: [[name]]"),
    ("ewline or end of document", "something stands here after the end of a value"),
    ("overwrite a value", "this key stands there twice"),
    ("twice", "this table stands there twice"),
    ("Duplicate", "this key stands there twice"),
    ("Unterminated string", "a text has no quotation mark at its end"),
    ("Illegal character", "there is a character that cannot be in a text; perhaps its quotation mark is missing"),
    ("Unclosed array", "a list is not closed by ]"),
    ("Unclosed inline", "a table is not closed by }"),
    ("Unescaped", "a backslash in a text is written twice: \\\\"),
    ("date", "this is no date or moment such as 2026-11-20T09:12:00Z"),
    ("key part", "this is no key; a key with other characters than a-z, 0-9, - and _ stands in quotation marks"),
)
"""A word of the parser's sentence → what it means, in plain words."""


def parse_toml(text: str) -> dict[str, Any]:
    """The tables. ``ValueError`` with a clause that says where and what is wrong or too much."""
    if key := _DOTTED.search(text):
        raise ValueError(f"line {text.count(chr(10), 0, key.start()) + 1}: a key has too many dots")
    try:
        tables = tomllib.loads(text)
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except tomllib.TOMLDecodeError as error:
        raise ValueError(_in_plain_words(str(error))) from error
    for number, path in enumerate(_entries(tables)):
        if number > MAX_ENTRIES:
            raise ValueError(f"it has more than {MAX_ENTRIES:,} keys and items; from {path} on")
    return tables


def _in_plain_words(said: str) -> str:
    """The parser's sentence with the place before it, and without words for programmers."""
    found = _PARSED.fullmatch(said)
    if found is None:
        return said[:1].lower() + said[1:]
    words = next((plain for word, plain in _PLAIN if word in found["said"]), "this is not how TOML is written")
    where = f"line {found['line']}, column {found['column']}" if found["line"] else "at its end"
    return f"{where}: {words}"


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
