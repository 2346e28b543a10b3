"""The names in a template: used, given a value, made from others."""

from __future__ import annotations

import pytest
from jinja2 import nodes

from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.sandbox import LetterEnvironment
from mass_apology.letter.markup.tree_names import names_in, names_made_from, names_set


def tree(text: str) -> nodes.Template:
    return LetterEnvironment(Localiser(SHIPPED["en"])).parse(text)


def test_an_expression_that_is_a_name_uses_it() -> None:
    assert names_in(nodes.Name("a", "load")) == {"a"}
    assert names_in(tree("{{ a.b ~ (c | d(e)) }}")) == {"a", "c", "e"}


def test_set_and_loops_give_values() -> None:
    assert names_set([tree("{% set a = b %}"), tree("{% for c in d %}{{ e }}{% endfor %}")]) == {"a", "c"}


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("{{ rows }}{% set a = other %}", {"rows"}),
        ("{% set b = a %}{% set a = rows | first %}", {"rows", "a", "b"}),
        ("{% for row in rows %}{% set cell = row.plan %}{% endfor %}", {"rows", "row", "cell"}),
    ],
)
def test_names_are_made_from_others_in_any_order(text: str, made: set[str]) -> None:
    assert names_made_from(["rows"], tree(text)) == made


def test_the_caller_says_which_names_a_value_is_made_of() -> None:
    text = tree("{% set a = 1 if rows else 2 %}{% set b = rows %}")
    assert names_made_from(["rows"], text) == {"rows", "a", "b"}
    plain = names_made_from(["rows"], text, lambda node: [node.name] if isinstance(node, nodes.Name) else [])
    assert plain == {"rows", "b"}
