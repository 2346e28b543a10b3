"""Finds where a language's patterns match.

All places that a pattern can have reached are followed at once, as a set. So its time grows with the words it looks at,
and never with the ways in which it could match them (Thompson 1968).

Most patterns never come to that. Each different word of the patterns has a number; of a word in a text it is looked up
once which of them it fits. A pattern is tried only in sentences that have all the words it cannot do without, and it
is found by the rarest of those.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import NamedTuple

from msgspec import Struct

from mass_apology.wording.diacritics import Plain, is_plain
from mass_apology.wording.patterns import (
    STEM,
    Element,
    Gap,
    NextSentence,
    OneOf,
    OneWord,
    Pattern,
    joined,
    single_words,
)
from mass_apology.wording.sentences import VALUE, Sentence, Word
from mass_apology.wording.spelling import Spelling

_REMEMBERED = 50_000  # words of texts
_SHORT = 3  # letters of a word that stands in most sentences
_OFTEN = 50  # how often a common word is, beside one of the others
_FORMS = 10  # that a word has on the average


class Match(NamedTuple):
    """A place that a pattern matches, as numbers of words."""

    start: int
    end: int
    sentence: Sentence


class Text(NamedTuple):
    """A block's words, with what each may have been meant to be."""

    words: Sequence[Word]
    meant: Sequence[tuple[str, ...]]  # of each word: its text, and the known words that it may be a slip of
    sentences: Sequence[Sentence]


class _Lexicon:
    """The different words of patterns, each with a number."""

    def __init__(self) -> None:
        self._numbers: dict[OneWord, int] = {}
        self._by_form: dict[str, set[int]] = defaultdict(set)
        self._by_stem: dict[str, set[int]] = defaultdict(set)
        self._by_ending: dict[str, set[int]] = defaultdict(set)
        self._of_numbers: set[int] = set()
        self.fitting = lru_cache(_REMEMBERED)(self._fitting)

    def number(self, word: OneWord) -> int:
        """The word's number; a new one where it has none yet."""
        if word in self._numbers:
            return self._numbers[word]
        number = self._numbers[word] = len(self._numbers)
        for table, texts in ((self._by_form, word.forms), (self._by_stem, word.stems), (self._by_ending, word.endings)):
            for text in texts:
                table[text].add(number)
        if word.is_number:
            self._of_numbers.add(number)
        return number

    def _fitting(self, meant: tuple[str, ...]) -> frozenset[int]:
        """The numbers of the words that a text's word fits."""
        return frozenset(self._looked_up(meant))

    def _looked_up(self, meant: tuple[str, ...]) -> Iterator[int]:
        if meant[0][:1].isdigit() or meant[0] == VALUE:
            yield from self._of_numbers
        for text in meant:
            yield from self._by_form.get(text, ())
            for length in range(STEM, len(text) + 1):
                yield from self._by_stem.get(text[:length], ())
                yield from self._by_ending.get(text[-length:], ())


class _Step(Struct, frozen=True):
    """One element, ready to be followed."""

    word: int = -1  # its number; -1 for another kind of element
    gap: int | None = 0  # words that may be skipped; None: up to the sentence's end
    ways: tuple[_Way, ...] = ()  # one of these
    is_next: bool = False  # on to the next sentence


class _Way(Struct, frozen=True):
    """A sequence of steps, and the words that it cannot do without."""

    steps: tuple[_Step, ...]
    needs: frozenset[int]  # all of these
    needs_one: tuple[frozenset[int], ...]  # one of each

    def is_possible(self, there: frozenset[int]) -> bool:
        """Whether the words that it needs are among these."""
        if not self.needs <= there:
            return False
        return not self.needs_one or all(not each.isdisjoint(there) for each in self.needs_one)


class _Compiled(Struct, frozen=True, kw_only=True, eq=False):
    """A pattern, ready to match."""

    name: str
    pattern: Pattern
    way: _Way
    starts: int  # the number of what its first word is
    goes_on: bool  # into the next sentence


class Patterns:
    """All patterns of a language."""

    def __init__(
        self,
        patterns: Iterable[tuple[str, Pattern]],
        sounds: Mapping[str, str] | None = None,
        common: frozenset[str] = frozenset(),
    ) -> None:
        """``patterns`` are each a name, which several may share, and a pattern.

        ``sounds``: see ``Spelling``; ``common`` are words that stand in most sentences.
        """
        self._common = common
        named = list(patterns)
        self._lexicon = _Lexicon()
        self._by_word: dict[int, list[_Compiled]] = defaultdict(list)
        self._steps: dict[int, _Step] = {}  # of phrases, which many patterns share: by the element's identity
        self._needs: dict[int, tuple[OneWord, ...]] = {}
        for name, pattern in named:
            compiled = self._compiled(name, pattern)
            for number in self._rarest(pattern.elements):
                self._by_word[number].append(compiled)
        self._words = joined([word for _, pattern in named for word in single_words(pattern.elements)])
        self._sounds = sounds

    @cached_property
    def _meant(self) -> Callable[[str], tuple[str, ...]]:
        """What a word may mean; made when it is asked for, since most patterns only match what others have read."""
        words = self._words
        return lru_cache(_REMEMBERED)(Spelling(words.forms, set(words.stems), self._sounds).meant)

    @cached_property
    def _plain(self) -> Plain:
        words = self._words
        return Plain(words.forms, set(words.stems), set(words.endings))

    def read(self, words: Sequence[Word], sentences: Sequence[Sentence]) -> Text:
        """The words of a block, with what misspelled ones may mean, and those without diacritics where none has any."""
        meant = [self._meant(word.text) for word in words]
        if is_plain(words):
            meant = [(*known, *self._plain.meant(word.text)) for known, word in zip(meant, words, strict=True)]
        return Text(words, meant, sentences)

    def matches(self, text: Text) -> Iterator[tuple[str, Pattern, Match]]:
        """Every match, from left to right; of one pattern at one place the shortest."""
        fitting = [self._lexicon.fitting(each) for each in text.meant]
        there = [frozenset[int]().union(*fitting[each.first : each.end]) for each in text.sentences]
        for number, sentence in enumerate(text.sentences):
            following = text.sentences[number + 1] if number + 1 < len(text.sentences) else None
            after = there[number + 1] if following else frozenset[int]()
            run = _Run(fitting, sentence, following, there[number] | after)
            found = [
                (start, each.name, each.pattern, end)
                for each in self._possible(there[number], run.there)
                for start, end in run.matches(each)
            ]
            for start, name, pattern, end in sorted(found, key=lambda each: each[0]):
                yield name, pattern, Match(start, end, sentence)

    def fits_at_start(self, words: Sequence[Word]) -> bool:
        """Whether one of them matches at the first of ``words``."""
        text = Text(words, [(word.text,) for word in words], [Sentence(0, len(words))])
        return any(match.start == 0 for _, _, match in self.matches(text))

    def _possible(self, there: frozenset[int], with_next: frozenset[int]) -> Iterator[_Compiled]:
        """The patterns that may match in a sentence with these words, each once."""
        tried: set[int] = set()
        for number in there:
            for each in self._by_word.get(number, ()):
                if id(each) not in tried:
                    tried.add(id(each))
                    if each.way.is_possible(with_next if each.goes_on else there):
                        yield each

    def _compiled(self, name: str, pattern: Pattern) -> _Compiled:
        return _Compiled(
            name=name,
            pattern=pattern,
            way=self._way(pattern.elements),
            starts=self._lexicon.number(pattern.starts),
            goes_on=_goes_on(pattern.elements),
        )

    def _way(self, elements: Sequence[Element]) -> _Way:
        steps = tuple(map(self._step, elements))
        needed = [self._needed(each) for each in elements if isinstance(each, OneOf)]
        return _Way(
            steps,
            frozenset(step.word for step in steps if step.word >= 0),
            tuple(frozenset(map(self._lexicon.number, each)) for each in needed if each),
        )

    def _step(self, element: Element) -> _Step:
        """Of several ways, those that are one word each become one."""
        if isinstance(element, OneWord):
            return _Step(word=self._lexicon.number(element))
        if isinstance(element, Gap):
            return _Step(gap=element.most)
        if isinstance(element, NextSentence):
            return _Step(is_next=True)
        if id(element) not in self._steps:
            self._steps[id(element)] = self._choice(element)
        return self._steps[id(element)]

    def _choice(self, element: OneOf) -> _Step:
        single = [each[0] for each in element.sequences if len(each) == 1 and isinstance(each[0], OneWord)]
        if len(single) == len(element.sequences):
            return _Step(word=self._lexicon.number(joined(single)))
        others = [each for each in element.sequences if len(each) != 1 or not isinstance(each[0], OneWord)]
        return _Step(ways=tuple(map(self._way, [*([(joined(single),)] if single else []), *others])))

    def _rarest(self, elements: Sequence[Element]) -> frozenset[int]:
        """Numbers of words of which the elements need one; those that stand in the fewest sentences."""
        needed = [self._needed(each) for each in _in_first_sentence(elements)]
        return frozenset(
            self._lexicon.number(each) for each in min(filter(None, needed), key=self._frequency, default=())
        )

    def _needed(self, element: Element) -> tuple[OneWord, ...]:
        """Words of which the element needs one; empty where it can do without."""
        if isinstance(element, OneWord):
            return (element,)
        if not isinstance(element, OneOf):
            return ()
        if id(element) not in self._needs:
            self._needs[id(element)] = self._needed_of(element)
        return self._needs[id(element)]

    def _needed_of(self, element: OneOf) -> tuple[OneWord, ...]:
        best = []
        for sequence in element.sequences:
            needed = [each for each in map(self._needed, _in_first_sentence(sequence)) if each]
            if not needed:
                return ()
            best.append(min(needed, key=self._frequency))
        return tuple(word for each in best for word in each)

    def _frequency(self, words: Sequence[OneWord]) -> int:
        """A guess at how many sentences have one of them."""
        return sum(
            _OFTEN if word.is_number or self._is_common(word) else 1 + len(word.stems) + len(word.forms) // _FORMS
            for word in words
        )

    def _is_common(self, word: OneWord) -> bool:
        return not self._common.isdisjoint(word.forms) or any(len(form) <= _SHORT for form in word.forms)


def _in_first_sentence(elements: Sequence[Element]) -> Sequence[Element]:
    end = next((at for at, each in enumerate(elements) if isinstance(each, NextSentence)), len(elements))
    return elements[:end]


def _goes_on(elements: Sequence[Element]) -> bool:
    return any(
        isinstance(each, NextSentence) or (isinstance(each, OneOf) and any(map(_goes_on, each.sequences)))
        for each in elements
    )


class _Run:
    """Attempts to match in one sentence."""

    def __init__(
        self, fitting: Sequence[frozenset[int]], sentence: Sentence, following: Sentence | None, there: frozenset[int]
    ) -> None:
        """``fitting``: of each word of the block, the numbers that it fits; ``there``: all, with the next one's."""
        self._fitting = fitting
        self._sentence = sentence
        self._following = following
        self._end = sentence.end
        self.there = there
        self._ways: dict[int, list[_Way]] = {}  # of a step, by its identity: those that are possible

    def matches(self, compiled: _Compiled) -> Iterator[tuple[int, int]]:
        """The numbers of the first word of each match, and of the word after its last."""
        first, end = self._sentence
        for start in range(first, first + 1 if compiled.pattern.is_first else end):
            if compiled.starts in self._fitting[start]:
                self._end = end
                ends = self._after(compiled.way, {start})
                if compiled.pattern.is_last:
                    ends = {each for each in ends if each == self._end}
                if ends:
                    yield start, min(ends)

    def _after(self, way: _Way, places: set[int]) -> set[int]:
        """All places that can be reached behind the way's steps from ``places``."""
        for step in way.steps:
            if step.word >= 0:
                places = {place + 1 for place in places if place < self._end and step.word in self._fitting[place]}
            elif step.ways:
                places = set[int]().union(*[self._after(each, places) for each in self._possible(step)])
            elif step.is_next:
                places = self._in_next(places)
            elif step.gap is None:
                places = set(range(min(places), self._end + 1))
            else:
                places = {place + more for place in places for more in range(min(step.gap, self._end - place) + 1)}
            if not places:
                break
        return places

    def _possible(self, step: _Step) -> list[_Way]:
        """The ways that have their words in the sentence."""
        ways = self._ways.get(id(step))
        if ways is None:
            ways = self._ways[id(step)] = [each for each in step.ways if each.is_possible(self.there)]
        return ways

    def _in_next(self, places: set[int]) -> set[int]:
        if self._following is None or self._end not in places:
            return set()
        here, self._end = self._end, self._following.end
        return {here}
