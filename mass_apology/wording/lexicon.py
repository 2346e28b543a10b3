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

_OFTEN = 100.0  # sentences of some hundred in which the most frequent word is
_SELDOM = 0.05  # in which a word is that is none of the frequent ones
_NUMBER = 10.0
_RANK = 5  # the frequencies of words fall as their ranks rise (Zipf, Mandelbrot): 1 / (rank + 5)


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

    def __init__(self, forms: Mapping[str, Sequence[str]], frequent: Sequence[str] = ()) -> None:
        """``forms``: a word, normal → its forms, normal; ``frequent``: words of letters, the most frequent first."""
        self._forms = forms
        self._often = _frequencies(frequent)
        self._numbers: dict[str, int] = {}  # by the word as a pattern has it: "=late", "apolog*"
        self.entries: list[Entry] = []  # by number
        self.weights: list[float] = []  # by number: a guess at how many sentences have such a word
        self._by_form: dict[str, list[int]] = defaultdict(list)
        # By their first or last letters: stems and endings, each with a number of a word that has it.
        self._by_beginning: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._by_end: dict[str, list[tuple[str, int]]] = defaultdict(list)
        self._of_numbers: list[int] = []
        self.exactly = lru_cache(REMEMBERED)(self._fitting_itself)

    def __getstate__(self) -> dict[str, object]:
        """What texts are read with. No patterns can be added to a lexicon that was kept."""
        kept = ("_by_form", "_by_beginning", "_by_end", "_of_numbers")
        return {name: dict(value) if isinstance(value := self.__dict__[name], dict) else value for name in kept}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
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

    def _weight(self, entry: Entry) -> float:
        if entry.is_number:
            return _NUMBER
        often = self._often
        forms = sum(often.get(form, 0) for form in entry.forms)
        ends = sum(often.get(f"*{ending}", 0) for ending in entry.endings)
        return _SELDOM + forms + ends + (often.get(f"{entry.stem}*", 0) if entry.stem else 0)

    def _enter(self, number: int, entry: Entry) -> None:
        for form in entry.forms:
            self._by_form[form].append(number)
        for ending in entry.endings:
            self._by_end[ending[-STEM:]].append((ending, number))
        if entry.is_number:
            self._of_numbers.append(number)
        if entry.stem:
            self._by_beginning[entry.stem[:STEM]].append((entry.stem, number))

    def _fitting_itself(self, text: str) -> Numbers:
        return self.fitting((text,))

    def fitting(self, meant: tuple[str, ...]) -> Numbers:
        """The numbers of the words that a text's word fits, which may be meant in several ways."""
        return tuple(dict.fromkeys(self._looked_up(meant)))

    def _looked_up(self, meant: tuple[str, ...]) -> Iterator[int]:
        if meant[0][:1].isdigit() or meant[0] == VALUE:
            yield from self._of_numbers
        for text in meant:
            yield from self._by_form.get(text, ())
            for stem, number in self._by_beginning.get(text[:STEM], ()):
                if text.startswith(stem):
                    yield number
            for ending, number in self._by_end.get(text[-STEM:], ()):
                if text.endswith(ending):
                    yield number


def _frequencies(words: Sequence[str]) -> Mapping[str, float]:
    """How often words are, and all that begin ("apol*") or end ("*ogise") in one way."""
    found: dict[str, float] = defaultdict(float)
    for rank, word in enumerate(words):
        often = _OFTEN / (rank + _RANK)
        found[word] += often
        for length in range(STEM, len(word) + 1):
            found[f"{word[:length]}*"] += often
            found[f"*{word[-length:]}"] += often
    return dict(found)
