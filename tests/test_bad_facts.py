"""Bad facts in good letters: the share that the critic finds, and that the letters are real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bad_facts import KINDS, Letters, bad_facts, languages, outcomes, rate, situations, templates_in

REACHED = {"en": 0.74}
"""The share of bad values that is found, rounded down: it only grows."""


def test_each_language_has_its_kinds() -> None:
    assert sorted(REACHED) == languages()
    assert {language: len(bad_facts(language)) for language in languages() if len(bad_facts(language)) < KINDS} == {}


@pytest.mark.slow
@pytest.mark.parametrize("language", REACHED)
def test_bad_facts_are_found(language: str) -> None:
    assert rate(list(outcomes(language, bad_facts(language)))) >= REACHED[language]


@pytest.mark.slow
@pytest.mark.parametrize("situation", situations())
def test_a_letter_made_quickly_is_the_one_that_the_writer_writes(tmp_path: Path, situation: str) -> None:
    letters = Letters("en", templates_in("en", tmp_path / "templates"), situation)
    fact = "harm" if situation != "correction" else "letter_harm"
    for value in ("<cause>", "*** {reason} of_12 & more, at such length that a line of the letter is full of it ***"):
        if letters.has(fact):
            assert letters.spoilt(fact, value).text == letters.written({fact: value}).text
