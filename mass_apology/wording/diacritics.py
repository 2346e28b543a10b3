"""Words typed without diacritics, as in a hurry or on a foreign keyboard: "powazaniem" for "poważaniem"."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from mass_apology.wording.sentences import Word

_SHARE = 33  # letters, of which one with a diacritic may be, in a text that is typed without them
_MARKS = re.compile(r"[\u0300-\u036f]+")  # that stand behind their letters
_ASCII = re.compile(r"[\x00-\x7f]+")
_UNLIKE = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i"})  # NFD leaves their strokes


def plain(text: str) -> str:
    """A text in small letters without its diacritics."""
    if text.isascii():
        return text
    return _MARKS.sub("", unicodedata.normalize("NFD", text.translate(_UNLIKE)))


def is_plain(words: Sequence[Word]) -> bool:
    """Whether a text in Latin letters has fewer diacritics than any language that uses them."""
    text = "".join([each.text for each in words])
    strange = 0 if text.isascii() else sum(map(str.isalpha, _ASCII.sub("", text)))
    return strange * _SHARE < len(text) and strange * _SHARE < sum(map(str.isalpha, text))


class Plain:
    """Finds the known words that a word without diacritics may stand for."""

    def __init__(self, known: Iterable[str], stems: Iterable[str], endings: Iterable[str]) -> None:
        """``known`` are whole words, ``stems`` and ``endings`` what words begin or end with."""
        self._known = _by_plain(known)
        self._stems = _by_plain(stems)
        self._endings = _by_plain(endings)
        self._lengths = sorted({len(each) for each in (*self._stems, *self._endings)})

    def meant(self, word: str) -> tuple[str, ...]:
        """Words with diacritics; of a known beginning or end, with the rest as it is written."""
        if not word.isascii():
            return ()
        found = [*self._known.get(word, ())]
        for length in self._lengths:
            found += [stem + word[length:] for stem in self._stems.get(word[:length], ())]
            found += [word[:-length] + ending for ending in self._endings.get(word[-length:], ())]
        return tuple(found)


def _by_plain(words: Iterable[str]) -> dict[str, list[str]]:
    """The words that have diacritics, by what is left of them; all are folded as one text, which is quick."""
    strange = [each for each in words if not each.isascii()]
    found: dict[str, list[str]] = defaultdict(list)
    for word, bare in zip(strange, plain("\n".join(strange)).split("\n"), strict=False):
        if bare.isascii():
            found[bare].append(word)
    return dict(found)
