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
_HEAD = 4  # letters of a word that are right, or else all from the next but one on
_TAIL = _HEAD + 1
_TOLD = 3  # letters of that rest by which it is looked up
_LONGEST = 40
_TWICE = re.compile(r"(.)\1")


class Spelling:
    """Finds the known word that a slip stands for."""

    def __init__(
        self, known: Iterable[str], stems: Iterable[str] = (), sounds: Mapping[str, str] | None = None
    ) -> None:
        """``stems`` are beginnings of words; ``sounds``: letters → the letter that they are heard as."""
        alike = _Sounds(sounds or {})
        self._words = frozenset(known)
        self._beginnings = frozenset(each for each in stems if len(each) >= _TELLING)
        self._known = _Words(self._words, alike)
        self._long_stems = _Stems(self._beginnings, alike)
        self._lengths = sorted(set(map(len, self._beginnings)))
        self._tellings = frozenset(each[:_TELLING] for each in self._beginnings)

    def meant(self, word: str) -> tuple[str, ...]:
        """The word itself and, where it is none that is known, the one, or its beginning, that it may be a slip of."""
        if not _LEAST <= len(word) <= _LONGEST or word in self._words or self._begins_as_known(word):
            return (word,)
        return (word, *sorted({*self._known.near(word), *self._long_stems.near(word)}))

    def _begins_as_known(self, word: str) -> bool:
        return word[:_TELLING] in self._tellings and any(word[:length] in self._beginnings for length in self._lengths)


class _Sounds:
    """Letters that sound alike, each written in one way."""

    def __init__(self, sounds: Mapping[str, str]) -> None:
        self._sounds = sounds
        self._letters = re.compile("|".join(sorted(map(re.escape, sounds), key=len, reverse=True)) or r"(?!)")
        self.apart = 2 if sounds else 1  # letters by which the lengths of words that sound alike may differ

    def of(self, text: str) -> str:
        return self._letters.sub(lambda found: self._sounds[found[0]], text) if self._sounds else text

    def first(self, word: str) -> str:
        """How a word begins."""
        return self.of(word[: _FIRST * 2])[:_FIRST] if self._sounds else word[:_FIRST]

    def key(self, word: str) -> str:
        """How a word sounds as a whole; nothing where no letters sound alike."""
        return _TWICE.sub(r"\1", self.of(word)) if self._sounds else ""


class _Alike:
    """Words among which those are found that a slip may stand for.

    A slip is at one place. So a word and its slip begin with the same four letters; or the slip is among these, and
    they begin with the same sounds and go on with the same letters from the sixth; or they sound the same. There is a
    table for each of the three.
    """

    def __init__(self, sounds: _Sounds) -> None:
        self._sounds = sounds

    def _is_near(self, written: str, meant: str) -> bool:
        """Whether they differ inside the word: endings are grammar, and another ending may be another word."""
        if written[0] != meant[0] or abs(len(written) - len(meant)) > self._sounds.apart:
            return False
        same = _common(written, meant)
        if same >= min(len(written), len(meant)) - 2:
            return False
        if same < _HEAD and self._sounds.first(written) != self._sounds.first(meant):
            return False
        return _is_one_apart(written[same:], meant[same:]) or (
            self._sounds.apart > 1 and self._sounds.key(written) == self._sounds.key(meant)
        )


class _Words(_Alike):
    """Whole words: a slip leaves the last letter, too, as it is, and all that stands behind it."""

    def __init__(self, words: Iterable[str], sounds: _Sounds) -> None:
        super().__init__(sounds)
        long = [each for each in words if _LEAST <= len(each) <= _LONGEST]
        self._by_ends = _grouped([f"{each[:_HEAD]}{each[-1]}{len(each)}" for each in long], long)
        self._by_tail = _grouped([sounds.first(each) + each[_TAIL:] for each in long], long)
        self._by_sound = _grouped(map(sounds.key, long), long) if sounds.apart > 1 else {}

    def near(self, word: str) -> Iterator[str]:
        """Those that ``word`` may be a slip of."""
        return (each for each in self._candidates(word) if self._is_near(word, each))

    def _candidates(self, word: str) -> set[str]:
        found: set[str] = set()
        ends, length = word[:_HEAD] + word[-1], len(word)
        first = self._sounds.first(word)
        for more in (-1, 0, 1):
            found.update(self._by_ends.get(f"{ends}{length + more}", ()))
            found.update(self._by_tail.get(first + word[_TAIL + more :], ()))
        if self._by_sound:
            found.update(self._by_sound.get(self._sounds.key(word), ()))
        return found


class _Stems(_Alike):
    """Beginnings of words, behind which anything may stand."""

    def __init__(self, stems: Iterable[str], sounds: _Sounds) -> None:
        super().__init__(sounds)
        long = [each for each in stems if _LEAST_STEM <= len(each) <= _LONGEST]
        self._by_head = _grouped([each[:_HEAD] for each in long], long)
        self._by_tail = _grouped([sounds.first(each) + each[_TAIL : _TAIL + _TOLD] for each in long], long)
        self._by_sound = _grouped([sounds.key(each)[:_HEAD] for each in long], long) if sounds.apart > 1 else {}
        # Those that the beginning of a word may have, to be one of these with a slip.
        self._lengths = frozenset(len(each) + more for each in long for more in (-1, 0, 1))

    def near(self, word: str) -> Iterator[str]:
        """Those that a beginning of ``word`` may be a slip of."""
        for each in self._candidates(word):
            apart = self._sounds.apart
            lengths = range(len(each) - apart, min(len(each) + apart, len(word)) + 1)
            if any(self._is_near(word[:length], each) for length in lengths if length in self._lengths):
                yield each

    def _candidates(self, word: str) -> set[str]:
        found = {*self._by_head.get(word[:_HEAD], ())}
        if self._by_sound:
            found.update(self._by_sound.get(self._sounds.key(word)[:_HEAD], ()))
        first = self._sounds.first(word)
        for start in (_TAIL - 1, _TAIL, _TAIL + 1):
            found.update(self._by_tail.get(first + word[start : start + _TOLD], ()))
        return found


def _grouped(keys: Iterable[str], words: Iterable[str]) -> Mapping[str, list[str]]:
    """The words by their keys."""
    found: dict[str, list[str]] = defaultdict(list)
    for key, word in zip(keys, words, strict=True):
        found[key].append(word)
    return dict(found)


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
