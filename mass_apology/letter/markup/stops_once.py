"""A sentence ends with one full stop, also where a value ends with its own: "help@acme.example.", "Acme Inc.".

Where the letter's words go on with a full stop right behind a value, the value is printed without its last one. The
template's author writes ``{{ incident.contact }}.`` as ever.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from jinja2 import nodes

WITHOUT_STOP = "without_stop"
"""The filter around such a value."""

# Tags may stand between them, and "..." and ".com" are no full stops.
_STOP = re.compile(r"(?:</\w{1,20}>)*\.(?![.\w])")


def stop_once(printed: Sequence[nodes.Expr]) -> list[nodes.Expr]:
    """What is printed in one go, with the values that stand before a full stop marked as such."""
    return [
        _marked(node) if _is_value(node) and _begins_with_stop(following) else node
        for node, following in zip(printed, [*printed[1:], None], strict=True)
    ]


def without_stop(value: object) -> object:
    """A text without the full stop at its end; "etc.." and "…" are no such end."""
    text = value if isinstance(value, str) else str(value)
    return text[:-1] if text.endswith(".") and not text.endswith("..") else value


def _is_value(node: nodes.Expr) -> bool:
    return not isinstance(node, nodes.TemplateData)


def _begins_with_stop(node: nodes.Expr | None) -> bool:
    return isinstance(node, nodes.TemplateData) and _STOP.match(node.data) is not None


def _marked(node: nodes.Expr) -> nodes.Expr:
    return nodes.Filter(node, WITHOUT_STOP, [], [], None, None, lineno=node.lineno)
