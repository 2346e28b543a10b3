"""The rules of every language are tried on the examples that stand beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from bench.word_forms import words_of
from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import RuleFile, kinds, rules, rules_file, shipped, word_forms

LEAST_EXAMPLES = 3
FILES = {code: rules_file(code) for code in shipped()}


def examples(attribute: str) -> Iterator[object]:
    """Each rule of each language with its examples: a thousand tests of one sentence take longer than the sentences."""
    for code, file in FILES.items():
        for rule, each in file.rules.items():
            yield pytest.param(code, rule, getattr(each, attribute), id=f"{code}-{rule}")


def found(code: str, text: str, rule: str) -> list[str]:
    known = rules(code)
    assert known is not None
    scenario = "not-our-fault" if rule == "false-guilt" else ""
    (document,) = read_letters("letter.txt", text.encode())
    return [each.passage for each in criticise(document, known, scenario) if each.rule == rule]


@pytest.mark.parametrize(("code", "rule", "texts"), list(examples("bad")))
def test_bad_examples_are_found(code: str, rule: str, texts: Sequence[str]) -> None:
    assert [text for text in texts if not found(code, text, rule)] == []


@pytest.mark.parametrize(("code", "rule", "texts"), list(examples("good")))
def test_good_examples_are_left_alone(code: str, rule: str, texts: Sequence[str]) -> None:
    assert {text: passages for text in texts if (passages := found(code, text, rule))} == {}


@pytest.mark.parametrize("code", FILES)
def test_a_rule_has_examples_and_a_better_wording(code: str) -> None:
    file = FILES[code]
    poor = [
        rule
        for rule, each in file.rules.items()
        if min(len(each.good), len(each.bad)) < LEAST_EXAMPLES or not each.better
    ]
    assert poor == []
    assert set(file.rules) <= set(kinds().kinds)


@pytest.mark.parametrize("code", FILES)
def test_every_pattern_shows_in_an_example(code: str) -> None:
    """Each kind of fault that has patterns finds something with them; the other kinds are the program's own."""
    file = FILES[code]
    assert {rule for rule, each in file.rules.items() if each.find and not each.bad} == set()


@pytest.mark.parametrize("code", FILES)
def test_the_forms_are_those_of_the_rules_words(code: str) -> None:
    """`make word-forms` writes them anew; a word that no rule has any more is left over."""
    assert set(word_forms(code)) - set(words_of(code)) == set()


def test_each_file_says_what_its_language_is() -> None:
    assert all(isinstance(each, RuleFile) and each.language and each.common_words for each in FILES.values())
