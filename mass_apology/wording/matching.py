"""Finds where a language's patterns match.

All places that a pattern can have reached are followed at once, as the bits of a number (Thompson 1968; Baeza-Yates and
Gonnet 1992): a word of the pattern keeps the places where it stands and moves them on by one. So its time grows with
the words it looks at, and never with the ways in which it could match them. Most patterns never come to that, since
``pattern_index`` knows them to need words that a sentence does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from itertools import chain
from typing import NamedTuple

from mass_apology.wording.diacritics import Plain, is_plain
from mass_apology.wording.lexicon import REMEMBERED, Entry, Lexicon
from mass_apology.wording.pattern_index import PatternIndex, bits_of
from mass_apology.wording.patterns import Edge, Element, OneOf, OneWord, Pattern
from mass_apology.wording.sentences import LONGEST, Sentence, Word
from mass_apology.wording.spelling import Spelling

_FEW = 3  # ways that are as quickly followed as looked for


class Match(NamedTuple):
    """A place that a pattern matches, as numbers of words."""

    start: int
    end: int
    sentence: Sentence


class Text(NamedTuple):
    """A block's words and sentences, ready to be matched."""

    words: Sequence[Word]
    sentences: Sequence[Sentence]
    places: Sequence[Places]  # of each sentence


class Places(dict[OneWord, int]):
    """Of each word of a pattern the places in one sentence where it stands, as bits; found when it is asked for."""

    def __init__(self, fitting: Sequence[tuple[int, ...]]) -> None:
        """``fitting``: of each word of the sentence the numbers that it fits."""
        super().__init__()
        self.fitting = fitting
        self.end = 1 << len(fitting)  # the place behind the last word
        self._reached: dict[tuple[OneOf, int], int] = {}
        self._by_number: dict[int, int] = {}
        bit = 1
        for numbers in fitting:
            for number in numbers:
                self._by_number[number] = self._by_number.get(number, 0) | bit
            bit <<= 1

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
                for way in element.ways:
                    found |= self.starts(way)
                if not element.or_nothing:
                    break
        return found


class Patterns:
    """All patterns of a language."""

    def __init__(
        self, patterns: Iterable[tuple[str, Pattern]], lexicon: Lexicon, sounds: Mapping[str, str] | None = None
    ) -> None:
        """``patterns`` are each a name, which several may share, and a pattern, whose words are ``lexicon``'s.

        ``sounds``: see ``Spelling``.
        """
        self._named = list(patterns)
        self._lexicon = lexicon
        self._sounds = sounds or {}
        self._fitting = lru_cache(REMEMBERED)(self._fitting_of)
        self._fitting_plain = lru_cache(REMEMBERED)(self._fitting_of_plain)

    @cached_property
    def _index(self) -> PatternIndex:
        return PatternIndex([pattern for _, pattern in self._named], self._lexicon)

    @cached_property
    def _entries(self) -> Sequence[Entry]:
        """The words of the patterns."""
        numbers = set(chain.from_iterable(pattern.numbers() for _, pattern in self._named))
        return [self._lexicon.entries[number] for number in numbers]

    @cached_property
    def _spelling(self) -> Spelling:
        forms = {form for each in self._entries for form in each.forms}
        return Spelling(forms, {each.stem for each in self._entries if each.stem}, self._sounds)

    @cached_property
    def _plain(self) -> Plain:
        return Plain(
            {form for each in self._entries for form in each.forms},
            {each.stem for each in self._entries if each.stem},
            {ending for each in self._entries for ending in each.endings},
        )

    def read(self, words: Sequence[Word], sentences: Sequence[Sentence]) -> Text:
        """The words of a block, with what misspelled ones may mean, and those without diacritics where none has any."""
        fitting = self._fitting_plain if is_plain(words) else self._fitting
        fits = [fitting(word.text) for word in words]
        return Text(words, sentences, [Places(fits[each.first : each.end]) for each in sentences])

    def _fitting_of(self, word: str) -> tuple[int, ...]:
        return self._lexicon.fitting(self._spelling.meant(word))

    def _fitting_of_plain(self, word: str) -> tuple[int, ...]:
        return self._lexicon.fitting((*self._spelling.meant(word), *self._plain.meant(word)))

    def matches(self, text: Text) -> Iterator[tuple[str, Pattern, Match]]:
        """Every match, from left to right; of one pattern at one place the shortest."""
        for number, (sentence, places) in enumerate(zip(text.sentences, text.places, strict=True)):
            following = text.places[number + 1] if number + 1 < len(text.places) else None
            found = [
                (start, place, end)
                for place in self._index.candidates(places.fitting, following.fitting if following is not None else ())
                for start, end in _matches(self._named[place][1], places, following)
            ]
            for start, place, end in sorted(found):
                yield *self._named[place], Match(sentence.first + start, sentence.first + end, sentence)

    @cached_property
    def _beginnings(self) -> frozenset[int]:
        return frozenset(OneOf([pattern.elements for _, pattern in self._named], or_nothing=False).ways_from)

    def can_begin_with(self, word: str) -> bool:
        """Whether one of them may begin with such a word."""
        return not self._beginnings.isdisjoint(self._lexicon.exactly(word))

    def fits_at_start(self, words: Sequence[Word]) -> bool:
        """Whether one of them matches at the first of ``words``."""
        places = Places([self._lexicon.exactly(word.text) for word in words[:LONGEST]])
        patterns = (self._named[place][1] for place in self._index.candidates(places.fitting, ()))
        return any(_end(pattern, places, None, 1) for pattern in patterns)


def _matches(pattern: Pattern, places: Places, following: Places | None) -> Iterator[tuple[int, int]]:
    """The places of the first word of each match, and behind its last; in the next sentence they are counted on."""
    starts = 1 if pattern.is_first else places.end - 1
    if not _end(pattern, places, following, starts):
        return
    starts &= places.starts(pattern.elements)
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
        before = len(places.fitting)
        places = following
        reached = places.after(pattern.following, 1)
    if pattern.is_last:
        reached &= places.end
    return before + (reached & -reached).bit_length() - 1 if reached else 0
