"""However a template builds, compares or repeats values, writing one letter is bounded and ends with a sentence."""

from __future__ import annotations

from pathlib import Path

import pytest
from letter_files import letter, render, template, write

from mass_apology.errors import TemplateError
from mass_apology.letter.markup.compiled_letter import MAX_CHARACTERS
from mass_apology.letter.markup.rendering_work import MAX_UNITS, MAX_VALUE, SecurityError, Work, weight

pytestmark = pytest.mark.slow

LONG = f"{{% set x = '{'a' * 9_000}' %}}"
ITEMS = f"{{% set x = '{'a' * 9_000}' | list %}}"
DOUBLED = 40


@pytest.mark.parametrize(
    "step",
    [
        "{% set x = [x, x] | sum(start=[]) %}",
        "{% set x = [x, x] %}",
        "{% set x = (x, x) %}",
        "{% set x = {'a': x, 'b': x} %}",
        "{% set x = [[x], [x]] %}",
        "{% set x = x + x %}",
        "{% set x = x | list + [x] %}",
        "{% set x = [x, x] | sort %}",
        "{% set x = [x, x] | reverse | list %}",
        "{% set x = [x, x] | map('list') | list %}",
        "{% set x = [x, x][:] %}",
        "{% set x = [x, x] | string %}",
        "{% set x = [x ~ x] | join | list %}",
    ],
)
@pytest.mark.parametrize("use", ["{{ x }}", "{{ x | string | length }}", "{% if x == [x] %}a{% endif %}b"])
def test_doubling_is_stopped(tmp_path: Path, step: str, use: str) -> None:
    with pytest.raises(TemplateError, match=r"en\.md, line \d+: ") as caught:
        letter(tmp_path, "\n".join(["{% set x = [name] %}", *[step] * DOUBLED, use]))
    assert any(words in caught.value.problem for words in ("longer", "too much work", "numbers only"))


@pytest.mark.parametrize(
    "body",
    [
        LONG + "{% for a in x %}{{ x }}{% endfor %}",
        LONG + "{% for a in x %}{% set y = x | urlencode %}{% endfor %}",
        ITEMS + "{% for a in x %}{% set y = x | string %}{% endfor %}",
        ITEMS + "{% set y = x | list %}{% for a in x %}{% if x == y and y == x %}a{% endif %}{% endfor %}",
        ITEMS + "{% for a in x %}{% if 'b' in x %}a{% endif %}{% endfor %}",
        ITEMS + "{% for a in x if 'b' in x %}a{% endfor %}",
        ITEMS + "{% for a in x %}{% if 'b' is in(x) %}a{% endif %}{% endfor %}",
        ITEMS + "{% for a in x %}{% set y = x | select('eq', 'b') | first | default('') %}{% endfor %}",
        ITEMS + "{% set y = x | sort %}" * 900,
        ITEMS + "{% for a in x | map('upper') %}{{ x | length }}{{ x | max }}{% endfor %}",
        LONG + "{{ x }}" * 900,
    ],
)
def test_repetition_is_stopped(tmp_path: Path, body: str) -> None:
    with pytest.raises(TemplateError, match=r"en\.md, line 3: .*(too much work|more than 10,000 characters)"):
        letter(tmp_path, body)


def test_many_characters_are_an_endless_letter(tmp_path: Path) -> None:
    body = "{% for row in rows %}{{ row.plan }}{% endfor %}"
    with pytest.raises(TemplateError, match="endless"):
        letter(tmp_path, body, rows=[{"plan": "a" * 900}] * (MAX_CHARACTERS // 900))


def test_numbers_stay_numbers(tmp_path: Path) -> None:
    for expression in (f"'{'9' * 4_000}' | int", f"'{'f' * 9_000}' | int(base=16)", "[name] | sum(start='')"):
        with pytest.raises(TemplateError, match=r"too large|numbers only"):
            letter(tmp_path, f"{{{{ {expression} }}}}")
    assert letter(tmp_path, "{{ [1, 2.5] | sum }} {{ '12' | int + 1 }}").text == "3.5 13\n"


def test_each_letter_counts_from_nought(tmp_path: Path) -> None:
    write(tmp_path, "{% for row in rows %}{{ row.plan | upper }}{% endfor %}")
    made = template(tmp_path)
    texts = {render(made, rows=[{"plan": "pro"}] * 2_000).text for _ in range(MAX_UNITS // 10_000)}
    assert texts == {"PRO" * 2_000 + "\n"}


def test_loops_keep_their_variables(tmp_path: Path) -> None:
    body = (
        "{% for a in ['x', 'y'] | map('upper') %}{{ loop.index }}/{{ loop.length }} {{ a }}{{ loop.last }} {% endfor %}"
    )
    assert letter(tmp_path, body).text.strip() == "1/2 XFalse 2/2 YTrue"


def test_a_value_weighs_what_is_in_it() -> None:
    inner = ["abc", 1, None]
    assert weight(inner) == 4 + 3 + 2
    assert weight([inner, (inner,)]) == 3 + 2 + 2 * weight(inner)
    assert weight({"a": inner}) == 2 + 1 + weight(inner)
    with pytest.raises(SecurityError):
        weight("a" * (MAX_VALUE + 1))


def test_work_is_spent_once() -> None:
    work = Work()
    work.spend(MAX_UNITS)
    with pytest.raises(SecurityError):
        work.spend(1_000)
    work.begin()
    assert list(work.counted(iter("abc"), 5)) == ["a", "b", "c"]
