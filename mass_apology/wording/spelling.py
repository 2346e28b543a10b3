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
_TWICE = re.compile(r"(.)\1")


class Spelling:
    """Finds the known word that a slip stands for."""

    def __init__(
        self, known: Iterable[str], stems: Iterable[str] = (), sounds: Mapping[str, str] | None = None
    ) -> None:
        """``stems`` are beginnings of words; ``sounds``: letters → those that sound the same."""
        self._known = _Alike(known, sounds or {})
        self._long_stems = tuple(each for each in stems if len(each) >= _LEAST_STEM)
        self._stems = _Alike(self._long_stems, sounds or {})
        self._stem_lengths = sorted({len(each) + more for each in self._long_stems for more in (-1, 0, 1)})
        self._beginnings = tuple(each for each in stems if len(each) >= _TELLING)

    def meant(self, word: str) -> tuple[str, ...]:
        """The word itself and, where it is none that is known, the one, or its beginning, that it may be a slip of."""
        if len(word) < _LEAST or word in self._known.words or word.startswith(self._beginnings):
            return (word,)
        return (word, *sorted(self._slips(word)))

    def _slips(self, word: str) -> Iterator[str]:
        if len(word) > _LONGEST:
            return
        yield from self._known.near(word)
        if not word.startswith(self._long_stems):
            beginnings = [word[:length] for length in self._stem_lengths if length <= len(word)]
            yield from {near for each in beginnings for near in self._stems.near(each)}


class _Alike:
    """Words by their beginning and length, among which those are few that a slip may stand for."""

    def __init__(self, words: Iterable[str], sounds: Mapping[str, str]) -> None:
        self.words = frozenset(words)
        self._sounds = sounds
        self._sounding = re.compile("|".join(sorted(map(re.escape, sounds), key=len, reverse=True)) or r"(?!)")
        self._apart = 2 if sounds else 1  # letters by which the lengths may differ
        self._found: dict[tuple[str, int], list[str]] | None = None

    def near(self, word: str) -> Iterator[str]:
        """Those that ``word`` may be a slip of."""
        if self._found is None:
            self._found = defaultdict(list)
            for known in self.words:
                if _LEAST <= len(known) <= _LONGEST:
                    self._found[self._sound(known[: _FIRST * 2])[:_FIRST], len(known)].append(known)
        beginning = self._sound(word[: _FIRST * 2])[:_FIRST]
        for length in range(len(word) - self._apart, len(word) + self._apart + 1):
            for each in self._found.get((beginning, length), ()):
                if each[0] == word[0] and self._is_slip(word, each):
                    yield each

    def _is_slip(self, written: str, meant: str) -> bool:
        """Whether they differ inside the word: endings are grammar, and another ending may be another word."""
        same = _common(written, meant)
        if same >= min(len(written), len(meant)) - 2:
            return False
        return _is_one_apart(written[same:], meant[same:]) or (
            bool(self._sounds) and self._sound_key(written) == self._sound_key(meant)
        )

    def _sound_key(self, word: str) -> str:
        return _TWICE.sub(r"\1", self._sound(word))

    def _sound(self, word: str) -> str:
        return self._sounding.sub(lambda found: self._sounds[found[0]], word) if self._sounds else word


def _common(one: str, other: str) -> int:
    """How many letters both begin with."""
    same = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        same += 1
    return same


def _is_one_apart(one: str, other: str) -> bool:
    """Whether one letter is added, left out or wrong, or two neighbours are exchanged; the first letters differ."""
    if len(one) != len(other):
        return one[1:] == other or one == other[1:]
    return one[1:] == other[1:] or (one[:2] == other[1::-1] and one[2:] == other[2:])
