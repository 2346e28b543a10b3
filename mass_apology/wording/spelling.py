"""Slips of spelling in words that rules look for: one letter too many, missing, wrong, or two exchanged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

_LEAST = 7  # letters; in shorter words one letter makes another word


class Spelling:
    """Finds the known word that a slip stands for.

    Words that are one letter apart have a common remainder when one letter of each is left out (Garbe's symmetric
    deletes): so a look-up takes as many steps as a word has letters, however many words are known.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._by_remainder: dict[str, list[str]] | None = None
        self._meant: dict[str, tuple[str, ...]] = {}

    def meant(self, word: str) -> tuple[str, ...]:
        """The word itself and, where it is none that is known, the one that it may be a slip of."""
        if len(word) < _LEAST or word in self._known:
            return (word,)
        if word not in self._meant:
            if len(self._meant) > _REMEMBERED:
                self._meant.clear()
            self._meant[word] = (word, *self._near(word))
        return self._meant[word]

    def _near(self, word: str) -> tuple[str, ...]:
        if len(word) > _LONGEST:
            return ()
        remainders = self._remainders()
        found = {each for rest in (word, *_shortened(word)) for each in remainders.get(rest, ())}
        return tuple(sorted(each for each in found if each[0] == word[0] and _is_slip(word, each)))

    def _remainders(self) -> dict[str, list[str]]:
        if self._by_remainder is None:
            self._by_remainder = defaultdict(list)
            for word in self._known:
                if _LEAST <= len(word) <= _LONGEST:
                    for rest in (word, *_shortened(word)):
                        self._by_remainder[rest].append(word)
            self._by_remainder = dict(self._by_remainder)
        return self._by_remainder


_LONGEST = 40
_REMEMBERED = 20_000  # words, before all are forgotten


def _shortened(word: str) -> Iterator[str]:
    return (word[:at] + word[at + 1 :] for at in range(len(word)))


def _is_slip(written: str, meant: str) -> bool:
    """Whether they differ inside the word: endings are grammar, and another ending may be another word."""
    start = 0
    while start < min(len(written), len(meant)) and written[start] == meant[start]:
        start += 1
    return start < min(len(written), len(meant)) - 2
