"""The words of a text, each with the numbers of the patterns' words that it fits or may be meant to be."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache

from mass_apology.wording.diacritics import Plain, is_plain
from mass_apology.wording.lexicon import REMEMBERED, Entry, Lexicon, Numbers
from mass_apology.wording.matching import Text
from mass_apology.wording.sentences import Sentence, Word
from mass_apology.wording.spelling import Spelling


class WordReading:
    """Reads words as those of a language's patterns, with slips of spelling."""

    def __init__(self, numbers: Iterable[int], lexicon: Lexicon, sounds: Mapping[str, str] | None = None) -> None:
        """``numbers`` are those of the words that a slip may stand for; ``sounds``: see ``Spelling``."""
        self._numbers = frozenset(numbers)
        self._lexicon = lexicon
        self._sounds = sounds or {}
        self._remember_texts()

    def __getstate__(self) -> dict[str, object]:
        """The tables, which otherwise are made when they are needed first."""
        return {"_lexicon": self._lexicon, "_spelling": self._spelling, "_plain": self._plain}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self._remember_texts()

    def _remember_texts(self) -> None:
        self._fitting = lru_cache(REMEMBERED)(self._fitting_of)
        self._fitting_plain = lru_cache(REMEMBERED)(self._fitting_of_plain)

    @cached_property
    def _entries(self) -> Sequence[Entry]:
        return [self._lexicon.entries[number] for number in self._numbers]

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
        return Text(words, sentences, [fitting(word.text) for word in words])

    def _fitting_of(self, word: str) -> Numbers:
        return self._lexicon.fitting(self._spelling.meant(word))

    def _fitting_of_plain(self, word: str) -> Numbers:
        return self._lexicon.fitting((*self._spelling.meant(word), *self._plain.meant(word)))
