"""Patterns of words, as rules write them; ``matching`` finds where they match.

A pattern is a row of words. A word stands for all its forms, as ``xx.forms.toml`` lists them. Beside words there are

- ``=word``: this form only; ``word*``: every word that begins so; ``#``: a number, or what begins with one ("3rd");
- ``*word``: every word that ends so, in any form, as compounds do, and the word itself; ``*=word``: in this form only;
- ``a|b`` and, in brackets, ``(a b|c)``: one of several, here "a b" or "c"; ``word?`` and ``(a b)?``: or nothing;
- ``..``: at most three words, any; ``...``: any words up to the sentence's end;
- ``<name>``: one of the phrases that the language has under that name;
- ``^`` and ``$``: the sentence's beginning and end, in phrases and brackets, too; ``//``: the sentence's end, and after
  it the next one's beginning.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from mass_apology.wording.lexicon import Lexicon

GAP = 3
"""The words that ``..`` may skip."""

_NESTED = 20  # phrases inside phrases
_NEXT_SENTENCE = "//"
_END = ""  # of the signs
_ENDS = frozenset({_NEXT_SENTENCE, _END})
_BETWEEN_WORDS = "a | outside of brackets stands between single words"
_WORD = r"(?!\.\.|//|[\^$])[^\s()|<>?]+"
_ROW = rf"{_WORD}(?:\s*\|\s*{_WORD})*"
_SIGN = re.compile(rf"\(\s*{_ROW}\s*\)|{_ROW}|\.\.\.|\.\.|//|[()|^$?]|<[a-z-]+>|\s+")


class Known:
    """What the words of a language's patterns stand for."""

    def __init__(
        self,
        forms: Mapping[str, Sequence[str]],
        phrases: Mapping[str, Sequence[str]],
        frequent: Sequence[str] = (),
    ) -> None:
        """``phrases``: a name → patterns; ``forms`` and ``frequent``: see ``Lexicon``."""
        self.lexicon = Lexicon(forms, frequent)
        self.phrases = phrases
        self.named: dict[str, OneOf] = {}  # the phrases that were read before
        self.rows: dict[str, OneWord] = {}  # and the words: "late|delayed"

    def row(self, text: str) -> OneWord:
        """One of the words between which ``|`` stands."""
        if text not in self.rows:
            self.rows[text] = OneWord(frozenset(map(self.lexicon.number, text.split("|"))))
        return self.rows[text]


class OneWord(Struct, frozen=True, eq=False):
    """A word that may be one of several."""

    numbers: frozenset[int]  # in the lexicon


class Gap(Struct, frozen=True):
    """Any words."""

    most: int | None  # None: up to the sentence's end


class Edge(Struct, frozen=True):
    """The sentence's beginning or end."""

    is_end: bool


class OneOf:
    """One of several sequences."""

    def __init__(self, ways: Sequence[tuple[Element, ...]], *, or_nothing: bool) -> None:
        """None of the ``ways`` is empty."""
        self.ways = ways
        self.or_nothing = or_nothing
        only = ways[0] if len(ways) == 1 else ()
        self.word = only[0] if len(only) == 1 and isinstance(only[0], OneWord) else None  # where it is nothing more

    @cached_property
    def ways_from(self) -> Mapping[int, int]:
        """The number of a word → the ways that can begin with it, as bits; -1 → those that any word can begin."""
        found: dict[int, int] = defaultdict(int)
        for place, way in enumerate(self.ways):
            for number in _first_numbers(way):
                found[number] |= 1 << place
        return found

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The numbers of all words in it."""
        return frozenset(number for way in self.ways for number in numbers_in(way))


Element = OneWord | Gap | Edge | OneOf


class Pattern(Struct, frozen=True, kw_only=True, eq=False):
    """One pattern, ready to match."""

    text: str  # as the rule has it
    elements: tuple[Element, ...]  # of its first sentence
    following: tuple[Element, ...] | None  # of the next sentence, from its beginning; None: the pattern ends before it
    is_first: bool  # begins with the sentence
    is_last: bool  # ends with it

    def numbers(self) -> Iterator[int]:
        """The numbers of all its words."""
        yield from numbers_in((*self.elements, *(self.following or ())))


def parse(text: str, known: Known) -> Pattern:
    """Read a pattern. ``ValueError`` says what is wrong with it."""
    signs = _signs(text)
    is_first, is_last = signs[:1] == ["^"], signs[-1:] == ["$"]
    reader = _Reader(signs[is_first : len(signs) - is_last], known)
    elements = reader.sequence(text)
    following = reader.sequence(text) if reader.goes_on() else None
    if reader.goes_on():
        raise ValueError(f"“{text}” may go on into one sentence, and no third")
    if not _begins_with_word(elements):
        raise ValueError(f"“{text}” must begin with a word")
    return Pattern(text=text, elements=elements, following=following, is_first=is_first, is_last=is_last)


class _Reader:
    """Reads a pattern's signs from left to right."""

    def __init__(self, signs: Sequence[str], known: Known, inside: tuple[str, ...] = ()) -> None:
        """``inside``: the names of the phrases that this is a part of."""
        self._signs = [*signs, _END]
        self._at = 0
        self._known = known
        self._inside = inside

    def sequence(self, text: str) -> tuple[Element, ...]:
        """All elements up to a sentence's end; ``text`` is what they are read from."""
        elements: list[Element] = []
        while self._signs[self._at] not in _ENDS:
            sign = self._next()
            if sign in {")", "|"}:
                raise ValueError(f"“{text}” has a bracket too many")
            elements.append(self._perhaps(self._element(sign)))
            if self._signs[self._at] == "|":
                at_end = self._signs[self._at + 1] == _END
                says = "a word is missing at the end" if at_end else _BETWEEN_WORDS
                raise ValueError(says)
        return tuple(elements)

    def goes_on(self) -> bool:
        """Whether a sentence's end follows; it is passed."""
        return self._next() == _NEXT_SENTENCE

    def _next(self) -> str:
        """The next sign, which is passed; the end never is."""
        sign = self._signs[self._at]
        self._at += sign != _END
        return sign

    def _element(self, sign: str) -> Element:
        if sign == "(":
            return self._group()
        if sign in _WITHOUT_WORDS:
            return _WITHOUT_WORDS[sign]
        if sign == _NEXT_SENTENCE:
            raise ValueError("// stands outside of brackets and phrases")
        if sign[0] == "<":
            return self._named(sign[1:-1])
        return self._known.row(sign.strip("()"))

    def _perhaps(self, element: Element) -> Element:
        """The element, or that or nothing where ``?`` follows."""
        if self._signs[self._at] != "?":
            return element
        self._at += 1
        return OneOf(element.ways if isinstance(element, OneOf) else ((element,),), or_nothing=True)

    def _group(self) -> Element:
        """Inside brackets ``|`` parts sequences."""
        sequences: list[list[Element]] = [[]]
        while (sign := self._next()) != ")":
            if sign == _END:
                raise ValueError("a bracket is not closed")
            if sign == "|":
                sequences.append([])
                continue
            if "|" in sign and sign[0] != "(":
                first, *others, sign = sign.split("|")
                sequences[-1].append(self._known.row(first))
                sequences += [[self._known.row(each)] for each in others]
                sequences.append([])
            sequences[-1].append(self._perhaps(self._element(sign)))
        return _one_of(map(tuple, sequences))

    def _named(self, name: str) -> OneOf:
        if name not in self._known.phrases:
            raise ValueError(f"[phrases] has no “{name}”")
        if len(self._inside) >= _NESTED or name in self._inside:
            raise ValueError(f"“{name}” in [phrases] stands for itself")
        if name not in self._known.named:
            inside = (*self._inside, name)
            self._known.named[name] = _one_of(_phrase(each, self._known, inside) for each in self._known.phrases[name])
        return self._known.named[name]


def _phrase(text: str, known: Known, inside: tuple[str, ...]) -> tuple[Element, ...]:
    reader = _Reader(_signs(text), known, inside)
    elements = reader.sequence(text)
    if reader.goes_on():
        raise ValueError("// stands outside of brackets and phrases")
    return elements


_WITHOUT_WORDS: Mapping[str, Element] = {
    "..": Gap(GAP),
    "...": Gap(None),
    "^": Edge(is_end=False),
    "$": Edge(is_end=True),
}


def _signs(text: str) -> list[str]:
    signs = ["".join(each.split()) for each in _SIGN.findall(text) if not each.isspace()]
    if "".join(signs) != "".join(text.split()):
        raise ValueError(f"“{text}” holds a sign that no pattern has")
    return signs


def _one_of(sequences: Iterable[tuple[Element, ...]]) -> OneOf:
    """Those that are one word each become one way."""
    single: list[int] = []
    others: list[tuple[Element, ...]] = []
    or_nothing = False
    for each in sequences:
        if len(each) == 1 and isinstance(each[0], OneWord):
            single += each[0].numbers
        elif each:
            others.append(each)
        else:
            or_nothing = True
    ways = [(OneWord(frozenset(single)),)] if single else []
    return OneOf((*ways, *others), or_nothing=or_nothing)


def _begins_with_word(elements: Sequence[Element]) -> bool:
    """Whether a match cannot begin with words of which nothing is known."""
    for element in elements:
        if isinstance(element, OneWord):
            return True
        if isinstance(element, Edge):
            continue
        if isinstance(element, Gap) or not all(map(_begins_with_word, element.ways)):
            return False
        if not element.or_nothing:
            return True
    return False


def _first_numbers(elements: Sequence[Element]) -> Iterator[int]:
    """The numbers of the words with which a match can begin; -1 where it can be any."""
    for element in elements:
        if isinstance(element, OneWord):
            yield from element.numbers
            return
        if isinstance(element, Edge):
            continue
        if isinstance(element, Gap):
            break
        yield from element.ways_from
        if not element.or_nothing:
            return
    yield -1


def numbers_in(elements: Iterable[Element]) -> Iterator[int]:
    """The numbers of all words in a pattern, in brackets too."""
    for element in elements:
        if isinstance(element, OneWord | OneOf):
            yield from element.numbers
