"""Edits of a TOML text that leave all other octets as they are: comments, order, spacing, quotes.

A value is replaced in its place; a new key goes to the end of its table, a new table behind its parent. The outcome is
parsed and compared with what was wanted, so an edit is either exact or refused: the scanner need not know TOML wholly.
"""

from __future__ import annotations

import copy
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

from msgspec import Struct

Path = tuple[str | int, ...]
"""Of a table or value: keys, and the numbers of tables in an array, from 0."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_SPACES = re.compile(r"[ \t]*+")
_KEY = re.compile(r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*+'|[^=\n"'])*""")
_HEADER = re.compile(r"""\[{1,2}(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*+'|[^\]\n"'])*\]{1,2}""")
_TEXT = re.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*"{3,5}'
    r"|'''(?:[^']|'(?!''))*'{3,5}"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*+'",
    re.DOTALL,
)
_COMMENTED = re.compile(r"^#[ \t]*([A-Za-z0-9_-]+)[ \t]*=", re.MULTILINE)
_SOURCE = re.compile(r"[ \t]*# from [^\n\r]*")
_COMMENTS = re.compile(r"(?:[ \t]*#[^\n]*(?:\n|\Z))*")


class Edit(Struct, frozen=True, kw_only=True):
    """One value to be put into a table."""

    table: Path  # its path; () for the keys before the first table
    key: str
    notation: str  # of the value, in TOML
    remark: tuple[str, ...] = ()  # comment lines, "# …", above a key that is new
    source: str = ""  # a comment behind the value, "from …"; it takes the place of one that begins so
    is_comment: bool = False  # the key is new and a comment, too: its place is shown, and nothing is said


class _Entry(Struct, frozen=True):
    """A table's header, or a key with its value, and where it stands in the text."""

    path: Path
    table: Path  # the header above it; of a header, its own path
    start: int  # of the value; of a header, of its line
    end: int

    @property
    def is_header(self) -> bool:
        return self.path == self.table


def edited(text: str, edits: Sequence[Edit]) -> str:
    """The text with these values. ``ValueError`` with a clause where a place for one cannot be found."""
    for edit in edits:
        wanted = _with(_parsed(text), edit)
        text = _edited(text, edit)
        if _parsed(text) != wanted:
            raise ValueError(f"`{_dotted((*edit.table, edit.key))}` cannot be written there: its table is not plain")
    return text


def line_of(text: str, path: Path) -> int | None:
    """The line on which a value begins, from 1; ``None`` where it stands in a list or an inline table, or nowhere."""
    found = next((each for each in _entries(text) if each.path == path and not each.is_header), None)
    return text.count("\n", 0, found.start) + 1 if found else None


def commented(text: str, table: Path) -> frozenset[str]:
    """The keys that stand in the table as comments: "# role = …"."""
    entries = [*_entries(text), _Entry(("",), ("",), len(text), len(text))]
    within: set[str] = set()
    for entry, after in pairwise(entries):
        if entry.table == table:
            within.update(_COMMENTED.findall(text, entry.end, after.start))
    return frozenset(within)


def _edited(text: str, edit: Edit) -> str:
    entries = list(_entries(text))
    newline = "\r\n" if "\r\n" in text else "\n"
    notation = edit.notation.replace("\n", newline)
    own = next((each for each in entries if each.path == (*edit.table, edit.key) and not each.is_header), None)
    if own is not None:
        behind = _end(_SOURCE, text, own.end) if edit.source else own.end
        return text[: own.start] + notation + _comment(edit) + text[behind:]
    lines = [*edit.remark, f"{'# ' * edit.is_comment}{_key(edit.key)} = {notation}{_comment(edit)}"]
    within = [each for each in entries if each.table == edit.table]
    is_new = not within and bool(edit.table)
    if is_new:
        lines = [f"[{'.'.join(_key(str(part)) for part in edit.table)}]", *lines]
        at = _behind(text, entries, _family(entries, edit.table))
    elif not within and entries:  # no key stands before the first table
        return text[: entries[0].start] + newline.join([*lines, "", ""]) + text[entries[0].start :]
    else:
        at = _after_comments(text, _line_end(text, max((each.end for each in within), default=len(text))))
    before = text[:at] if not text[:at] or text[:at].endswith("\n") else text[:at] + newline
    has_gap = not before.strip() or before.endswith(("\n\n", "\n\r\n"))
    gap = newline if (edit.remark or is_new) and not has_gap else ""
    after = newline if is_new and text[at:].strip() else ""
    return before + gap + newline.join([*lines, ""]) + after + text[at:]


def _comment(edit: Edit) -> str:
    return f"  # {edit.source}" if edit.source else ""


def _behind(text: str, entries: Sequence[_Entry], family: Sequence[_Entry]) -> int:
    """Where the last of these tables ends: before the next one's header, and the comments right above it."""
    if not family:
        return len(text)
    following = entries[entries.index(family[-1]) + 1 :]
    at = next((each.start for each in following if each.is_header), len(text))
    while (start := text.rfind("\n", 0, max(at - 1, 0)) + 1) < at and text[start:at].lstrip().startswith("#"):
        at = start
    return at


def _family(entries: Sequence[_Entry], table: Path) -> list[_Entry]:
    """The entries of the nearest table above, and of its other tables: a new one goes behind them."""
    for length in range(len(table) - 1, 0, -1):
        if near := [each for each in entries if each.table[:length] == table[:length]]:
            return near
    return []


def _line_end(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end + 1


def _after_comments(text: str, at: int) -> int:
    """Behind the comments that follow without a space line: they belong to what stands above."""
    found = _COMMENTS.match(text, at)
    return found.end() if found else at


def _entries(text: str) -> Iterator[_Entry]:
    """All headers and values, in order. Values within lists and inline tables are not entries."""
    table: Path = ()
    counts: dict[Path, int] = {}
    at = _end(_BLANK, text, 0)
    while at < len(text):
        if text[at] == "[":
            end = _end(_HEADER, text, at)
            table = _resolved(_names(text[at:end].strip("[]")), counts, is_array=text.startswith("[[", at))
            yield _Entry(table, table, at, end)
        else:
            equals = _end(_KEY, text, at)
            start = _end(_SPACES, text, equals + 1)
            end = _value_end(text, start)
            yield _Entry((*table, *_names(text[at:equals])), table, start, end)
        at = _end(_BLANK, text, max(end, at + 1))


def _resolved(names: Sequence[str], counts: dict[Path, int], *, is_array: bool) -> Path:
    """The path of a header; arrays of tables on its way have the number of their last table."""
    path: Path = ()
    for number, name in enumerate(names, start=1):
        path = (*path, name)
        if is_array and number == len(names):
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _value_end(text: str, at: int) -> int:
    """Where the value that begins here ends."""
    depth = 0
    while at < len(text):
        sign = text[at]
        if sign in "\"'":
            at = max(_end(_TEXT, text, at), at + 1)
        elif sign in "[{":
            depth, at = depth + 1, at + 1
        elif sign in "]}":
            depth, at = depth - 1, at + 1
        elif depth and sign == "#":
            at = _line_end(text, at)
        elif depth or sign not in "#\r\n":
            at += 1
        else:
            break
        if depth == 0 and sign in "\"']}":
            return at
    while text[at - 1] in " \t":
        at -= 1
    return at


def _names(key: str) -> list[str]:
    """The names of a dotted key."""
    names: list[str] = []
    inner: Any = tomllib.loads(f"{key.strip()} = 0")
    while isinstance(inner, dict):
        ((name, inner),) = inner.items()
        names.append(name)
    return names


def _end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _parsed(text: str) -> dict[str, Any]:
    return tomllib.loads(text.removeprefix("\ufeff").replace("\r\n", "\n"))


def _with(tables: Mapping[str, Any], edit: Edit) -> dict[str, Any]:
    """The tables as they are wanted."""
    wanted = copy.deepcopy(dict(tables))
    inner: Any = wanted
    for part in edit.table:
        inner = inner.setdefault(part, {}) if isinstance(part, str) else inner[part]
    if not edit.is_comment:
        inner[edit.key] = tomllib.loads(f"x = {edit.notation}")["x"]
    return wanted


def _key(name: str) -> str:
    bare = re.fullmatch(r"[A-Za-z0-9_-]+", name, re.ASCII)
    return name if bare else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _dotted(path: Path) -> str:
    return ".".join(str(part) for part in path)
