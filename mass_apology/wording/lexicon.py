"""The words of a language's patterns, each with a number, and which of them a text's word fits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from mass_apology.wording.sentences import VALUE, normal

STEM = 3
"""Letters that the beginning or the end of a word has at least."""

REMEMBERED = 50_000
"""Words of texts, of which what they fit is known."""

Numbers = tuple[int, ...]
"""Of the words of patterns that a text's word fits."""

_SHORT = 3  # letters of a word that stands in most sentences
_OFTEN = 50  # how often a common word is, beside one of the others
_FORMS = 10  # that a word has on the average


class Entry(Struct, frozen=True):
    """What one word of a pattern stands for."""

    forms: tuple[str, ...] = ()
    stem: str = ""
    endings: tuple[str, ...] = ()
    is_number: bool = False  # numbers fit, too, and a template's values

    @property
    def vocabulary(self) -> Sequence[str]:
        """The whole words in it."""
        return self.forms or self.endings


class Lexicon:
    """All words of a language's patterns."""

    def __init__(self, forms: Mapping[str, Sequence[str]], common: frozenset[str] = frozenset()) -> None:
        """``forms``: a word, normal → its forms, normal; ``common`` are words that stand in most sentences."""
        self._forms = forms
        self._common = common
        self._numbers: dict[str, int] = {}  # by the word as a pattern has it: "=late", "apolog*"
        self.entries: list[Entry] = []  # by number
        self.weights: list[int] = []  # by number: a guess at how many sentences have such a word
        self._by_form: dict[str, list[int]] = defaultdict(list)
        self._by_stem: dict[str, list[int]] = defaultdict(list)
        self._by_ending: dict[str, list[int]] = defaultdict(list)
        self._of_numbers: list[int] = []
        self._lengths: list[int] | None = None  # of stems and endings; None while there may come more
        self._edges: frozenset[str] = frozenset()  # the first letters of stems, and the last of endings
        self.exactly = lru_cache(REMEMBERED)(self._fitting_itself)

    def number(self, word: str) -> int:
        """The number of a pattern's word; a new one where it has none yet. ``ValueError`` for a stem that is short."""
        number = self._numbers.get(word)
        if number is None:
            entry = self._entry(word)
            number = self._numbers[word] = len(self.entries)
            self.entries.append(entry)
            self.weights.append(self._weight(entry))
            self._enter(number, entry)
        return number

    def _entry(self, word: str) -> Entry:
        if word == "#":
            return Entry(is_number=True)
        if "*" in word and len(word.strip("*=")) < STEM:
            raise ValueError(f"“{word}” needs {STEM} letters")
        if word.endswith("*"):
            return Entry(stem=normal(word[:-1]))
        if word.startswith("*"):
            return Entry(endings=self._forms_of(word[1:]))
        return Entry(forms=self._forms_of(word))

    def _forms_of(self, word: str) -> tuple[str, ...]:
        exact = normal(word.removeprefix("="))
        others = () if word.startswith("=") else self._forms.get(exact, ())
        return tuple(dict.fromkeys((exact, *others)))

    def _weight(self, entry: Entry) -> int:
        if entry.is_number or any(len(form) <= _SHORT or form in self._common for form in entry.forms):
            return _OFTEN
        return 1 + len(entry.forms) // _FORMS

    def _enter(self, number: int, entry: Entry) -> None:
        for form in entry.forms:
            self._by_form[form].append(number)
        for ending in entry.endings:
            self._by_ending[ending].append(number)
        if entry.is_number:
            self._of_numbers.append(number)
        if entry.stem:
            self._by_stem[entry.stem].append(number)
        self._lengths = None

    def _fitting_itself(self, text: str) -> Numbers:
        return self.fitting((text,))

    def fitting(self, meant: tuple[str, ...]) -> Numbers:
        """The numbers of the words that a text's word fits, which may be meant in several ways."""
        return tuple(dict.fromkeys(self._looked_up(meant)))

    def _looked_up(self, meant: tuple[str, ...]) -> Iterator[int]:
        if self._lengths is None:
            self._lengths = sorted({*map(len, self._by_stem), *map(len, self._by_ending)})
            self._edges = frozenset(
                [*(each[:STEM] for each in self._by_stem), *(each[-STEM:] for each in self._by_ending)]
            )
        if meant[0][:1].isdigit() or meant[0] == VALUE:
            yield from self._of_numbers
        for text in meant:
            yield from self._by_form.get(text, ())
            if self._edges.isdisjoint((text[:STEM], text[-STEM:])):
                continue
            for length in self._lengths:
                if length > len(text):
                    break
                yield from self._by_stem.get(text[:length], ())
                yield from self._by_ending.get(text[-length:], ())
