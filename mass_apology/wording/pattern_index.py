"""An index from words to the patterns that need them, so that most patterns are never tried.

A pattern has one row, or one for each way of an element that has several. Of what a match of a row cannot do without,
the rarest is looked up: a word that can be it leads to the row. The row's pattern is tried where the sentence has words
for all the rest, too, and the one that follows has a word with which the pattern goes on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress
from operator import not_
from typing import NamedTuple

from mass_apology.wording.lexicon import Lexicon
from mass_apology.wording.patterns import Edge, Element, Gap, OneOf, OneWord, Pattern

_Words = frozenset[int]
"""Of the lexicon, by their numbers."""

_NOTHING: _Words = frozenset()


class _Row(NamedTuple):
    """What a sentence needs beside the word that leads here."""

    place: int  # of the pattern
    second: _Words  # one of these words; where the row needs no other, the words that lead here
    others: tuple[_Words, ...]  # one word of each of these; the rarest first
    following: _Words  # one of these words in the next sentence; empty where it asks for none


class PatternIndex:
    """The patterns of one set, each by its place in it."""

    def __init__(self, patterns: Sequence[Pattern], lexicon: Lexicon) -> None:
        self._weights = lexicon.weights
        self._needs: dict[int, _Words] = {}  # of phrases, which many patterns share: by identity
        found: dict[int, list[_Row]] = defaultdict(list)
        for place, pattern in enumerate(patterns):
            after = self._rarest(pattern.following or ())
            for first, *others in self._rows(pattern.elements):
                row = _Row(place, others[0] if others else first, tuple(others[1:]), after[0] if after else _NOTHING)
                for number in first:
                    found[number].append(row)
        self._needs.clear()
        # The second words stand beside the rows, so that rows without them are passed over quickly.
        self._by_word = {number: (rows, [row.second for row in rows]) for number, rows in found.items()}

    def candidates(self, sentence: frozenset[int], following: frozenset[int]) -> list[int]:
        """The patterns that may match in a sentence, in their order; the numbers that its words and the next's fit."""
        found = set()
        for number in sentence & self._by_word.keys():
            rows, seconds = self._by_word[number]
            for place, _, others, after in compress(rows, map(not_, map(sentence.isdisjoint, seconds))):
                if place in found or (after and after.isdisjoint(following)):
                    continue
                for each in others:
                    if each.isdisjoint(sentence):
                        break
                else:
                    found.add(place)
        return sorted(found)

    def _rows(self, elements: Sequence[Element]) -> Iterator[list[_Words]]:
        """What each row needs, the rarest first. Of the element with the commonest words each way is a row."""
        several = [each for each in elements if isinstance(each, OneOf) and not each.or_nothing and len(each.ways) > 1]
        if not several:
            yield self._rarest(elements)
            return
        commonest = max(several, key=lambda each: self._weight(self._needed(each)))
        others = [each for each in elements if each is not commonest]
        for way in commonest.ways:
            yield self._rarest([*way, *others])

    def _rarest(self, elements: Iterable[Element]) -> list[_Words]:
        return sorted(filter(None, map(self._needed, elements)), key=self._weight)

    def _needed(self, element: Element) -> _Words:
        """Words of which the element needs one; empty where it can do without."""
        if isinstance(element, OneWord):
            return element.numbers
        if isinstance(element, Gap | Edge) or element.or_nothing:
            return _NOTHING
        if id(element) not in self._needs:
            self._needs[id(element)] = frozenset(self._needed_by(element.ways))
        return self._needs[id(element)]

    def _needed_by(self, ways: Iterable[Sequence[Element]]) -> Iterable[int]:
        found: list[int] = []
        for way in ways:
            rarest = min(filter(None, map(self._needed, way)), key=self._weight, default=_NOTHING)
            if not rarest:
                return ()
            found += rarest
        return found

    def _weight(self, words: _Words) -> float:
        return sum(map(self._weights.__getitem__, words))


def bits_of(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
