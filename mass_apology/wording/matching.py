"""Finds where a language's patterns match.

All places that a pattern can have reached are followed at once, as the bits of a number (Thompson 1968; Baeza-Yates and
Gonnet 1992): a word of the pattern keeps the places where it stands and moves them on by one. So its time grows with
the words it looks at, and never with the ways in which it could match them. Most patterns never come to that, since
``pattern_index`` knows them to need words that a sentence does not have.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from mass_apology.wording.lexicon import Lexicon, Numbers
from mass_apology.wording.pattern_index import PatternIndex, bits_of
from mass_apology.wording.patterns import Edge, Element, OneOf, OneWord, Pattern
from mass_apology.wording.sentences import LONGEST, Sentence, Word

_FEW = 3  # ways that are as quickly followed as looked for


_ByName = Mapping[str, Mapping[int, Sequence[int]]]
"""Of patterns that may match: their name → a sentence's number → their places in their set."""

_NONE: Mapping[int, Sequence[int]] = {}


class Match(NamedTuple):
    """A place that a pattern matches, as numbers of words."""

    start: int
    end: int
    sentence: int  # its number


class Text:
    """A block's words and sentences, ready to be matched."""

    def __init__(self, words: Sequence[Word], sentences: Sequence[Sentence], fitting: Sequence[Numbers]) -> None:
        """``fitting``: of each word the numbers that it fits."""
        self.words = words
        self.sentences = sentences
        self.numbers = [frozenset(chain.from_iterable(fitting[first:end])) for first, end in sentences]
        """Of each sentence those that its words fit."""
        self._fitting = fitting
        self._places: dict[int, Places] = {}
        self._candidates: dict[Patterns, _ByName] = {}

    def places(self, number: int) -> Places:
        """Of one sentence."""
        if number not in self._places:
            first, end = self.sentences[number]
            self._places[number] = Places(self._fitting[first:end])
        return self._places[number]

    def candidates(self, patterns: Patterns) -> _ByName:
        """The patterns that may match."""
        if patterns not in self._candidates:
            self._candidates[patterns] = patterns.by_name(self)
        return self._candidates[patterns]


class Places(dict[OneWord, int]):
    """Of each word of a pattern the places in one sentence where it stands, as bits; found when it is asked for."""

    def __init__(self, fitting: Sequence[Numbers]) -> None:
        """``fitting``: of each word of the sentence the numbers that it fits."""
        super().__init__()
        self.words = len(fitting)
        self.end = 1 << len(fitting)  # the place behind the last word
        self._reached: dict[tuple[OneOf, int], int] = {}
        by_number: dict[int, int] = {}
        bit = 1
        for numbers in fitting:
            for number in numbers:
                by_number[number] = by_number.get(number, 0) | bit
            bit <<= 1
        self._by_number = by_number

    def __missing__(self, word: OneWord) -> int:
        bits = 0
        for number in word.numbers.intersection(self._by_number):
            bits |= self._by_number[number]
        self[word] = bits
        return bits

    def after(self, elements: Iterable[Element], places: int) -> int:
        """All places that can be reached behind the elements from ``places``."""
        for element in elements:
            if isinstance(element, OneWord):
                places = (places & self[element]) << 1
            elif isinstance(element, OneOf):
                places = self._after_one_of(element, places)
            elif isinstance(element, Edge):
                places &= self.end if element.is_end else 1
            elif element.most is None:
                places = (self.end << 1) - (places & -places)
            else:
                for _ in range(element.most):
                    places |= places << 1
                places &= (self.end << 1) - 1
            if not places:
                break
        return places

    def _after_one_of(self, element: OneOf, places: int) -> int:
        if element.word is not None:
            after = (places & self[element.word]) << 1
            return places | after if element.or_nothing else after
        key = element, places
        reached = self._reached.get(key)
        if reached is None:
            reached = places if element.or_nothing else 0
            for way in self._possible(element, places):
                reached |= self.after(way, places)
            self._reached[key] = reached
        return reached

    def _possible(self, element: OneOf, places: int) -> Iterable[Sequence[Element]]:
        """The ways that have one of their first words at one of the places."""
        if len(element.ways) < _FEW:
            return element.ways
        ways_from = element.ways_from
        bits = ways_from.get(-1, 0)
        for number in self._by_number.keys() & ways_from.keys():
            if self._by_number[number] & places:
                bits |= ways_from[number]
        return map(element.ways.__getitem__, bits_of(bits))

    def starts(self, elements: Iterable[Element]) -> int:
        """The places of the words with which a match may begin."""
        found = 0
        for element in elements:
            if isinstance(element, OneWord):
                return found | self[element]
            if isinstance(element, OneOf):
                for number in self._by_number.keys() & element.ways_from.keys():
                    found |= self._by_number[number]
                if not element.or_nothing:
                    break
        return found


class Patterns:
    """Patterns of a language, each with a name, which several may share."""

    def __init__(self, patterns: Iterable[tuple[str, Pattern]], lexicon: Lexicon) -> None:
        """The words of ``patterns`` are ``lexicon``'s."""
        self._named = list(patterns)
        self._lexicon = lexicon

    def __getstate__(self) -> dict[str, object]:
        """With the index, which otherwise is made when it is needed first."""
        return self.__dict__ | {"_index": self._index}

    @cached_property
    def _index(self) -> PatternIndex:
        return PatternIndex([pattern for _, pattern in self._named], self._lexicon)

    def words(self) -> Iterator[int]:
        """The numbers of the words in all patterns."""
        return chain.from_iterable(pattern.numbers() for _, pattern in self._named)

    def matches(self, text: Text) -> Iterator[tuple[str, Pattern, Match]]:
        """Every match, from left to right; of one pattern at one place the shortest."""
        for number, candidates in enumerate(self._candidates(text)):
            found = [
                (start, place, end)
                for place in candidates
                for start, end in _matches(self._named[place][1], text, number)
            ]
            for start, place, end in sorted(found):
                first = text.sentences[number].first
                yield *self._named[place], Match(first + start, first + end, number)

    def matches_of(self, name: str, text: Text) -> Iterator[Match]:
        """The matches of the patterns with one name, found as they are asked for."""
        for number, candidates in text.candidates(self).get(name, _NONE).items():
            first = text.sentences[number].first
            for place in candidates:
                for start, end in _matches(self._named[place][1], text, number):
                    yield Match(first + start, first + end, number)

    def has_match(self, name: str, text: Text, number: int) -> bool:
        """Whether a pattern with the name matches in the sentence with the number."""
        candidates = text.candidates(self).get(name, _NONE).get(number, ())
        return any(_ends(self._named[place][1], text, number) for place in candidates)

    def by_name(self, text: Text) -> _ByName:
        """See ``Text.candidates``."""
        found: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
        for number, candidates in enumerate(self._candidates(text)):
            for place in candidates:
                found[self._named[place][0]][number].append(place)
        return found

    def _candidates(self, text: Text) -> Iterator[Sequence[int]]:
        """Of each sentence the places of the patterns that may match in it."""
        nothing: frozenset[int] = frozenset()
        return map(self._index.candidates, text.numbers, [*text.numbers[1:], nothing])

    @cached_property
    def _beginnings(self) -> frozenset[int]:
        return frozenset(OneOf([pattern.elements for _, pattern in self._named], or_nothing=False).ways_from)

    def can_begin_with(self, word: str) -> bool:
        """Whether one of them may begin with such a word."""
        return not self._beginnings.isdisjoint(self._lexicon.exactly(word))

    def fits_at_start(self, words: Sequence[Word]) -> bool:
        """Whether one of them matches at the first of ``words``."""
        fitting = [self._lexicon.exactly(word.text) for word in words[:LONGEST]]
        places = Places(fitting)
        patterns = (
            self._named[place][1]
            for place in self._index.candidates(frozenset(chain.from_iterable(fitting)), frozenset())
        )
        return any(_end(pattern, places, None, 1) for pattern in patterns)


def _ends(pattern: Pattern, text: Text, number: int) -> int:
    """Where a match in the sentence with the number ends; 0 where there is none."""
    places = text.places(number)
    starts = 1 if pattern.is_first else places.end - 1
    return _end(pattern, places, _following(pattern, text, number), starts)


def _following(pattern: Pattern, text: Text, number: int) -> Places | None:
    """The sentence that follows, where the pattern goes on into one."""
    if pattern.following is None or number + 1 == len(text.sentences):
        return None
    return text.places(number + 1)


def _matches(pattern: Pattern, text: Text, number: int) -> Iterator[tuple[int, int]]:
    """The places of the first word of each match, and behind its last; in the next sentence they are counted on."""
    if not _ends(pattern, text, number):
        return
    places, following = text.places(number), _following(pattern, text, number)
    starts = places.starts(pattern.elements) & (1 if pattern.is_first else places.end - 1)
    for start in bits_of(starts):
        end = _end(pattern, places, following, 1 << start)
        if end:
            yield start, end


def _end(pattern: Pattern, places: Places, following: Places | None, starts: int) -> int:
    """Where the first match ends that begins at one of ``starts``; 0 where there is none."""
    reached = places.after(pattern.elements, starts)
    before = 0
    if pattern.following is not None:
        if following is None or not reached & places.end:
            return 0
        before = places.words
        places = following
        reached = places.after(pattern.following, 1)
    if pattern.is_last:
        reached &= places.end
    return before + (reached & -reached).bit_length() - 1 if reached else 0
