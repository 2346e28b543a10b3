"""A text → its words as rules compare them, and its sentences."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import NamedTuple

from msgspec import Struct

VALUE = "\ue000"
"""Stands in a text for a value that a template puts there: one word, of which nothing is known."""

_WHOLE = 3  # letters from which a word with a vowel is a whole one
_SHORT = 4  # letters of an abbreviation that no list has
_VOWELS = frozenset("aeiouyαεηιουωаеиоуыэюя")

LONGEST = 100
"""Words of a sentence, and letters of a word that rules look at."""

# What French elides stands apart, "l'" and "erreur", so that a pattern's word is found behind all of them.
_ELIDED = (
    r"(?:[cdjlmnstCDJLMNST]|[qQ]u|[jJ]usqu|[lL]orsqu|[pP]uisqu)['’](?!oh\b)(?=[aeiouyhàâæéèêëîïôœûAEIOUYHÀÂÉÈÊÎÔŒ])"
)
# Accents that stand behind their letter (NFD), as macOS writes them; soft hyphens; signs of no width.
_MARKS = "\u0300-\u036f\u00ad\u200b-\u200d\u2060"
_LETTERS = rf"[^\W_]+(?:[{_MARKS}]+[^\W_]*)*"
_PLAIN_WORD = re.compile(rf"{_LETTERS}(?:['’\-‑]{_LETTERS})*|%|{VALUE}")
_WORD = re.compile(rf"{_ELIDED}|{_PLAIN_WORD.pattern}")
# The stops of a row are looked at once, from its first.
_END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”“»’)\]*]*(?=\s|$)")
_GREEK_END = re.compile(r"(?<![.!?…;])[.!?…;]+[\"'”»’)\]*]*(?=\s|$)")
_QUOTED = re.compile(r"«[^«»\n]{0,400}»|„[^„“”\n]{0,400}[“”]|“[^“”\n]{0,400}”|\"[^\"\n]{0,400}\"")
_PLAIN_HYPHEN = str.maketrans({"’": "'", "‑": "-", "ё": "е"} | dict.fromkeys("\u00ad\u200b\u200c\u200d\u2060"))
_ACUTE = "\u0301"
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]")


class Word(Struct, frozen=True, gc=False):
    """One word of a text."""

    text: str  # as rules compare it; empty in a quotation, which nothing matches
    start: int  # in the text
    end: int


class Sentence(NamedTuple):
    """One sentence, as numbers of words."""

    first: int
    end: int  # of its last word, plus one


@lru_cache(maxsize=50_000)
def normal(word: str) -> str:
    """A word as rules compare it: composed (NFC), in small letters, without Greek accents or soft hyphens, е for ё."""
    word = word[:LONGEST]
    return word.lower() if word.isascii() else _folded(word)


def _folded(text: str) -> str:
    folded = unicodedata.normalize("NFC", text).casefold().translate(_PLAIN_HYPHEN)
    if not _GREEK.search(folded):
        return folded
    bare = unicodedata.normalize("NFD", folded).replace(_ACUTE, "")
    return unicodedata.normalize("NFC", bare)


def normal_words(text: str) -> list[str]:
    """The words between the blanks of a list, each as rules compare it; a long list is folded as a whole."""
    return [normal(each) for each in text.split()] if _GREEK.search(text) else _folded(text).split()


def words_in(text: str) -> list[Word]:
    """The words in their order; those inside quotation marks are somebody else's, and have no text."""
    quoted = [found.span() for found in _QUOTED.finditer(text)]
    if quoted:
        return list(_marked(text, quoted))
    pattern = _WORD if "'" in text or "’" in text else _PLAIN_WORD
    return [Word(normal(found[0]), found.start(), found.end()) for found in pattern.finditer(text)]


def first_word(text: str) -> str:
    """The first word as rules compare it, even in a quotation; empty where there is none."""
    found = _WORD.search(text)
    return normal(found[0]) if found else ""


def has_words(text: str, least: int) -> bool:
    """Whether a text has so many words."""
    return next(islice(_WORD.finditer(text), least - 1, None), None) is not None


def _marked(text: str, quoted: Sequence[tuple[int, int]]) -> Iterator[Word]:
    spans = iter((*quoted, (len(text), len(text))))
    start, end = next(spans)
    for found in _WORD.finditer(text):
        while found.start() >= end and end < len(text):
            start, end = next(spans)
        yield Word("" if start <= found.start() < end else normal(found[0]), found.start(), found.end())


def sentences(
    text: str, words: Sequence[Word], abbreviations: frozenset[str], common: frozenset[str], *, is_greek: bool
) -> list[Sentence]:
    """The sentences of a block's text: a stop ends one, but for that of an abbreviation, an initial or a number.

    ``common`` are the language's commonest words, none of which is an abbreviation.

    One of more than ``LONGEST`` words is cut, so that no text can make a rule look far.
    """
    ends = [found.end() for found in (_GREEK_END if is_greek else _END).finditer(text)]
    result: list[Sentence] = []
    first = number = 0
    for end in ends:
        while number < len(words) and words[number].end <= end:
            number += 1
        if number == first or (
            not _ends_after_number(text, end, words[first:number])
            and _goes_on(text, end, words[number - 1], abbreviations, common)
        ):
            continue
        result += _cut(first, number)
        first = number
    return result + _cut(first, len(words))


def _cut(first: int, end: int) -> list[Sentence]:
    return [Sentence(each, min(each + LONGEST, end)) for each in range(first, end, LONGEST)]


def _ends_after_number(text: str, end: int, words: Sequence[Word]) -> bool:
    """Whether a capital follows the abbreviation of what is counted: "until 24 listopada 2026 r. We …"."""
    return len(words) > 1 and words[-2].text.isdigit() and text[end:].lstrip()[:1].isupper()


def _goes_on(text: str, end: int, last: Word, abbreviations: frozenset[str], common: frozenset[str]) -> bool:
    """Whether the sentence goes on after the stop at ``end``, whose last word is ``last``."""
    if text[last.end : end].strip("\"'”“»’)]*") != ".":
        return False
    if last.text in abbreviations or (last.end - last.start == 1 and last.text.isalpha()):
        return True
    following = text[end:].lstrip()[:1] if end < len(text) else ""
    return following.islower() and (
        last.text.isdigit() or (last.text not in common and is_abbreviation(last.text, abbreviations))
    )


def is_abbreviation(word: str, abbreviations: frozenset[str]) -> bool:
    """Whether a word before a stop is one of ``abbreviations``, or looks like one: very short, or without a vowel."""
    if word in abbreviations or len(word) < _WHOLE or "." in word:
        return True
    bare = unicodedata.normalize("NFD", word)
    return len(word) <= _SHORT and not any(each in _VOWELS for each in bare)
