"""The names in a template's tree: those an expression uses, those that get a value, those made from others."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from jinja2 import nodes


def names_in(node: nodes.Node) -> set[str]:
    """The names of an expression; Jinja's search leaves out the expression itself."""
    own = {node.name} if isinstance(node, nodes.Name) else set()
    return own | {each.name for each in node.find_all(nodes.Name)}


def names_set(pieces: Iterable[nodes.Node]) -> set[str]:
    """The names that ``set`` and loops give values to."""
    return {name.name for piece in pieces for name in piece.find_all(nodes.Name) if name.ctx == "store"}


def names_made_from(
    names: Collection[str], tree: nodes.Template, parts: Callable[[nodes.Node], Iterable[str]] = names_in
) -> set[str]:
    """These names, and those that are set from them or run through them.

    ``parts`` tells of an expression which names its value is made of.
    """
    given: list[tuple[nodes.Node, nodes.Node]] = [(each.target, each.node) for each in tree.find_all(nodes.Assign)]
    given += [(each.target, each.iter) for each in tree.find_all(nodes.For)]
    made = set(names)
    while True:
        more = {
            target.name for target, value in given if isinstance(target, nodes.Name) and made.intersection(parts(value))
        }
        if more <= made:
            return made
        made |= more
