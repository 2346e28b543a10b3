"""The regular expressions of all modules, as far as the interpreters that the product runs on read them alike."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]

import pytest

import mass_apology


def _patterns() -> Iterator[tuple[str, re.Pattern[str] | re.Pattern[bytes]]]:
    for found in pkgutil.walk_packages(mass_apology.__path__, "mass_apology."):
        if found.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(found.name)).items():
            values = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else (value,)
            yield from ((f"{found.name}.{name}", each) for each in values if isinstance(each, re.Pattern))


def _holds_possessive_group(parsed: object) -> bool:
    """Whether an atomic group stands in it, or something longer than one character that is repeated possessively."""
    if isinstance(parsed, parser.SubPattern):
        return any(_holds_possessive_group(each) for each in parsed)
    if not isinstance(parsed, tuple | list):
        return False
    if parsed and parsed[0] is ops.ATOMIC_GROUP:
        return True
    if parsed and parsed[0] is ops.POSSESSIVE_REPEAT:
        *_, repeated = parsed[1]
        return len(repeated) != 1 or repeated[0][0] not in _ONE_CHARACTER
    return any(_holds_possessive_group(each) for each in parsed)


_ONE_CHARACTER = {ops.LITERAL, ops.NOT_LITERAL, ops.IN, ops.ANY}


def test_no_pattern_has_an_atomic_or_possessive_group() -> None:
    """CPython up to 3.11.4 matches them wrongly, Debian 12's among them (github.com/python/cpython/issues/106052)."""
    patterns = dict(_patterns())
    assert len(patterns) > 200
    wrong = [name for name, each in patterns.items() if _holds_possessive_group(parser.parse(each.pattern, each.flags))]
    assert wrong == []


@pytest.mark.parametrize(
    ("pattern", "is_refused"),
    [
        ("(?:a|bc)*+", True),
        ("x(?>a|b)y", True),
        ("(?:(?:[ab]|cd)++e)*", True),
        ("[ab]*+c", False),
        ("(?:a|[bc]++)*", False),
        ("a*b+?", False),
    ],
)
def test_such_groups_are_found(pattern: str, is_refused: bool) -> None:
    assert _holds_possessive_group(parser.parse(pattern)) is is_refused
