"""An index from words to the patterns that need them, so that most patterns are never tried.

It is a bitmap index: each pattern is a bit. Of a pattern's elements that a match cannot do without, the rarest come
first. A word that can be a pattern's first such element has the pattern's bit in the first column, and so on; in a
column where a pattern asks for nothing, all sentences have its bit. The patterns to try in a sentence are those whose
bit its words have in every column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from mass_apology.wording.lexicon import Lexicon
from mass_apology.wording.patterns import Edge, Element, Gap, OneWord, Pattern

_COLUMNS = 4
_REMEMBERED = 50_000  # words of texts


class PatternIndex:
    """The patterns of one set, each by its place in it."""

    def __init__(self, patterns: Sequence[Pattern], lexicon: Lexicon) -> None:
        self._weights = lexicon.weights
        self._needs: dict[int, tuple[int, ...]] = {}  # of phrases, which many patterns share: by identity
        self._columns: list[dict[int, int]] = [defaultdict(int) for _ in range(_COLUMNS)]  # number of a word → bits
        self._asking_nothing = [0] * _COLUMNS
        self._all = (1 << len(patterns)) - 1
        self._fill(patterns)
        self._bits = lru_cache(_REMEMBERED)(self._columns_of)

    def candidates(self, sentence: Iterable[tuple[int, ...]]) -> Iterator[int]:
        """The patterns that may match in a sentence, in their order; of each word the numbers of what it fits."""
        first, second, third, fourth = self._asking_nothing
        for numbers in sentence:
            if numbers:
                bits = self._bits(numbers)
                first |= bits[0]
                second |= bits[1]
                third |= bits[2]
                fourth |= bits[3]
        return bits_of(first & second & third & fourth)

    def _columns_of(self, numbers: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(_united(column.get(number, 0) for number in numbers) for column in self._columns)

    def _fill(self, patterns: Sequence[Pattern]) -> None:
        needing: list[dict[tuple[int, ...], int]] = [defaultdict(int) for _ in range(_COLUMNS)]
        for place, pattern in enumerate(patterns):
            needs = sorted(filter(None, map(self._needed, pattern.elements)), key=self._weight)[:_COLUMNS]
            for column, words in enumerate(needs):
                needing[column][words] |= 1 << place
            for column in range(len(needs), _COLUMNS):
                self._asking_nothing[column] |= 1 << place
        for bits_of_word, table in zip(self._columns, needing, strict=True):
            for words, bits in table.items():
                for number in words:
                    bits_of_word[number] |= bits

    def _needed(self, element: Element) -> tuple[int, ...]:
        """Words of which the element needs one; empty where it can do without."""
        if isinstance(element, OneWord):
            return element.numbers
        if isinstance(element, Gap | Edge) or element.or_nothing:
            return ()
        if id(element) not in self._needs:
            self._needs[id(element)] = tuple(dict.fromkeys(self._needed_by(element.ways)))
        return self._needs[id(element)]

    def _needed_by(self, ways: Iterable[Sequence[Element]]) -> Iterable[int]:
        found: list[int] = []
        for way in ways:
            rarest = min(filter(None, map(self._needed, way)), key=self._weight, default=())
            if not rarest:
                return ()
            found += rarest
        return found

    def _weight(self, words: Sequence[int]) -> int:
        return sum(map(self._weights.__getitem__, words))


def _united(bits: Iterable[int]) -> int:
    result = 0
    for each in bits:
        result |= each
    return result


def bits_of(bits: int) -> Iterator[int]:
    """The places of the bits that are set."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest
