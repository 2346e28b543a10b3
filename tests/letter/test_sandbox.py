"""No template can reach outside, take seconds, or fill the memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from letter_files import letter, render, template, write

from mass_apology.errors import TemplateError

BILLION = "1000000000"


@pytest.mark.parametrize(
    ("expression", "problem"),
    [
        (f"'%{BILLION}s' % 'a'", "cannot format a text"),
        (f"'%(a){BILLION}s' % {{'a': 1}}", "cannot format a text"),
        (f"name % {BILLION}", "cannot format a text"),
        (f"'a' * {BILLION}", "cannot be multiplied"),
        (f"{BILLION} * 'a'", "cannot be multiplied"),
        (f"[1] * {BILLION}", "cannot be multiplied"),
        (f"{BILLION} * {BILLION} * {BILLION} * {BILLION}", "too large"),
        (f"9 ** {BILLION}", "`pow` cannot be used"),
        (f"'{{:>{BILLION}}}'.format(1)", "`call` cannot be used"),
        ("'{0.__class__}'.format_map({})", "`call` cannot be used"),
        (f"'a'.center({BILLION})", "`call` cannot be used"),
        (f"'a'.ljust({BILLION})", "`call` cannot be used"),
        (f"range({BILLION}) | list", "`call` cannot be used"),
        ("lipsum(n=100000)", "`call` cannot be used"),
        (f"'a' | center({BILLION})", "No filter named 'center'"),
        (f"'%{BILLION}s' | format(1)", "`format` cannot use"),
        (f"'a' | indent({BILLION})", "No filter named 'indent'"),
        (f"[1] | batch({BILLION}, 0) | list", "No filter named 'batch'"),
        (f"1 | round({BILLION}, 'ceil')", "`round` takes 0 to 9 places"),
        ("name | safe", "No filter named 'safe'"),
        ("name | attr('upper')", "No filter named 'attr'"),
        ("[name] | map('safe') | list", "No filter named 'safe'"),
        ("[name] | random", "No filter named 'random'"),
        (
            "'a' | replace('', 'b' | replace('', 'c' | replace('', 'dddd')))" + " | replace('', 'eeeeeeeeeeee')" * 9,
            "longer",
        ),
        ("'abcdefghij' | list | join('0123456789')" + " | list | join('0123456789')" * 9, "longer"),
        ("name.__class__.__mro__", "is unsafe"),
        ("name.upper", "is unsafe"),
        ("customer.__init__.__globals__", "`__init__` is not known here"),
        ("rows.append", "is unsafe"),
        ("(" * 400 + "1" + ")" * 400, "nested too deeply"),
    ],
)
def test_an_expression_is_refused(tmp_path: Path, expression: str, problem: str) -> None:
    with pytest.raises(TemplateError) as caught:
        letter(tmp_path, f"x\n\n{{{{ {expression} }}}}", customer={"plan": "pro"})
    assert problem in caught.value.problem
    assert "line 5: " in caught.value.problem or "nested" in problem


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        ("{% include '/etc/passwd' %}", "`include`"),
        ("{% import 'x' as y %}", "`import`"),
        ("{% extends 'x' %}", "`extends`"),
        ("{% block a %}{% endblock %}", "`block`"),
        ("{% macro a() %}{% endmacro %}", "`macro`"),
        ("{% filter upper %}a{% endfilter %}", "`filter`"),
        ("{% set a %}b{% endset %}", "`endset`"),
        ("{% autoescape false %}a{% endautoescape %}", "`autoescape`"),
        ("{% for a in rows %}{% for b in rows %}b{% endfor %}{% endfor %}", "loop inside a loop"),
        ("{% for a in rows recursive %}a{% endfor %}", "loop inside a loop"),
        ("{% set a, b = 1, 2 %}", "more than one name"),
        ("{% if rows %}" * 150 + "a" + "{% endif %}" * 150, "nested too deeply"),
    ],
)
def test_a_statement_is_refused(tmp_path: Path, statement: str, problem: str) -> None:
    write(tmp_path, statement)
    with pytest.raises(TemplateError) as caught:
        template(tmp_path)
    assert problem in caught.value.problem


def test_texts_that_double_are_stopped(tmp_path: Path) -> None:
    growing = "\n".join(["{% set a = name %}", *["{% set a = a ~ a %}"] * 40, "{{ a }}"])
    with pytest.raises(TemplateError, match="longer than the 10,000"):
        letter(tmp_path, growing)
    adding = "\n".join(["{% set a = name %}", *["{% set a = a + a %}"] * 40, "{{ a }}"])
    with pytest.raises(TemplateError, match="longer than the 10,000"):
        letter(tmp_path, adding)


def test_an_endless_letter_is_stopped(tmp_path: Path) -> None:
    body = "{% for row in rows %}\n- {{ row.plan }} {{ name }} {{ name }}\n{% endfor %}"
    with pytest.raises(TemplateError, match="endless"):
        letter(tmp_path, body, rows=[{"plan": "a"}] * 10_000)


def test_what_a_letter_needs_is_there(tmp_path: Path) -> None:
    body = (
        "{{ 7 % 4 }} {{ 2 * 3.5 }} {{ 1 + 2 }} {{ 'a' + 'b' }} {{ 'a-b' | replace('-', '+') }} {{ 'x' | upper }} "
        "{{ rows | map(attribute='plan') | unique | join(' & ') }} {{ rows | length }} "
        "{{ ['b', 'a'] | sort | listing }} "
        "{{ rows | selectattr('note') | list | length }} {{ rows[0].plan }} {{ 'long text' | truncate(7) }}"
    )
    write(tmp_path, body)
    content = render(template(tmp_path), rows=[{"plan": "pro"}, {"plan": "free", "note": "x"}])
    assert " ".join(content.text.split()) == "3 7.0 3 ab a+b X pro & free 2 a and b 1 pro long text"
    assert "pro &amp; free" in content.html


def test_languages_do_not_share_their_filters(tmp_path: Path) -> None:
    for language in ("en", "pl"):
        write(tmp_path, "{{ 192 | duration }}", language=language)
    made = {language: template(tmp_path, language) for language in ("en", "pl")}
    assert render(made["en"]).text == "3 hours and 12 minutes\n"
    assert render(made["pl"]).text == "3\u00a0godziny i 12\u00a0minut\n"
