"""Letters typed without diacritics: their words are known, and others' words stay what they are."""

from __future__ import annotations

import pytest

from mass_apology.wording.diacritics import Plain, is_plain, plain
from mass_apology.wording.matching import Patterns
from mass_apology.wording.patterns import Known, parse
from mass_apology.wording.sentences import sentences, words_in
from mass_apology.wording.word_reading import WordReading

KNOWN = Known({}, {})
PATTERNS = Patterns(
    [("rule", parse(each, KNOWN)) for each in ("że", "zakłóc*", "przykro .. ludziom", "błąd", "*łość")], KNOWN.lexicon
)


def found(text: str) -> list[str]:
    words = words_in(text)
    ends = sentences(text, words, frozenset(), frozenset(), is_greek=False)
    read = WordReading(PATTERNS.words(), KNOWN.lexicon).read(words, ends)
    return [text[words[at.start].start : words[at.end - 1].end] for _, _, at in PATTERNS.matches(read)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("To nasz blad.", ["blad"]),
        ("Byly zaklocenia w dostawie.", ["zaklocenia"]),
        ("Wiemy, ze to nasz blad.", ["ze", "blad"]),
        ("Prosimy o wyrozumialosc.", ["wyrozumialosc"]),
        ("Usługę wyłączono ze względów bezpieczeństwa.", []),  # "ze" is another word where diacritics are typed
        ("Błąd i że.", ["Błąd", "że"]),
    ],
)
def test_a_word_without_diacritics_is_known_in_a_text_without_them(text: str, expected: list[str]) -> None:
    assert found(text) == expected


@pytest.mark.parametrize(("word", "expected"), [("zażółć", "zazolc"), ("neērtība", "neertiba"), ("вина", "вина")])
def test_plain_letters(word: str, expected: str) -> None:
    assert plain(word) == expected


def test_other_scripts_have_no_words_without_diacritics() -> None:
    assert not is_plain(words_in("Мы приносим извинения."))
    assert Plain(["йод", "вина"], ["извин"], []).meant("йод") == ()
