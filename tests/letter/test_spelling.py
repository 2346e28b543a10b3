"""A spelled expression is parsed to the same expression again."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import nodes

from mass_apology.languages import SHIPPED
from mass_apology.letter.localise import Localiser
from mass_apology.letter.markup.sandbox import LetterEnvironment
from mass_apology.letter.markup.unparse import contrary, spell

ENVIRONMENT = LetterEnvironment(Localiser(SHIPPED["en"]))

WORDS = ["customer", "rows", "x", '"a b"', "'it\\'s'", "1", "1.5", "1e400", "true", "none", "[]", "()", "(1,)", "{}"]
SHAPES = [
    *("({} + {})", "({} - {})", "({} * {})", "({} // {})", "({} % {})", "({} ~ {} ~ {})", "(-{})", "(+{})"),
    *("({} and {})", "({} or {})", "(not {})", "({} == {} < {})", "({} in {})", "({} not in {})", "({} >= {})"),
    *("({} if {} else {})", "({} if {})", "({}).plan", '({})["order id"]', "({})[{}]", "({})[{}:{}]", "({})[::{}]"),
    *("({})[{}, 1:2]", "({})|upper", "({})|default({}, true)", '({})|map(attribute="a")', "({})|join(*{}, **{})"),
    *("({} is defined)", "({} is not defined)", "({} is divisibleby({}))", "({} is sameas({}))", "[{}, {}]"),
    *("({}, {})", "{{{}: {}}}"),
]


def parse(code: str) -> nodes.Expr:
    assignment = ENVIRONMENT.parse(f"{{% set parsed = {code} %}}").body[0]
    assert isinstance(assignment, nodes.Assign)
    return assignment.node


def grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(st.sampled_from(SHAPES), st.lists(inner, min_size=3, max_size=3)).map(
        lambda drawn: drawn[0].format(*drawn[1])
    )


EXPRESSIONS = st.recursive(st.sampled_from(WORDS), grown, max_leaves=12)


@given(EXPRESSIONS)
def test_an_expression_survives(code: str) -> None:
    assert parse(spell(parse(code))) == parse(code)


@given(st.text())
def test_any_text_survives(text: str) -> None:
    assert parse(spell(nodes.Const(text))) == nodes.Const(text)


@pytest.mark.parametrize(
    "code",
    [
        "customer.credit",
        "rows | length > 1",
        'customer["order id"] is not defined',
        "not customer.name",
        "a and (b or c) and not d",
        "(a or b) and c",
        "-a | abs",
        "1 - (2 - 3) - 4",
        'customer.plan in ["pro", "żółw"]',
        '"many" if rows | length > 1 else "one"',
    ],
)
def test_what_is_well_written_stays_as_it_is(code: str) -> None:
    assert spell(parse(code)).replace("(-a)", "-a").replace('("many")', '"many"') == code


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("a", "not a"),
        ("not a", "a"),
        ("a == b", "a != b"),
        ("a not in b", "a in b"),
        ("a < b", "not a < b"),
        ("a == b == c", "not a == b == c"),
        ("a is defined", "a is not defined"),
        ("a is not defined", "a is defined"),
        ("a or b", "not (a or b)"),
    ],
)
def test_the_contrary(code: str, expected: str) -> None:
    assert spell(contrary(parse(code))) == expected


VALUES = st.sampled_from([None, "", "pro", 0, 1])


@given(
    st.sampled_from(["a == b", "a != b", "not a", "a and b", "a == b == a", "a is none", "a in [b]"]), VALUES, VALUES
)
def test_the_contrary_holds_where_the_condition_does_not(code: str, a: Any, b: Any) -> None:
    held, other = (ENVIRONMENT.compile_expression(each)(a=a, b=b) for each in (code, spell(contrary(parse(code)))))
    assert bool(held) is not bool(other)
