"""An expression of a template as a person would write it, to be shown; Jinja would read it as the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from jinja2 import nodes
from jinja2.compiler import operators

_OPPOSITES: Mapping[str, str] = MappingProxyType({"eq": "ne", "ne": "eq", "in": "notin", "notin": "in"})
"""Comparisons that are each other's contrary for every value; ``<`` and ``>=`` are not."""

# How tightly an expression holds together in Jinja's grammar. What is looser than its place wants stands in brackets.
_LOOSEST, _OR, _AND, _NOT, _COMPARISON, _SUM, _CONCAT, _PRODUCT, _SIGN, _FILTER, _NUMBER, _WORD = range(12)

_LEVELS: Mapping[type[nodes.Node], int] = MappingProxyType(
    {
        nodes.CondExpr: _LOOSEST,
        nodes.Or: _OR,
        nodes.And: _AND,
        nodes.Not: _NOT,
        nodes.Compare: _COMPARISON,
        nodes.Test: _COMPARISON,
        nodes.Add: _SUM,
        nodes.Sub: _SUM,
        nodes.Concat: _CONCAT,
        nodes.Mul: _PRODUCT,
        nodes.Div: _PRODUCT,
        nodes.FloorDiv: _PRODUCT,
        nodes.Mod: _PRODUCT,
        nodes.Neg: _SIGN,
        nodes.Pos: _SIGN,
        nodes.Filter: _FILTER,
    }
)


def spell(node: nodes.Node, least: int = _LOOSEST) -> str:
    """The expression's code, which Jinja parses to an equal expression; in brackets where its place needs them."""
    text = _code(node)
    return text if _level(node) >= least else f"({text})"


def contrary(node: nodes.Node) -> nodes.Expr:
    """The expression that holds where this one does not."""
    if isinstance(node, nodes.Not):
        return node.node
    if isinstance(node, nodes.Compare) and len(node.ops) == 1 and (other := _OPPOSITES.get(node.ops[0].op)):
        return nodes.Compare(node.expr, [nodes.Operand(other, node.ops[0].expr)], lineno=node.lineno)
    return nodes.Not(node, lineno=node.lineno)


def _level(node: nodes.Node) -> int:
    if isinstance(node, nodes.Const) and type(node.value) in {int, float}:
        return _NUMBER  # `1.real` would be read as a number again
    return _LEVELS.get(type(node), _WORD)


def _code(node: nodes.Node) -> str:  # noqa: C901, PLR0911 (one case for each shape that an expression may have)
    match node:
        case nodes.Name(name=str() as name):
            return name
        case nodes.Const():
            return _constant(node.value)
        case nodes.Getattr():
            return f"{spell(node.node, _WORD)}.{node.attr}"
        case nodes.Getitem():
            return f"{spell(node.node, _WORD)}[{_subscript(node.arg)}]"
        case nodes.Filter(node=nodes.Expr() as value):
            return f"{spell(value, _FILTER)} | {_applied(node)}"
        case nodes.Test():
            return f"{spell(node.node, _FILTER)} is {_applied(node)}"
        case nodes.CondExpr():
            return _conditional(node)
        case nodes.Compare():
            pairs = (f" {operators[each.op]} {spell(each.expr, _SUM)}" for each in node.ops)
            return spell(node.expr, _SUM) + "".join(pairs)
        case nodes.BinExpr():
            level = _level(node)
            return f"{spell(node.left, level)} {node.operator} {spell(node.right, level + 1)}"
        case nodes.UnaryExpr():
            return _unary(node)
        case nodes.Concat():
            return " ~ ".join(spell(each, _PRODUCT) for each in node.nodes)
    return _collection(node)


def _collection(node: nodes.Node) -> str:
    match node:
        case nodes.List():
            return f"[{_listed(node.items)}]"
        case nodes.Tuple():
            return f"({_listed(node.items)}{',' * (len(node.items) == 1)})"
        case nodes.Dict():
            return f"{{{', '.join(f'{spell(each.key)}: {spell(each.value)}' for each in node.items)}}}"
    raise TypeError(f"{type(node).__name__} is no expression of a letter")


def _listed(items: Iterable[nodes.Node]) -> str:
    return ", ".join(map(spell, items))


def _constant(value: object) -> str:
    if isinstance(value, str):
        return f'"{"".join(map(_character, value))}"'
    if value is None or isinstance(value, bool):
        return str(value).lower()
    return repr(value).replace("inf", "1e999")  # Jinja reads it as infinite again


def _character(character: str) -> str:
    if character == '"':
        return '\\"'
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode("ascii")


def _subscript(node: nodes.Node) -> str:
    if isinstance(node, nodes.Tuple) and len(node.items) > 1:  # no brackets: a slice cannot stand inside them
        return ", ".join(map(_index, node.items))
    return _index(node)


def _index(node: nodes.Node) -> str:
    if not isinstance(node, nodes.Slice):
        return spell(node)
    step = "" if node.step is None else f":{spell(node.step)}"
    return ":".join("" if each is None else spell(each) for each in (node.start, node.stop)) + step


def _applied(node: nodes.Filter | nodes.Test) -> str:
    given = [*map(spell, node.args), *(f"{each.key}={spell(each.value)}" for each in node.kwargs)]
    given += [f"*{spell(node.dyn_args)}"] if node.dyn_args else []
    given += [f"**{spell(node.dyn_kwargs)}"] if node.dyn_kwargs else []
    return f"{node.name}({', '.join(given)})" if given else node.name


def _conditional(node: nodes.CondExpr) -> str:
    # Jinja would take the `if` after a test such as `x is defined` for what the test compares with.
    whole = f"{spell(node.expr1, _NUMBER)} if {spell(node.test, _OR)}"
    return whole if node.expr2 is None else f"{whole} else {spell(node.expr2)}"


def _unary(node: nodes.UnaryExpr) -> str:
    if not isinstance(node, nodes.Not):
        return f"{node.operator}{spell(node.node, _NUMBER)}"
    if isinstance(node.node, nodes.Test):
        return f"{spell(node.node.node, _FILTER)} is not {_applied(node.node)}"
    return f"not {spell(node.node, _NOT)}"
