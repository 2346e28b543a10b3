"""Phrases in a text of any language, found by the beginnings of their words, so that inflection does not hide them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Generic, TypeVar

Label = TypeVar("Label")

_WORD = re.compile(r"[\w\u0300-\u036f]+|[€$£%]")  # an accent may be a character of its own
_WHOLE = 3  # letters: a word so short is looked for as a whole, since every other word would begin with it
_REMEMBERED = 1 << 14  # words; customers' own are without number


class Phrases(Generic[Label]):
    """Some phrases to look for, each with a label.

    Each word of a phrase of more than three letters stands for every word that begins with it: "rare situation" is
    found in "rarest situations". Case and accents do not count, nor do signs and line ends between words.
    """

    def __init__(self, labelled: Iterable[tuple[Label, str]]) -> None:
        apart = [(label, tuple(map(_folded, _WORD.findall(phrase)))) for label, phrase in labelled]
        self._phrases = [(label, stems) for label, stems in apart if stems]
        self._beginning = lru_cache(_REMEMBERED)(self._beginning_with)

    def found(self, text: str) -> Iterator[tuple[Label, str]]:
        """Every phrase that stands in the text, by its label, as it stands there, in the text's order."""
        words = _WORD.findall(text)
        for start, word in enumerate(words):
            for label, stems in self._beginning(word):
                here = words[start : start + len(stems)]
                if len(here) == len(stems) and all(map(_begins, here, stems)):
                    yield label, " ".join(here)

    def _beginning_with(self, word: str) -> Sequence[tuple[Label, tuple[str, ...]]]:
        return [(label, stems) for label, stems in self._phrases if _begins(word, stems[0])]


def _begins(word: str, stem: str) -> bool:
    folded = _folded(word)
    return folded == stem if len(stem) <= _WHOLE else folded.startswith(stem)


@lru_cache(_REMEMBERED)
def _folded(word: str) -> str:
    apart = unicodedata.normalize("NFKD", word.casefold())
    return "".join(each for each in apart if not unicodedata.combining(each))
