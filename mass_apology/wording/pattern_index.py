"""An index from words to the patterns that need them, so that most patterns are never tried.

It is a bitmap index. A pattern has one row, or one for each way of an element that has several; a row is a bit. Of a
row's elements that a match cannot do without, the rarest come first. A word that can be a row's first such element has
the row's bit in the first column, and so on; in a column where a row asks for nothing, all sentences have its bit. The
patterns to try in a sentence are those of which its words have some row's bit in every column. A further column is for
the sentence that follows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from mass_apology.wording.lexicon import REMEMBERED, Lexicon
from mass_apology.wording.patterns import Edge, Element, Gap, OneOf, OneWord, Pattern

_COLUMNS = 4

Numbers = frozenset[int]
"""Of words in the lexicon."""


_NOTHING: Numbers = frozenset()


class PatternIndex:
    """The patterns of one set, each by its place in it."""

    def __init__(self, patterns: Sequence[Pattern], lexicon: Lexicon) -> None:
        self._weights = lexicon.weights
        self._needs: dict[int, Numbers] = {}  # of phrases, which many patterns share: by identity
        self._owners: list[int] = []  # the pattern of each row
        self._ends: list[int] = []  # of each pattern: the row behind its last
        columns = [_Column() for _ in range(_COLUMNS)]
        following = _Column()
        for place, pattern in enumerate(patterns):
            after = self._rarest(pattern.following or ())[:1]
            for needs in self._rows(pattern.elements):
                row = 1 << len(self._owners)
                self._owners.append(place)
                for column, words in zip(columns, [*needs, *[_NOTHING] * _COLUMNS], strict=False):
                    column.enter(row, words)
                following.enter(row, after[0] if after else _NOTHING)
            self._ends.append(len(self._owners))
        self._asking_nothing = [each.asking_nothing for each in (*columns, following)]
        tables = [each.by_number() for each in (*columns, following)]
        self._bits = lru_cache(REMEMBERED)(lambda numbers: tuple(_united(each, numbers) for each in tables))

    def candidates(self, sentence: Iterable[tuple[int, ...]], following: Iterable[tuple[int, ...]]) -> Iterator[int]:
        """The patterns that may match in a sentence, in their order; of each word the numbers of what it fits."""
        first, second, third, fourth, after = self._asking_nothing
        for numbers in sentence:
            if numbers:
                bits = self._bits(numbers)
                first |= bits[0]
                second |= bits[1]
                third |= bits[2]
                fourth |= bits[3]
        rows = first & second & third & fourth
        if rows & ~after:
            for numbers in following:
                after |= self._bits(numbers)[-1]
            rows &= after
        while rows:
            place = self._owners[(rows & -rows).bit_length() - 1]
            yield place
            end = self._ends[place]
            rows = rows >> end << end

    def _rows(self, elements: Sequence[Element]) -> Iterator[list[Numbers]]:
        """What each row needs, the rarest first. Of the element with the commonest words each way is a row."""
        several = [each for each in elements if isinstance(each, OneOf) and not each.or_nothing and len(each.ways) > 1]
        if not several:
            yield self._rarest(elements)
            return
        commonest = max(several, key=lambda each: self._weight(self._needed(each)))
        others = [each for each in elements if each is not commonest]
        for way in commonest.ways:
            yield self._rarest([*way, *others])

    def _rarest(self, elements: Iterable[Element]) -> list[Numbers]:
        return sorted(filter(None, map(self._needed, elements)), key=self._weight)

    def _needed(self, element: Element) -> Numbers:
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

    def _weight(self, words: Numbers) -> int:
        return sum(map(self._weights.__getitem__, words))


class _Column:
    """One column while the index is made."""

    def __init__(self) -> None:
        self.asking_nothing = 0  # the rows that need no word here
        self._rows: dict[Numbers, int] = defaultdict(int)  # words of which rows need one → these rows

    def enter(self, row: int, words: Numbers) -> None:
        if words:
            self._rows[words] |= row
        else:
            self.asking_nothing |= row

    def by_number(self) -> Mapping[int, int]:
        found: dict[int, int] = defaultdict(int)
        for words, rows in self._rows.items():
            for number in words:
                found[number] |= rows
        return dict(found)


def _united(rows: Mapping[int, int], numbers: tuple[int, ...]) -> int:
    result = 0
    for each in numbers:
        result |= rows.get(each, 0)
    return result


def bits_of(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
