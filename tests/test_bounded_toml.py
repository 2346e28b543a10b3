"""TOML of any depth, length or size ends with a clause that says what is too much, and where."""

from __future__ import annotations

import pytest

from mass_apology.system.bounded_toml import MAX_ENTRIES, MAX_TEXT, parse_toml


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = " + "[" * 50_000, "nested too deeply"),
        ("a = " + "[" * 200 + "]" * 200, "nested too deeply"),
        ("a = " + "[" * 14 + "]" * 14, r"`\$\.a\[0\].*nested too deeply"),
        ("a = " + "{b = " * 30 + "1" + "}" * 30, "nested too deeply"),
        (".".join("a" * 30) + " = 1", "nested too deeply"),
        (f"x = 1\n{'.'.join('a' * 50_000)} = 1", "line 2: a key has too many dots"),
        (f"x = 1\n[{'.'.join('a' * 50_000)}]", "line 2: a key has too many dots"),
        (f"x = {{{'.'.join('a' * 50_000)} = 1}}", "a key has too many dots"),
        ("a = " + "9" * 5_000, "4300 digits|Exceeds"),
        ("a = " + "9" * 30, r"`\$\.a` is a number of more than 18 digits"),
        (f"a = [{'1,' * (MAX_ENTRIES + 1)}]", "more than 20,000 keys and items"),
        (f"[t]\na = '{'x' * (MAX_TEXT + 1)}'", r"`\$\.t\.a` has 20,001 characters"),
        (f"{'a' * 101} = 1", "a key of 101 characters"),
    ],
)
def test_too_much(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_toml(text)


def test_ordinary_toml_is_parsed() -> None:
    lines = [f"f{number} = {number}.5" for number in range(300)]
    long = "A sentence. " * 300
    assert parse_toml("\n".join([*lines, f"a = '{long}'", "dots = '" + "." * 300 + "'"]))["a"] == long
    assert parse_toml(f"a = [{', '.join(['1.5'] * 400)}]")["a"] == [1.5] * 400
