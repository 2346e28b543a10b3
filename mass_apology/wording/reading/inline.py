"""A line of plain text, Markdown or a template → what a reader sees of it, with the places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from mass_apology.wording.letter_text import Builder, names_in

# Each alternative begins with a sign of its own and its inner part cannot run over that sign: one pass, linear time.
_MARK = re.compile(
    r"(?P<value>\{\{[^{}\n]{0,500}\}\})"
    r"|(?P<statement>\{%[^{}\n]{0,500}%\}|\{#[^{}\n]{0,500}#\})"
    r"|(?P<image>!\[[^\[\]\n]{0,200}\]\([^()\s]{0,500}\))"
    r"|(?P<link>\[(?P<label>[^\[\]\n]{1,300})\]\([^()\n]{0,500}\))"
    r"|(?P<star>\*{1,3})"
    r"|(?P<under>(?<!\w)_{1,2}(?=\w)|(?<=\w)_{1,2}(?!\w))"
    r"|(?P<tick>`+)"
    r"|(?P<escape>\\[\\`*_{}\[\]()#+.!|~<>-])"
    r"|(?P<break>\\$)"
    r"|(?P<tag></?(?:a|b|br|center|div|em|font|h[1-6]|hr|i|img|li|ol|p|small|span|strong|table|td|tr|u|ul)\b[^<>\n]{0,300}>)"
)


class Inline:
    """Reads lines into a builder, and remembers the names that a template's values have."""

    def __init__(self, source: str, builder: Builder, *, is_template: bool, is_markdown: bool) -> None:
        self._source = source
        self._builder = builder
        self._is_template = is_template
        self._is_markdown = is_markdown
        self.names: set[str] = set()

    def add(self, start: int, end: int) -> None:
        """Read the source from ``start`` to ``end``, which lie in one line."""
        at = start
        for found in _MARK.finditer(self._source, start, end):
            kind = str(found.lastgroup if found.lastgroup != "label" else "link")
            if found.start() < at or not self._means(kind):
                continue
            self._builder.add(at, found.start())
            at = found.end()
            self._TAKEN[kind](self, found)
        self._builder.add(at, end)

    def _means(self, kind: str) -> bool:
        """Whether a sign means something here; otherwise it is text."""
        return self._is_template if kind in {"value", "statement"} else self._is_markdown

    def _value(self, found: re.Match[str]) -> None:
        self.names.update(names_in(found[0]))
        self._builder.value(found.start())

    def _statement(self, found: re.Match[str]) -> None:
        self.names.update(names_in(found[0]))

    def _link(self, found: re.Match[str]) -> None:
        self.add(*found.span("label"))

    def _escape(self, found: re.Match[str]) -> None:
        self._builder.add(found.start() + 1, found.end())

    def _nothing(self, found: re.Match[str]) -> None:
        pass

    _TAKEN: Mapping[str, Callable[[Inline, re.Match[str]], None]] = {
        "value": _value,
        "statement": _statement,
        "link": _link,
        "escape": _escape,
        "image": _nothing,
        "star": _nothing,
        "under": _nothing,
        "tick": _nothing,
        "break": _nothing,
        "tag": _nothing,
    }
