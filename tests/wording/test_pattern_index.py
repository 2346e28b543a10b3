"""The index of patterns: what it leaves out can match nothing, and it leaves out what lacks a word."""

from __future__ import annotations

import pytest

from mass_apology.wording.pattern_index import PatternIndex
from mass_apology.wording.patterns import Known, parse
from mass_apology.wording.sentences import words_in

PATTERNS = (
    "late",
    "late (parcel|letter)",
    "(we are|they were) late",
    "(we are|they were)? late",
    "sorry // but",
    "sorry .. (for any|if) ... late",
    "(a b|e) f",
)


def candidates(sentence: str, following: str = "") -> list[str]:
    known = Known({}, {})
    patterns = [parse(each, known) for each in PATTERNS]
    index = PatternIndex(patterns, known.lexicon)
    numbers = [
        frozenset(number for word in words_in(text) for number in known.lexicon.exactly(word.text))
        for text in (sentence, following)
    ]
    return [PATTERNS[place] for place in index.candidates(*numbers)]


@pytest.mark.parametrize(
    ("sentence", "following", "expected"),
    [
        ("Nothing.", "", []),
        ("Late.", "", ["late", "(we are|they were)? late"]),
        ("A late letter.", "", ["late", "late (parcel|letter)", "(we are|they were)? late"]),
        ("We were late.", "", ["late", "(we are|they were)? late"]),
        ("They were late.", "", ["late", "(we are|they were) late", "(we are|they were)? late"]),
        ("Sorry.", "", []),
        ("Sorry.", "But no.", ["sorry // but"]),
        ("But no.", "Sorry.", []),
        ("Sorry if late.", "", ["late", "(we are|they were)? late", "sorry .. (for any|if) ... late"]),
        ("A f.", "", []),
        ("A b f.", "", ["(a b|e) f"]),
        ("E f.", "", ["(a b|e) f"]),
    ],
)
def test_only_patterns_whose_words_are_there_are_tried(sentence: str, following: str, expected: list[str]) -> None:
    assert candidates(sentence, following) == expected
