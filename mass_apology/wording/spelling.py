"""Slips of spelling in words that rules look for: one letter too many, missing, wrong, or two exchanged; and letters
that sound alike, as Greek αι and ε do."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

_LEAST = 7  # letters; in shorter words one letter makes another word
_TELLING = 5  # letters of a beginning by which a word is known
_LEAST_STEM = 8  # letters of a beginning, whose end may be any
_FIRST = 2  # letters that are right: a prefix such as Latvian ne- or no- makes another word
_LONGEST = 40
_REMEMBERED = 20_000  # words, before all are forgotten
_TWICE = re.compile(r"(.)\1")


class Spelling:
    """Finds the known word that a slip stands for.

    Words that are one letter apart have a common remainder when one letter of each is left out (Garbe's symmetric
    deletes): so a look-up takes as many steps as a word has letters, however many words are known.
    """

    def __init__(
        self, known: Iterable[str], stems: Iterable[str] = (), sounds: Mapping[str, str] | None = None
    ) -> None:
        """``stems`` are beginnings of words; ``sounds``: letters → those that sound the same."""
        self._known = _Alike(known, sounds or {})
        self._long_stems = tuple(each for each in stems if len(each) >= _LEAST_STEM)
        self._stems = _Alike(self._long_stems, sounds or {})
        self._stem_lengths = sorted({len(each) + more for each in self._long_stems for more in (-1, 0, 1)})
        self._beginnings = tuple(each for each in stems if len(each) >= _TELLING)
        self._meant: dict[str, tuple[str, ...]] = {}

    def meant(self, word: str) -> tuple[str, ...]:
        """The word itself and, where it is none that is known, the one, or its beginning, that it may be a slip of."""
        if len(word) < _LEAST or word in self._known.words or word.startswith(self._beginnings):
            return (word,)
        if word not in self._meant:
            if len(self._meant) > _REMEMBERED:
                self._meant.clear()
            self._meant[word] = (word, *sorted(self._slips(word)))
        return self._meant[word]

    def _slips(self, word: str) -> Iterator[str]:
        if len(word) > _LONGEST:
            return
        yield from self._known.near(word)
        if not word.startswith(self._long_stems):
            beginnings = [word[:length] for length in self._stem_lengths if length <= len(word)]
            yield from {near for each in beginnings for near in self._stems.near(each)}


class _Alike:
    """Words, found by what is left of them without one letter, and by their sound."""

    def __init__(self, words: Iterable[str], sounds: Mapping[str, str]) -> None:
        self.words = frozenset(words)
        self._sounds = sounds
        self._sounding = re.compile("|".join(sorted(map(re.escape, sounds), key=len, reverse=True)) or r"(?!)")
        self._found: dict[str, list[str]] | None = None

    def near(self, word: str) -> Iterator[str]:
        """Those that ``word`` may be a slip of."""
        if self._found is None:
            self._found = defaultdict(list)
            for known in self.words:
                if _LEAST <= len(known) <= _LONGEST:
                    for key in self._keys(known):
                        self._found[key].append(known)
        alike = {each for key in self._keys(word) for each in self._found.get(key, ())}
        first = self._sound(word)[:_FIRST]
        return (
            each
            for each in alike
            if each[0] == word[0] and self._sound(each)[:_FIRST] == first and self._is_slip(word, each)
        )

    def _is_slip(self, written: str, meant: str) -> bool:
        sounds_alike = bool(self._sounds) and self._sound_key(written) == self._sound_key(meant)
        return _is_inside(written, meant) and (sounds_alike or _is_one_apart(written, meant))

    def _keys(self, word: str) -> Iterator[str]:
        yield word
        yield from _shortened(word)
        if self._sounds:
            yield self._sound_key(word)

    def _sound_key(self, word: str) -> str:
        return "=" + _TWICE.sub(r"\1", self._sound(word))

    def _sound(self, word: str) -> str:
        return self._sounding.sub(lambda found: self._sounds[found[0]], word) if self._sounds else word


def _shortened(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _is_one_apart(one: str, other: str) -> bool:
    """Whether one letter is added, left out or wrong, or two neighbours are exchanged.

    A common remainder does not tell: "stain" and "saint" have one, and are two letters apart.
    """
    while one and other and one[0] == other[0]:
        one, other = one[1:], other[1:]
    while one and other and one[-1] == other[-1]:
        one, other = one[:-1], other[:-1]
    return max(len(one), len(other)) <= 1 or (len(one) == len(other) == 2 and one == other[::-1])


def _is_inside(written: str, meant: str) -> bool:
    """Whether they differ inside the word: endings are grammar, and another ending may be another word."""
    start = 0
    while start < min(len(written), len(meant)) and written[start] == meant[start]:
        start += 1
    return start < min(len(written), len(meant)) - 2
