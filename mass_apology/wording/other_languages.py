"""Sentences that are in another language than the letter, and the language that a letter is in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from msgspec import Struct

from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted
from mass_apology.wording.finding import Spot
from mass_apology.wording.letter_text import Block, Document, Role
from mass_apology.wording.matching import Text
from mass_apology.wording.sentences import Word, normal_words, words_in
from mass_apology.wording.wording_rules import Rules, heading, shipped

_FILE = Path(__file__).parent / "common_words.toml"
_LEAST = 4  # words of a sentence that tell its language, whatever they are
_SHORTEST = 2  # words of one in which each word has to tell it
_MOST_BESIDE = 5  # words of a sentence for each that has a foreign letter
_BLANKS = " \n\u00a0"  # before words that are not parts of an address or a place holder
_SPEAK = 2  # common words of the other language in it, at least
_CYRILLIC = re.compile(r"[\u0400-\u04ff]+")
_STOPS = ".!?…;"
_MOST_STOPS = 3
_GREEK = re.compile(r"[\u0370-\u03ff\u1f00-\u1fff]+")
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f]+")
_ADDRESS = ("@", "://", "www.")  # what words have that are addresses
_SCRIPTS = {"ru": _CYRILLIC, "el": _GREEK}


def spots(block: Block, text: Text, own: Rules) -> Iterator[Spot]:
    """Each sentence of a block that is in another language than ``own``'s."""
    if block.role is Role.SIGNATURE or not own.common_words:
        return
    for sentence in text.sentences:
        words = [word for word in text.words[sentence.first : sentence.end] if word.text and word.text[0].isalpha()]
        if len(words) < _SHORTEST:
            continue
        start, end = text.words[sentence.first].start, text.words[sentence.end - 1].end
        if _is_of_others(block.text, words, block.text[start:end], own):
            following = block.text[end : end + _MOST_STOPS]
            yield Spot("wrong-language", start, end + len(following) - len(following.lstrip(_STOPS)))


def _is_of_others(text: str, words: Sequence[Word], passage: str, own: Rules) -> bool:
    """Whether a sentence is in another language. A short one of names tells nothing: "Acme Shop"."""
    texts = [word.text for word in words]
    if len(texts) >= _LEAST and (_in_other_script(passage, own.code) or _is_foreign(texts, own)):
        return True
    if not own.common_words.isdisjoint(texts):
        return False
    small = [word.text for word in words[1:] if text[word.start].islower() and text[word.start - 1] in _BLANKS]
    return bool(small) and (
        _in_other_script(passage, own.code) or _has_strange_letters(texts, small, own) or _is_english(texts, own)
    )


def _has_strange_letters(words: list[str], small: list[str], own: Rules) -> bool:
    """Whether letters that we lack are in words that are no names: ``small`` are those that begin with a small one."""
    letters = _table().letters.get(own.code)
    if letters is None or all(map(str.isascii, small)):
        return False
    strange = sum(not all(each.isascii() or not each.isalpha() or each in letters for each in word) for word in small)
    return strange * _MOST_BESIDE >= len(words)


def _is_english(words: list[str], own: Rules) -> bool:
    """Whether all words are of English sentences about incidents, and one at least is of no other language."""
    return own.code != "en" and _english().issuperset(words) and not _table().international.issuperset(words)


def _in_other_script(passage: str, code: str) -> bool:
    """Addresses of mails and pages are in Latin letters in every language."""
    spoken = passage
    if any(sign in passage for sign in _ADDRESS):
        spoken = " ".join(each for each in passage.split() if not any(sign in each for sign in _ADDRESS))
    own = sum(map(len, _script(code).findall(spoken)))
    return own * 3 < len(spoken) and own * 3 < sum(map(str.isalpha, spoken))


def _script(code: str) -> re.Pattern[str]:
    return _SCRIPTS.get(code, _LATIN)


def _is_foreign(words: list[str], own: Rules) -> bool:
    spoken = sum(map(own.common_words.__contains__, words))
    if 2 * spoken >= len(words):
        return False
    telling = _telling(own.common_words, own.code)
    heard = [code for word in words if word in telling for code in telling[word]]
    return len(heard) >= _SPEAK and any(_is_rather(words, heard.count(code), own, code) for code in set(heard))


def _is_rather(words: list[str], times: int, own: Rules, code: str) -> bool:
    """Whether a sentence is rather in the other language, whose common words are in it so many times."""
    if times < _SPEAK or times * 5 < len(words):
        return False
    ours = own.common_words - _all_common_words()[code]
    return times > 2 * sum(map(ours.__contains__, words))


@cache
def _telling(common: frozenset[str], code: str) -> Mapping[str, tuple[str, ...]]:
    """Common words of other languages, each with the codes of these, without those that are common in ours."""
    found: dict[str, tuple[str, ...]] = {}
    for other, words in _all_common_words().items():
        if other != code:
            found |= {word: (*found.get(word, ()), other) for word in words - common}
    return found


@cache
def _common_words() -> Mapping[str, frozenset[str]]:
    """Of the languages that have rules."""
    return {code: frozenset(normal_words(heading(code).common_words)) for code in shipped()}


class _CommonWords(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``common_words.toml``."""

    languages: Mapping[str, str]  # a code → the words
    letters: Mapping[str, str]  # a code → the letters beside those of ASCII
    english: str  # words of English sentences about incidents
    international: frozenset[str]  # words that English shares with other languages


@cache
def _table() -> _CommonWords:
    return converted(parse_toml(_FILE.read_text(encoding="utf-8")), _CommonWords)


@cache
def _english() -> frozenset[str]:
    return _table().international | frozenset(normal_words(_table().english)) | _common_words()["en"]


@cache
def _all_common_words() -> Mapping[str, frozenset[str]]:
    """Of the languages that have rules, and of others."""
    others = {code: frozenset(normal_words(words)) for code, words in _table().languages.items()}
    return {**others, **_common_words()}


def language_of(document: Document) -> str:
    """The code of the language that most common words are of; "en" where nothing tells."""
    words = Counter(word for block in document.blocks for word in _plain(block.text.lower()))
    scores = {code: sum(words[each] for each in common) for code, common in _common_words().items()}
    return max(scores, key=lambda code: (scores[code], code == "en"), default="en")


def _plain(text: str) -> Iterable[str]:
    return (word.text for word in words_in(text))
