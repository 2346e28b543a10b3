"""Words as rules compare them, and where sentences end."""

from __future__ import annotations

import unicodedata

import pytest

from mass_apology.wording.sentences import LONGEST, sentences, words_in

ABBREVIATIONS = frozenset({"dr", "no", "e.g", "approx"})
COMMON = frozenset({"it", "is", "we", "the"})


def split(text: str, *, is_greek: bool = False) -> list[str]:
    words = words_in(text)
    ends = sentences(text, words, ABBREVIATIONS, COMMON, is_greek=is_greek)
    return [text[words[each.first].start : words[each.end - 1].end] for each in ends]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is late. We are sorry.", ["It is late", "We are sorry"]),
        ("Why? We forgot! Yes…", ["Why", "We forgot", "Yes"]),
        ("It cost 3.50 at 8.05 a.m. yesterday.", ["It cost 3.50 at 8.05 a.m. yesterday"]),
        ("Ask Dr. Moor or J. Smith.", ["Ask Dr. Moor or J. Smith"]),
        ("See www.acme.example for it. We wait.", ["See www.acme.example for it", "We wait"]),
        ("“It is late.” We are sorry.", ["It is late", "We are sorry"]),
        ("It is late.) We wait.", ["It is late", "We wait"]),
        ("It began on 3 May 2026 approx. We wait.", ["It began on 3 May 2026 approx", "We wait"]),
        ("It began on 3 May 2026 approx. there.", ["It began on 3 May 2026 approx. there"]),
        ("...", []),
        ("", []),
    ],
)
def test_where_a_sentence_ends(text: str, expected: list[str]) -> None:
    assert split(text) == expected


def test_a_greek_question_mark_ends_a_sentence() -> None:
    assert split("Γιατί; Δεν ξέρουμε.", is_greek=True) == ["Γιατί", "Δεν ξέρουμε"]
    assert split("Γιατί; Δεν ξέρουμε.") == ["Γιατί; Δεν ξέρουμε"]


def test_a_sentence_without_an_end_is_cut() -> None:
    assert [len(each.split()) for each in split("a " * (2 * LONGEST + 5))] == [LONGEST, LONGEST, 5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("We’re LATE", ["we're", "late"]),
        ("well‑known re-send", ["well-known", "re-send"]),
        ("it said “so sorry” once", ["it", "said", "", "", "once"]),
        ("Ёлка Straße", ["елка", "strasse"]),
        ("συγγνώμη Συγγνώμη", ["συγγνωμη", "συγγνωμη"]),
        ("20 % of 5", ["20", "%", "of", "5"]),
        ("apolo\u00adgise so\u200brry", ["apologise", "sorry"]),
    ],
)
def test_words_as_rules_compare_them(text: str, expected: list[str]) -> None:
    assert [word.text for word in words_in(text)] == expected


@pytest.mark.parametrize("text", ["przykro nam z powodu niedogodności", "vabandame sünnipäeva pärast", "αδελφή"])
def test_accents_behind_their_letters_make_the_same_words(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert apart != text
    assert [word.text for word in words_in(apart)] == [word.text for word in words_in(text)]


def test_of_a_long_word_the_beginning_is_compared() -> None:
    assert [(len(word.text), word.end) for word in words_in("a" * 5_000)] == [(LONGEST, 5_000)]
