"""Jinja that is too much for a letter is refused by its words, with its line, before anything parses it."""

from __future__ import annotations

from pathlib import Path

import pytest
from letter_files import letter, template, write

from mass_apology.errors import TemplateError
from mass_apology.letter.markup.source import MAX_LETTER

MANY = 15_000


def _refused(folder: Path, body: str) -> str:
    write(folder, f"We are sorry.\n\n{body}")
    with pytest.raises(TemplateError) as caught:
        template(folder)
    assert "en.md, line 5: " in caught.value.problem
    assert len(caught.value.problem) < 400
    return caught.value.problem.partition("line 5: ")[2]


@pytest.mark.parametrize(
    "sign", ["(", "[", "{", "(1,", "[1, [", "customer[", "(not ", "-(", "1 + (", "name | default("]
)
def test_brackets(tmp_path: Path, sign: str) -> None:
    assert _refused(tmp_path, "{{ " + sign * (MANY // len(sign))) == "this is nested too deeply."


@pytest.mark.parametrize(
    "sign", ["-", "+", "not ", "~ name ", ".a", "|upper", "is defined ", "and name ", "if name else 1 "]
)
@pytest.mark.parametrize("times", [150, 2_000])
def test_long_expressions(tmp_path: Path, sign: str, times: int) -> None:
    chain = sign * times + "name" if sign in {"-", "+", "not "} else "name " + sign * times
    if sign == "~ name " and times == 150:
        write(tmp_path, f"{{{{ {chain} }}}}")
        assert template(tmp_path)
    else:
        assert _refused(tmp_path, f"{{{{ {chain} }}}}")


@pytest.mark.parametrize("operator", ["+", "-", "*", "/", "//", "%", "and", "or"])
def test_a_hundred_and_fifty_operators(tmp_path: Path, operator: str) -> None:
    assert _refused(tmp_path, "{{ " + f" {operator} ".join(["1"] * 150) + " }}") == "this is nested too deeply."
    assert _refused(tmp_path, "{% if " + f" {operator} ".join(["1"] * 150) + " %}a{% endif %}")


def test_forty_additions_are_fine(tmp_path: Path) -> None:
    assert letter(tmp_path, "{{ " + " + ".join(["1"] * 40) + " }}").text == "40\n"


@pytest.mark.parametrize(
    "number", ["9" * 5_000, "1_" * 5_000 + "1", "0x" + "f" * 5_000, "1e" + "9" * 5_000, "0." + "1" * 50]
)
def test_huge_numbers(tmp_path: Path, number: str) -> None:
    assert "digits is too large" in _refused(tmp_path, f"{{{{ {number} }}}}")


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("{% if name %}" * 1_000, "nested too deeply"),
        ("{% for a in rows %}" * 1_000, "nested too deeply"),
        ("{% if name %}" + "{% elif name %}a" * 1_000 + "{% endif %}", "more than 100 times `elif`"),
        ("{{ name }}" * 1_500, "more than 1,000 expressions"),
        ("{% set a = 1 %}" * 1_500, "more than 1,000 expressions"),
        ("{% if name %}{% endif %}" * 600, "more than 1,000 expressions"),
        ("{{ " * 4_000, "nested too deeply"),
        ("{% " * 4_000, "nested too deeply"),
        ("{# " * 4_000, "Missing end of comment"),
        ("{% raw %}" * 1_000, "Missing end of raw"),
        ("{{ '" * 4_000, "nested too deeply"),
    ],
)
def test_many_pieces(tmp_path: Path, body: str, problem: str) -> None:
    assert problem in _refused(tmp_path, body)


@pytest.mark.parametrize(
    "sign", ["[", "![", "[a](", "* _", "`", "> ", "- ", "|a", "a\n", "a\n\n", "# a\n", "|a|\n", "\\[", "&"]
)
def test_markdown_that_a_large_file_would_make_slow_is_too_large(tmp_path: Path, sign: str) -> None:
    body = sign * (MAX_LETTER // len(sign.encode()))
    write(tmp_path, body)
    with pytest.raises(TemplateError, match="larger than 32,768 octets"):
        template(tmp_path)
    assert letter(tmp_path, "a\n\n" + sign * 300).text


@pytest.mark.parametrize("line", ["a", "", "- a", "# a", "> a", "| a |"])
def test_a_letter_has_a_limited_number_of_lines(tmp_path: Path, line: str) -> None:
    write(tmp_path, "\n".join(["a", *["", line] * 999, "a"]))  # 2,000 lines
    assert template(tmp_path)
    write(tmp_path, "\n".join(["a", *["", line] * 999, "", "a"]))
    with pytest.raises(TemplateError, match=r"line 2003: the letter has more than 2,000 lines"):
        template(tmp_path)


def test_a_wide_table_and_a_long_paragraph(tmp_path: Path) -> None:
    write(tmp_path, "a\n\n" + "|a" * 100 + "|\n" + "|-" * 100 + "|\n" + "|b|\n" * 100)
    with pytest.raises(TemplateError, match=r"line 5: the tables have more than 5,000 cells"):
        template(tmp_path)
    write(tmp_path, "a\n\n" + "a " * 6_000)
    with pytest.raises(TemplateError, match=r"line 5: a paragraph has more than 10,000 characters"):
        template(tmp_path)


@pytest.mark.parametrize(
    "element", ["<div>", "<table><tr><td>", "<b><i><a>", "<div title='</div>'>", "<div><!--</div>-->"]
)
def test_deep_elements_do_not_reach_the_inliner(tmp_path: Path, element: str) -> None:
    times = 1_001 // element.count("<") + 2 if "</" not in element else 1_001
    write(tmp_path, "a", layout=f"<html><body>{element * times}{{{{ body }}}}</body></html>")
    with pytest.raises(TemplateError, match=r"bare\.html, line 1: the layout has more than 1,000 elements"):
        template(tmp_path)
    write(tmp_path, "a", layout=f"<html><body>{element * 300}{{{{ body }}}}</body></html>")
    assert template(tmp_path)


def test_a_layout_is_bounded_alike(tmp_path: Path) -> None:
    write(tmp_path, "We are sorry.", layout="<html><body>\n{{ " + "(" * 30_000 + " }}{{ body }}</body></html>")
    with pytest.raises(TemplateError, match=r"bare\.html, line 2: this is nested too deeply"):
        template(tmp_path)
