"""A time zone is said once in a sentence: "from 09:12 to 10:40 UTC", not "from 09:12 UTC to 10:40 UTC".

Where a sentence prints a time and then another one, the first is written without its zone, unless the two have
different ones, as before and after a change of the clock. The template's author writes ``time`` and ``moment`` as ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jinja2 import nodes

WITHIN = {"time": "time_within", "moment": "moment_within"}
"""A filter that says the zone, and the one in its place where a later time of the sentence says it."""

DATED = frozenset({*WITHIN, "clock", "day", "date", "on_day", "on_date", "since", "until", "from_to"})
"""Filters that write moments: their values are on one line."""

# An abbreviation such as "godz. " or "plkst. " stands before the time itself, and a sentence begins with a capital.
_STOP = re.compile(r"[.…][\"”»’)]*\s+(?P<next>[^\W\d_])")
_END = re.compile(
    r"[!?;]\s|\n[ \t]*\n|\n[ \t]*(?:[-*+]|\d+[.)])[ \t]"
    r"|</?(?:p|li|ul|ol|td|th|tr|table|h[1-6]|div|br|hr|blockquote)\b",
    re.IGNORECASE,
)
_END_OF_DATA = re.compile(r"[.!?…][\"”»’)]*\s+\Z")


def say_zones_once(printed: Sequence[nodes.Expr]) -> list[nodes.Expr]:
    """What is printed in one go, with the zone left to the last time of each sentence."""
    return [
        _within(node, following) if (following := _next_time(printed, at)) is not None else node
        for at, node in enumerate(printed)
    ]


def _within(node: nodes.Expr, following: nodes.Expr) -> nodes.Expr:
    if not isinstance(node, nodes.Filter):
        raise TypeError(f"{node} is no filter")
    return nodes.Filter(node.node, WITHIN[node.name], [following], [], None, None, lineno=node.lineno)


def _next_time(printed: Sequence[nodes.Expr], at: int) -> nodes.Expr | None:
    """The value of the time that follows a time in the same sentence; ``None`` where this is none, or none follows."""
    if not _is(printed[at], frozenset(WITHIN)):
        return None
    for place, node in enumerate(printed[at + 1 :], start=at + 1):
        if isinstance(node, nodes.Filter) and node.name in WITHIN:
            return node.node
        if isinstance(node, nodes.TemplateData):
            behind = printed[place + 1] if place + 1 < len(printed) else None
            if _ends_sentence(node.data, behind):
                return None
    return None


def _ends_sentence(text: str, behind: nodes.Expr | None) -> bool:
    if _END.search(text) or any(found["next"].isupper() for found in _STOP.finditer(text)):
        return True
    return _END_OF_DATA.search(text) is not None and not _is(behind, DATED)


def _is(node: nodes.Expr | None, names: frozenset[str]) -> bool:
    return isinstance(node, nodes.Filter) and node.name in names and node.node is not None and not node.args
