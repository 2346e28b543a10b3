"""Words typed without diacritics, as in a hurry or on a foreign keyboard: "powazaniem" for "poważaniem"."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence

from mass_apology.wording.sentences import Word

_SHARE = 33  # letters, of which one with a diacritic may be, in a text that is typed without them
_UNLIKE = str.maketrans({"ł": "l", "đ": "d", "ø": "o", "ı": "i"})  # NFD leaves their strokes


def plain(word: str) -> str:
    """A word in small letters without its diacritics."""
    if word.isascii():
        return word
    apart = unicodedata.normalize("NFD", word.translate(_UNLIKE))
    return "".join(each for each in apart if not unicodedata.combining(each))


def is_plain(words: Sequence[Word]) -> bool:
    """Whether a text in Latin letters has fewer diacritics than any language that uses them."""
    letters = [each for word in words for each in word.text if each.isalpha()]
    strange = sum(not each.isascii() for each in letters)
    return strange * _SHARE < len(letters)


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
    found: dict[str, list[str]] = defaultdict(list)
    for word in words:
        bare = plain(word)
        if bare != word and bare.isascii():
            found[bare].append(word)
    return dict(found)
