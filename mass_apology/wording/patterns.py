"""Patterns of words, as rules write them; ``matching`` finds where they match.

A pattern is a row of words. A word stands for all its forms, as ``xx.forms.toml`` lists them. Beside words there are

- ``=word``: this form only; ``word*``: every word that begins so; ``#``: a number, or what begins with one ("3rd");
- ``*word``: every word that ends so, in any form, as compounds do, and the word itself; ``*=word``: in this form only;
- ``a|b`` and, in brackets, ``(a b|c)``: one of several, here "a b" or "c"; ``word?`` and ``(a b)?``: or nothing;
- ``..``: at most three words, any; ``...``: any words up to the sentence's end;
- ``<name>``: one of the phrases that the language has under that name;
- ``^`` and ``$``: the sentence's beginning and end; ``//``: the sentence's end, and after it the next one's beginning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct

from mass_apology.wording.sentences import normal

GAP = 3
"""The words that ``..`` may skip."""

STEM = 3
"""Letters that the beginning or the end of a word has at least."""

_NESTED = 20  # phrases inside phrases
_TOKEN = re.compile(r"\.\.\.|\.\.|//|[()|^$?]|<[a-z-]+>|[^\s()|<>?]+|\s+")


class Known:
    """What the words of a language's patterns stand for."""

    def __init__(self, forms: Mapping[str, Sequence[str]], phrases: Mapping[str, Sequence[str]]) -> None:
        """``forms``: a word, normal → its forms, normal; ``phrases``: a name → patterns."""
        self.forms = forms
        self.phrases = phrases
        self.named: dict[str, OneOf] = {}  # the phrases that were read before


class OneWord(Struct, frozen=True):
    """A word that may be one of several."""

    forms: frozenset[str]
    stems: tuple[str, ...] = ()
    is_number: bool = False  # numbers fit, too, and a template's values
    endings: tuple[str, ...] = ()


class Gap(Struct, frozen=True):
    """Any words."""

    most: int | None  # None: up to the sentence's end


class OneOf(Struct, frozen=True):
    """One of several sequences, of which an empty one stands for nothing."""

    sequences: tuple[tuple[Element, ...], ...]


class NextSentence(Struct, frozen=True):
    """The end of the sentence, behind which the next one is looked at."""


Element = OneWord | Gap | OneOf | NextSentence


class Pattern(Struct, frozen=True, kw_only=True):
    """One pattern, ready to match."""

    text: str  # as the rule has it
    elements: tuple[Element, ...]
    is_first: bool  # begins with the sentence
    is_last: bool  # ends with it
    starts: OneWord  # its first words
    vocabulary: frozenset[str]  # all forms of its words


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
    return Pattern(
        text=text,
        elements=elements,
        is_first=is_first,
        is_last=is_last,
        starts=starts,
        vocabulary=_vocabulary(elements),
    )


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

    def sequence(self, *, in_brackets: bool = False) -> tuple[Element, ...]:
        elements: list[Element] = []
        while self.rest() and self._tokens[self._at] not in {")", "|"}:
            elements.append(self._alternatives(in_brackets=in_brackets))
        return tuple(elements)

    def _alternatives(self, *, in_brackets: bool) -> Element:
        """Outside of brackets ``|`` joins words; inside it parts what the brackets hold."""
        element = self._single()
        while not in_brackets and self._sign("|"):
            other = self._single()
            element = _either(element, other)
        return OneOf(((element,), ())) if self._sign("?") else element

    def _single(self) -> Element:
        if not self.rest():
            raise ValueError("a word is missing at the end")
        sign = self._tokens[self._at]
        self._at += 1
        if sign == "(":
            return self._group()
        if sign in _SIGNS:
            return _SIGNS[sign]
        return self._named(sign[1:-1]) if sign.startswith("<") else self._word(sign)

    def _group(self) -> OneOf:
        sequences = [self.sequence(in_brackets=True)]
        while self._sign("|"):
            sequences.append(self.sequence(in_brackets=True))
        if not self._sign(")"):
            raise ValueError("a bracket is not closed")
        return OneOf(tuple(sequences))

    def _named(self, name: str) -> OneOf:
        if name not in self._known.phrases:
            raise ValueError(f"[phrases] has no “{name}”")
        if len(self._inside) >= _NESTED or name in self._inside:
            raise ValueError(f"“{name}” in [phrases] stands for itself")
        if name not in self._known.named:
            inside = (*self._inside, name)
            sequences = tuple(_whole(each, self._known, inside) for each in self._known.phrases[name])
            self._known.named[name] = OneOf(sequences)
        return self._known.named[name]

    def _word(self, word: str) -> OneWord:
        if word == "#":
            return OneWord(frozenset(), is_number=True)
        if "*" in word and len(word.strip("*=")) < STEM:
            raise ValueError(f"“{word}” needs {STEM} letters")
        if word.endswith("*"):
            return OneWord(frozenset(), (normal(word[:-1]),))
        if word.startswith("*"):
            return OneWord(frozenset(), endings=tuple(sorted(self._forms(word[1:]))))
        return OneWord(self._forms(word))

    def _forms(self, word: str) -> frozenset[str]:
        exact = normal(word.removeprefix("="))
        return frozenset({exact, *(() if word.startswith("=") else self._known.forms.get(exact, ()))})

    def _sign(self, sign: str) -> bool:
        found = self.rest() and self._tokens[self._at] == sign
        self._at += found
        return found


def _whole(text: str, known: Known, inside: tuple[str, ...]) -> tuple[Element, ...]:
    """A phrase's pattern."""
    reader = _Reader(_tokens(text), known, inside)
    elements = reader.sequence()
    if reader.rest():
        raise ValueError(f"“{text}” has a bracket too many")
    return elements


def _either(one: Element, other: Element) -> OneWord:
    if isinstance(one, OneWord) and isinstance(other, OneWord):
        return joined((one, other))
    raise ValueError("a | outside of brackets stands between single words")


_SIGNS: Mapping[str, Element] = {"..": Gap(GAP), "...": Gap(None), "//": NextSentence()}


def _tokens(text: str) -> list[str]:
    tokens = [each for each in _TOKEN.findall(text) if not each.isspace()]
    if "".join(tokens) != "".join(text.split()):
        raise ValueError(f"“{text}” holds a sign that no pattern has")
    return tokens


def _starts(elements: Sequence[Element]) -> OneWord | None:
    """The words that may stand first; ``None`` where any may."""
    found: list[OneWord] = []
    for element in elements:
        if isinstance(element, OneWord):
            return joined((*found, element))
        if not isinstance(element, OneOf):
            return None
        for sequence in filter(None, element.sequences):
            inner = _starts(sequence)
            if inner is None:
                return None
            found.append(inner)
        if all(element.sequences):
            return joined(found)
    return None


def joined(words: Sequence[OneWord]) -> OneWord:
    """A word that fits where one of these does."""
    return OneWord(
        frozenset[str]().union(*(each.forms for each in words)),
        tuple(stem for each in words for stem in each.stems),
        any(each.is_number for each in words),
        tuple(ending for each in words for ending in each.endings),
    )


def single_words(elements: Iterable[Element]) -> Iterator[OneWord]:
    """All words in a pattern, in brackets too."""
    for element in elements:
        if isinstance(element, OneWord):
            yield element
        elif isinstance(element, OneOf):
            for sequence in element.sequences:
                yield from single_words(sequence)


def _vocabulary(elements: Sequence[Element]) -> frozenset[str]:
    return frozenset(word for each in single_words(elements) for word in (*each.forms, *each.endings))
