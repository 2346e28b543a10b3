"""Columns by their bare names: ``{{ plan }}`` is ``{{ customer.plan }}`` where nothing else is called so."""

from __future__ import annotations

from collections.abc import Container

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from mass_apology.letter.markup.tree_names import names_set

VARIABLES = frozenset(
    {"customer", "rows", "incident", "sender", "language", "name", "salutation", "code", "remedies", "register"}
)
"""What every template may use."""

_LAYOUTS = frozenset({"subject", "preheader", "body", "direction", "brand", "letterhead", "addressee", "loop"})


class _AnyColumn:
    """Holds every name: for what looks at a letter without its rows."""

    def __contains__(self, name: object) -> bool:
        return True


ANY_COLUMN: Container[str] = _AnyColumn()


def with_customers(tree: nodes.Template, columns: Container[str]) -> nodes.Template:
    """The tree with ``customer`` before the bare names of columns."""
    if columns != ():
        _Columns(columns, VARIABLES | _LAYOUTS | names_set([tree])).visit(tree)
    return tree


class _Columns(NodeTransformer):
    def __init__(self, columns: Container[str], taken: Container[str]) -> None:
        self._columns = columns
        self._taken = taken

    def visit_Name(self, node: nodes.Name) -> nodes.Expr:  # noqa: N802 (Jinja's way to name it)
        if node.ctx != "load" or node.name in self._taken or node.name not in self._columns:
            return node
        whose = nodes.Name("customer", "load", lineno=node.lineno, environment=node.environment)
        return nodes.Getattr(whose, node.name, "load", lineno=node.lineno, environment=node.environment)
