"""Whether a template prints a variable, or only asks about it."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import TemplateSyntaxError, nodes

from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.sandbox import LetterEnvironment
from mass_apology.letter.markup.tree_names import names_made_from


def prints(text: str, name: str) -> bool:
    """Whether some letter of a template file's text can show what the variable ``name`` holds.

    A value that is set, or looped over, and printed then counts; a mere condition does not. Text that is no Jinja
    counts as well: another check says what is wrong with it.
    """
    try:
        tree = LetterEnvironment(Localiser(SHIPPED["en"])).parse(text)
    except TemplateSyntaxError:
        return True
    names = names_made_from([name], tree, _shown)
    return any(
        names.intersection(_shown(each))
        for output in tree.find_all(nodes.Output)
        for each in output.nodes
        if not isinstance(each, nodes.TemplateData)
    )


def _shown(node: nodes.Node) -> Iterator[str]:
    """The names whose values an expression's value is made of: all but those of its conditions."""
    if isinstance(node, nodes.Name):
        yield node.name
    for child in node.iter_child_nodes(exclude=("test",) if isinstance(node, nodes.CondExpr) else ()):
        yield from _shown(child)
