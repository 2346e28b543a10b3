"""Holes that print the recipient's name, salutation or code and nothing else: filled without Jinja.

Nearly every letter has one, and nearly every recipient has a name of their own, so that nothing which is kept helps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from jinja2 import nodes
from markupsafe import escape
from msgspec import Struct

from mass_apology.letter.markup.hole_inputs import PERSONAL
from mass_apology.letter.markup.stops_once import WITHOUT_STOP, without_stop
from mass_apology.letter.markup.wrapping import kept_lines

LONGEST = 500
"""Characters of a value; what is longer is counted as part of the letter's work, and so written by Jinja."""

_FILTERS: Mapping[str, Callable[[object], object]] = MappingProxyType(
    {"kept_lines": kept_lines, WITHOUT_STOP: without_stop}
)


class Printed(Struct, frozen=True, kw_only=True):
    """What such a hole prints."""

    name: str  # one of ``PERSONAL``
    filters: tuple[str, ...]  # in the order in which they are used
    escaped: bool  # as in the HTML

    def text(self, value: str) -> str:
        """The hole's text, given what the name stands for."""
        made: object = value
        for name in self.filters:
            made = _FILTERS[name](made)
        return str(escape(made) if self.escaped else made)


def printed(hole: nodes.Node, *, escaped: bool) -> Printed | None:
    """What a hole prints, where it is one of these."""
    if not isinstance(hole, nodes.Output) or len(hole.nodes) != 1:
        return None
    node, filters = hole.nodes[0], list[str]()
    while isinstance(node, nodes.Filter) and node.name in _FILTERS and node.node is not None:
        filters.append(node.name)
        node = node.node
    if not isinstance(node, nodes.Name) or node.name not in PERSONAL:
        return None
    return Printed(name=node.name, filters=tuple(reversed(filters)), escaped=escaped)
