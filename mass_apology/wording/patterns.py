"""Patterns of words, as rules write them, and where they match.

A pattern is a row of words. A word stands for all its forms, as ``xx.forms.toml`` lists them. Beside words there are

- ``=word``: this form only; ``word*``: every word that begins so; ``#``: a number, or what begins with one ("3rd");
- ``*word``: every word that ends so, in any form, as compounds do, and the word itself; ``*=word``: in this form only;
- ``a|b`` and, in brackets, ``(a b|c)``: one of several, here "a b" or "c"; ``word?`` and ``(a b)?``: or nothing;
- ``..``: at most three words, any; ``...``: any words up to the sentence's end;
- ``<name>``: one of the phrases that the language has under that name;
- ``^`` and ``$``: the sentence's beginning and end; ``//``: the sentence's end, and after it the next one's beginning.

All places that a pattern can have reached are followed at once, as a set. So its time grows with the words it looks at,
and never with the ways in which it could match them (Thompson 1968).
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct

from mass_apology.wording.diacritics import Plain, is_plain
from mass_apology.wording.sentences import VALUE, Sentence, Word, normal
from mass_apology.wording.spelling import Spelling

GAP = 3
"""The words that ``..`` may skip."""

_NESTED = 20  # phrases inside phrases
_STEM = 3  # letters that the beginning or the end of a word has at least
_TOKEN = re.compile(r"\.\.\.|\.\.|//|[()|^$?]|<[a-z-]+>|[^\s()|<>?]+|\s+")


class Known(NamedTuple):
    """What the words of a language's patterns stand for."""

    forms: Mapping[str, Sequence[str]]  # a word, normal → its forms, normal
    phrases: Mapping[str, Sequence[str]]  # a name → patterns


class _OneWord(Struct, frozen=True):
    forms: frozenset[str]
    stems: tuple[str, ...] = ()
    is_number: bool = False  # numbers fit, too, and a template's values
    endings: tuple[str, ...] = ()

    def fits(self, texts: Sequence[str]) -> bool:
        if self.is_number and _is_number(texts[0]):
            return True
        return any(text in self.forms or self._begins_or_ends(text) for text in texts)

    def _begins_or_ends(self, text: str) -> bool:
        return bool(self.stems and text.startswith(self.stems)) or bool(self.endings and text.endswith(self.endings))


class _Gap(Struct, frozen=True):
    most: int | None  # None: up to the sentence's end


class _OneOf(Struct, frozen=True):
    sequences: tuple[tuple[_Element, ...], ...]


class _NextSentence(Struct, frozen=True):
    pass


_Element = _OneWord | _Gap | _OneOf | _NextSentence


class Pattern(Struct, frozen=True, kw_only=True):
    """One pattern, ready to match."""

    text: str  # as the rule has it
    elements: tuple[_Element, ...]
    is_first: bool  # begins with the sentence
    is_last: bool  # ends with it
    starts: _OneWord  # its first words

    def says(self, words: frozenset[str]) -> bool:
        """Whether one of ``words`` may stand in it."""
        return not words.isdisjoint(_vocabulary(self.elements))


class Match(NamedTuple):
    """A place that a pattern matches, as numbers of words."""

    start: int
    end: int
    sentence: Sentence


def parse(text: str, known: Known) -> Pattern:
    """Read a pattern. ``ValueError`` says what is wrong with it."""
    tokens = _tokens(text)
    is_first, is_last = tokens[:1] == ["^"], tokens[-1:] == ["$"]
    reader = _Reader(tokens[is_first : len(tokens) - is_last], known)
    elements = reader.sequence()
    if reader.rest():
        raise ValueError(f"“{text}” has a bracket too many")
    starts = _starts(elements)
    if starts is None:
        raise ValueError(f"“{text}” must begin with a word")
    return Pattern(text=text, elements=elements, is_first=is_first, is_last=is_last, starts=starts)


class _Reader:
    """Reads a pattern's signs from left to right."""

    def __init__(self, tokens: Sequence[str], known: Known, inside: tuple[str, ...] = ()) -> None:
        """``inside``: the names of the phrases that this is a part of."""
        self._tokens = list(tokens)
        self._at = 0
        self._known = known
        self._inside = inside

    def rest(self) -> bool:
        return self._at < len(self._tokens)

    def sequence(self, *, in_brackets: bool = False) -> tuple[_Element, ...]:
        elements: list[_Element] = []
        while self.rest() and self._tokens[self._at] not in {")", "|"}:
            elements.append(self._alternatives(in_brackets=in_brackets))
        return tuple(elements)

    def _alternatives(self, *, in_brackets: bool) -> _Element:
        """Outside of brackets ``|`` joins words; inside it parts what the brackets hold."""
        element = self._single()
        while not in_brackets and self._sign("|"):
            other = self._single()
            element = _either(element, other)
        return _OneOf(((element,), ())) if self._sign("?") else element

    def _single(self) -> _Element:
        if not self.rest():
            raise ValueError("a word is missing at the end")
        sign = self._tokens[self._at]
        self._at += 1
        if sign == "(":
            return self._group()
        if sign in _SIGNS:
            return _SIGNS[sign]
        return self._named(sign[1:-1]) if sign.startswith("<") else self._word(sign)

    def _group(self) -> _OneOf:
        sequences = [self.sequence(in_brackets=True)]
        while self._sign("|"):
            sequences.append(self.sequence(in_brackets=True))
        if not self._sign(")"):
            raise ValueError("a bracket is not closed")
        return _OneOf(tuple(sequences))

    def _named(self, name: str) -> _OneOf:
        if name not in self._known.phrases:
            raise ValueError(f"[phrases] has no “{name}”")
        if len(self._inside) >= _NESTED or name in self._inside:
            raise ValueError(f"“{name}” in [phrases] stands for itself")
        inside = (*self._inside, name)
        return _OneOf(tuple(_whole(each, self._known, inside) for each in self._known.phrases[name]))

    def _word(self, word: str) -> _OneWord:
        if word == "#":
            return _OneWord(frozenset(), is_number=True)
        if "*" in word and len(word.strip("*=")) < _STEM:
            raise ValueError(f"“{word}” needs {_STEM} letters")
        if word.endswith("*"):
            return _OneWord(frozenset(), (normal(word[:-1]),))
        if word.startswith("*"):
            return _OneWord(frozenset(), endings=tuple(sorted(self._forms(word[1:]))))
        return _OneWord(self._forms(word))

    def _forms(self, word: str) -> frozenset[str]:
        exact = normal(word.removeprefix("="))
        return frozenset({exact, *(() if word.startswith("=") else self._known.forms.get(exact, ()))})

    def _sign(self, sign: str) -> bool:
        found = self.rest() and self._tokens[self._at] == sign
        self._at += found
        return found


def _whole(text: str, known: Known, inside: tuple[str, ...]) -> tuple[_Element, ...]:
    """A phrase's pattern."""
    reader = _Reader(_tokens(text), known, inside)
    elements = reader.sequence()
    if reader.rest():
        raise ValueError(f"“{text}” has a bracket too many")
    return elements


def _either(one: _Element, other: _Element) -> _OneWord:
    if isinstance(one, _OneWord) and isinstance(other, _OneWord):
        return _joined((one, other))
    raise ValueError("a | outside of brackets stands between single words")


_SIGNS: Mapping[str, _Element] = {"..": _Gap(GAP), "...": _Gap(None), "//": _NextSentence()}


def _tokens(text: str) -> list[str]:
    tokens = [each for each in _TOKEN.findall(text) if not each.isspace()]
    if "".join(tokens) != "".join(text.split()):
        raise ValueError(f"“{text}” holds a sign that no pattern has")
    return tokens


def _starts(elements: Sequence[_Element]) -> _OneWord | None:
    """The words that may stand first; ``None`` where any may."""
    found: list[_OneWord] = []
    for element in elements:
        if isinstance(element, _OneWord):
            return _joined((*found, element))
        if not isinstance(element, _OneOf):
            return None
        for sequence in filter(None, element.sequences):
            inner = _starts(sequence)
            if inner is None:
                return None
            found.append(inner)
        if all(element.sequences):
            return _joined(found)
    return None


def _joined(words: Sequence[_OneWord]) -> _OneWord:
    return _OneWord(
        frozenset[str]().union(*(each.forms for each in words)),
        tuple(stem for each in words for stem in each.stems),
        any(each.is_number for each in words),
        tuple(ending for each in words for ending in each.endings),
    )


def _is_number(text: str) -> bool:
    return text[:1].isdigit() or text == VALUE


class Text(NamedTuple):
    """A block's words, with what each may have been meant to be."""

    words: Sequence[Word]
    meant: Sequence[tuple[str, ...]]  # of each word: its text, and the known words that it may be a slip of
    sentences: Sequence[Sentence]


class Patterns:
    """All patterns of a language, found by their first words."""

    def __init__(self, patterns: Iterable[tuple[str, Pattern]], sounds: Mapping[str, str] | None = None) -> None:
        """``patterns`` are each a name, which several may share, and a pattern; ``sounds``: see ``Spelling``."""
        self._by_form: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
        self._by_stem: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
        self._by_ending: dict[str, list[tuple[str, Pattern]]] = defaultdict(list)
        self._by_number: list[tuple[str, Pattern]] = []
        elements: list[_Element] = []
        for named in patterns:
            for form in named[1].starts.forms:
                self._by_form[form].append(named)
            for stem in named[1].starts.stems:
                self._by_stem[stem].append(named)
            for ending in named[1].starts.endings:
                self._by_ending[ending].append(named)
            if named[1].starts.is_number:
                self._by_number.append(named)
            elements += named[1].elements
        self._longest_stem = max(map(len, self._by_stem), default=0)
        self._longest_ending = max(map(len, self._by_ending), default=0)
        known = _joined(list(_single_words(elements)))
        self._spelling = Spelling({*known.forms, *known.endings}, set(known.stems), sounds)
        self._plain = Plain(known.forms, set(known.stems), set(known.endings))

    def read(self, words: Sequence[Word], sentences: Sequence[Sentence]) -> Text:
        """The words of a block, with what misspelled ones may mean, and those without diacritics where none has any."""
        meant = [self._spelling.meant(word.text) for word in words]
        if is_plain(words):
            meant = [(*known, *self._plain.meant(word.text)) for known, word in zip(meant, words, strict=True)]
        return Text(words, meant, sentences)

    def matches(self, text: Text) -> Iterator[tuple[str, Pattern, Match]]:
        """Every match, from left to right; of one pattern at one place the shortest."""
        for number, sentence in enumerate(text.sentences):
            following = text.sentences[number + 1].end if number + 1 < len(text.sentences) else None
            for start in range(sentence.first, sentence.end):
                for name, pattern in self._beginning(text.meant[start]):
                    end = _matched(pattern, text, start, sentence, following)
                    if end is not None:
                        yield name, pattern, Match(start, end, sentence)

    def _beginning(self, texts: tuple[str, ...]) -> Iterator[tuple[str, Pattern]]:
        if _is_number(texts[0]):
            yield from self._by_number
        for text in texts:
            yield from self._by_form.get(text, ())
            for length in range(_STEM, min(len(text), self._longest_stem) + 1):
                yield from self._by_stem.get(text[:length], ())
            for length in range(_STEM, min(len(text), self._longest_ending) + 1):
                yield from self._by_ending.get(text[-length:], ())


def _single_words(elements: Iterable[_Element]) -> Iterator[_OneWord]:
    for element in elements:
        if isinstance(element, _OneWord):
            yield element
        elif isinstance(element, _OneOf):
            for sequence in element.sequences:
                yield from _single_words(sequence)


def _vocabulary(elements: Sequence[_Element]) -> set[str]:
    return {word for each in _single_words(elements) for word in (*each.forms, *each.endings)}


def _matched(pattern: Pattern, text: Text, start: int, sentence: Sentence, following: int | None) -> int | None:
    """The number after the last word of the shortest match at ``start``, or ``None``."""
    if pattern.is_first and start != sentence.first:
        return None
    run = _Run(text.meant, sentence.end, following)
    ends = run.after(pattern.elements, {start})
    if pattern.is_last:
        ends = {each for each in ends if each == run.end}
    return min(ends, default=None)


class _Run:
    """One attempt to match: it knows where the sentence ends."""

    def __init__(self, meant: Sequence[tuple[str, ...]], end: int, following: int | None) -> None:
        self._meant = meant
        self._following = following
        self.end = end

    def after(self, elements: Sequence[_Element], places: set[int]) -> set[int]:
        """All places that can be reached behind ``elements`` from ``places``."""
        for element in elements:
            if not places:
                break
            places = self._steps[type(element)](self, element, places)
        return places

    def _word(self, element: _OneWord, places: set[int]) -> set[int]:
        return {place + 1 for place in places if place < self.end and element.fits(self._meant[place])}

    def _gap(self, element: _Gap, places: set[int]) -> set[int]:
        if element.most is None:
            return set(range(min(places), self.end + 1))
        return {place + more for place in places for more in range(min(element.most, self.end - place) + 1)}

    def _one_of(self, element: _OneOf, places: set[int]) -> set[int]:
        return set[int]().union(*(self.after(sequence, places) for sequence in element.sequences))

    def _next_sentence(self, _: _NextSentence, places: set[int]) -> set[int]:
        if self._following is None or self.end not in places:
            return set()
        here, self.end = self.end, self._following
        return {here}

    _steps: Mapping[type, Callable[..., set[int]]] = {
        _OneWord: _word,
        _Gap: _gap,
        _OneOf: _one_of,
        _NextSentence: _next_sentence,
    }


def fits_at_start(pattern: Pattern, words: Sequence[Word]) -> bool:
    """Whether the pattern matches at the first of ``words``."""
    meant = [(word.text,) for word in words]
    return _matched(pattern, Text(words, meant, ()), 0, Sentence(0, len(words)), None) is not None
