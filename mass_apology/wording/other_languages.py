"""Sentences that are in another language than the letter, and the language that a letter is in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from msgspec import Struct

from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted
from mass_apology.wording.finding import Spot
from mass_apology.wording.letter_text import Block, Document, Role
from mass_apology.wording.matching import Text
from mass_apology.wording.sentences import normal_words, words_in
from mass_apology.wording.wording_rules import Rules, heading, shipped

_FILE = Path(__file__).parent / "common_words.toml"
_LEAST = 4  # words of a sentence that tell its language
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
        if len(words) < _LEAST:
            continue
        start, end = text.words[sentence.first].start, text.words[sentence.end - 1].end
        if _in_other_script(block.text[start:end], own.code) or _is_foreign([word.text for word in words], own):
            following = block.text[end : end + _MOST_STOPS]
            yield Spot("wrong-language", start, end + len(following) - len(following.lstrip(_STOPS)))


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
    heard = Counter(code for word in words if word in telling for code in telling[word])
    return any(_is_rather(words, times, own, code) for code, times in heard.items())


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


@cache
def _all_common_words() -> Mapping[str, frozenset[str]]:
    """Of the languages that have rules, and of others."""
    table = parse_toml(_FILE.read_text(encoding="utf-8"))
    others = {code: frozenset(normal_words(words)) for code, words in converted(table, _CommonWords).languages.items()}
    return {**others, **_common_words()}


def language_of(document: Document) -> str:
    """The code of the language that most common words are of; "en" where nothing tells."""
    words = Counter(word for block in document.blocks for word in _plain(block.text.lower()))
    scores = {code: sum(words[each] for each in common) for code, common in _common_words().items()}
    return max(scores, key=lambda code: (scores[code], code == "en"), default="en")


def _plain(text: str) -> Iterable[str]:
    return (word.text for word in words_in(text))
