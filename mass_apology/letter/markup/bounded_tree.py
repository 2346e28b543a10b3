"""A template's tree with our own filters around what Jinja cannot intercept itself: no operator escapes the count."""

from __future__ import annotations

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from mass_apology.letter.markup.stops_once import stop_once
from mass_apology.letter.markup.zones_once import say_zones_once


def bounded(tree: nodes.Template) -> nodes.Template:
    """The tree of checked source, changed in place and ready to be compiled by a ``LetterEnvironment``."""
    changed: nodes.Template = _Bounding().visit(tree)
    return changed


class _Bounding(NodeTransformer):
    """What Jinja cannot intercept itself, as our own filters: ``a ~ b`` as the bounded ``join``, and whatever builds,
    compares or repeats values as counted. Zones and full stops once in a sentence.
    """

    def visit_Output(self, node: nodes.Output) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        return nodes.Output(stop_once(say_zones_once(node.nodes)), lineno=node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        items = nodes.List([_marked(each) for each in node.nodes], lineno=node.lineno)
        return nodes.Filter(items, "join", [], [], None, None, lineno=node.lineno)

    def visit_List(self, node: nodes.List) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        return node if all(isinstance(each, nodes.Const) for each in node.items) else _measured(node)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        is_constant = all(isinstance(each, nodes.Const) for each in node.items)
        return node if is_constant or node.ctx != "load" else _measured(node)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        return _measured(node)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        return _measured(node) if isinstance(node.arg, nodes.Slice) else node

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        return nodes.Operand(node.op, node.expr if isinstance(node.expr, nodes.Const) else _measured(node.expr))

    def visit_Test(self, node: nodes.Test) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        self.generic_visit(node)
        if node.args:  # it compares
            node.node = _measured(node.node)
            node.args = [each if isinstance(each, nodes.Const) else _measured(each) for each in node.args]
        return node

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 (Jinja finds the method by the node's name)
        cost = nodes.Const(1 + sum(1 for _ in node.find_all(nodes.Node)))
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "counted", [cost], [], None, None, lineno=node.lineno)
        return node


def _marked(node: nodes.Expr) -> nodes.Expr:
    """A text of the template's own beside encoded values: it is as its author wants it, and the whole is encoded."""
    is_text = isinstance(node, nodes.Const) and isinstance(node.value, str)
    return nodes.Filter(node, "encoded", [], [], None, None, lineno=node.lineno) if is_text else node


def _measured(node: nodes.Expr) -> nodes.Expr:
    return nodes.Filter(node, "measured", [], [], None, None, lineno=node.lineno)
