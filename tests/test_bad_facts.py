"""Bad facts in good letters: the share that the critic finds, and that the letters are real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.bad_facts import Letters, bad_facts, outcomes, rate, situations, templates_in

pytestmark = pytest.mark.slow

REACHED = {"el": 0.95, "en": 0.95, "et": 0.97, "lv": 0.95, "pl": 0.95, "ru": 0.94}
"""The share of bad values that is found, rounded down: it only grows."""


@pytest.mark.parametrize("language", REACHED)
def test_bad_facts_are_found(language: str) -> None:
    assert rate(list(outcomes(language, bad_facts(language)))) >= REACHED[language]


@pytest.mark.parametrize("situation", situations())
def test_a_letter_made_quickly_has_the_words_that_the_writer_writes(tmp_path: Path, situation: str) -> None:
    """Its lines may end elsewhere, where the value is longer or shorter than the mark that it takes the place of."""
    letters = Letters("en", templates_in("en", tmp_path / "templates"), situation)
    fact = "harm" if situation != "correction" else "letter_harm"
    for value in ("<cause>", "*** {reason} of_12 & more, at such length that a line of the letter is full of it ***"):
        if letters.has(fact):
            assert letters.spoilt(fact, value).text.split() == letters.written({fact: value}).text.split()
