"""Which letters a person should look at before all of them go out: some of every kind, the extremes, and a few others.

Letters stream by and are forgotten; what is remembered depends on the number of kinds and columns, not on the number
of letters. The choice depends on the letters and the seed, not on the order in which the letters came.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Mapping
from heapq import heappush, heapreplace
from itertools import chain
from typing import TypeVar

from msgspec import Struct

SIZE = 50
"""How many letters a person looks at."""

MAX_STRATA = 10_000
"""How many strata are told apart. With more of them, the last part of every stratum counts no longer."""

MAX_COLUMNS = 32
"""How many columns of one language are watched: the first by name."""

SHOWN_COLUMNS = 6
"""Of how many columns of one language the longest and shortest values are shown: those whose lengths differ most."""

_KEPT = 4  # letters of a stratum that are remembered; the others can be chosen as any letter can
_BITS = (1 << 64) - 1


class Case(Struct, frozen=True, kw_only=True):
    """One letter, as far as the choice is concerned."""

    id: int
    stratum: tuple[str, ...]  # its kind, the coarsest part first: language, segments, variant
    values: Mapping[str, int]  # the length of each value, by column


class Sampler:
    """Chooses about ``size`` of the letters that are added; the same ones for the same ``seed``.

    There is one letter of every stratum, and in every language the longest letter and the longest and shortest value
    of up to ``SHOWN_COLUMNS`` columns, even if these are more than ``size``. What is left of ``size`` goes to second,
    third and fourth letters of the strata in turn, the rare ones first, and then to any letters at random.

    When there are more than ``MAX_STRATA`` strata, their last part is ignored: the variant, then the segments, then
    the language. ``parts`` says how many parts still count.
    """

    def __init__(self, size: int = SIZE, seed: int = 0) -> None:
        self._size = max(size, 0)
        self._seed = _scattered(seed)
        self._parts: int | None = None  # so many of a stratum's; None for all of them
        self._strata: dict[tuple[str, ...], _Stratum] = {}
        self._languages: dict[tuple[str, ...], _Extremes] = {}
        self._others: list[tuple[int, int]] = []  # a heap: the letters of lowest rank, as (-rank, id)

    @property
    def strata(self) -> int:
        """How many strata there are, as far as they are told apart."""
        return len(self._strata)

    @property
    def parts(self) -> int:
        """How many parts of a stratum count: all of them unless there are too many strata."""
        return max(map(len, self._strata), default=0) if self._parts is None else self._parts

    def add(self, case: Case) -> None:
        """Consider this letter too."""
        rank = _scattered(case.id ^ self._seed)
        key = case.stratum[: self._parts]
        stratum = self._strata.get(key)
        if stratum is None:
            stratum = self._strata[key] = _Stratum()
        stratum.add(rank, case.id)
        language = self._languages.get(key[:1])
        if language is None:
            language = self._languages[key[:1]] = _Extremes()
        language.add(rank, case)
        self._add_to_others(rank, case.id)
        if len(self._strata) > MAX_STRATA:
            self._coarsen()

    def choose(self) -> list[int]:
        """The chosen letters' ids, ascending."""
        turns = self._turns()
        chosen = set(next(turns))
        chosen.update(chain.from_iterable(extremes.chosen() for extremes in self._languages.values()))
        others = (id_ for _, id_ in sorted(self._others, reverse=True))
        for each in chain(chain.from_iterable(turns), others):
            if len(chosen) >= self._size:
                break
            chosen.add(each)
        return sorted(chosen)

    def _turns(self) -> Iterator[list[int]]:
        """The strata's first letters, then their second ones …, rare strata before common ones."""
        by_count = sorted(self._strata.values(), key=lambda stratum: (stratum.count, stratum.lowest))
        for turn in range(_KEPT):
            yield [stratum.lowest[turn][1] for stratum in by_count if turn < len(stratum.lowest)]

    def _add_to_others(self, rank: int, id_: int) -> None:
        if len(self._others) < self._size:
            heappush(self._others, (-rank, id_))
        elif self._others and -rank > self._others[0][0]:
            heapreplace(self._others, (-rank, id_))

    def _coarsen(self) -> None:
        while len(self._strata) > MAX_STRATA:
            self._parts = self.parts - 1
            self._strata = _merged(self._strata, self._parts)
            self._languages = _merged(self._languages, self._parts)


class _Stratum:
    """How many letters of one kind there are, and those of lowest rank."""

    __slots__ = ("count", "lowest")

    def __init__(self) -> None:
        self.count = 0
        self.lowest: list[tuple[int, int]] = []  # (rank, id), ascending

    def add(self, rank: int, id_: int) -> None:
        self.count += 1
        if len(self.lowest) < _KEPT:
            insort(self.lowest, (rank, id_))
        elif rank < self.lowest[-1][0]:
            self.lowest.pop()
            insort(self.lowest, (rank, id_))

    def merge(self, other: _Stratum) -> None:
        self.count += other.count
        self.lowest = sorted(self.lowest + other.lowest)[:_KEPT]


class _Extremes:
    """One language's longest letter, and the longest and shortest values of its columns."""

    __slots__ = ("_last", "_longest", "_longest_letter", "_shortest")

    def __init__(self) -> None:
        self._longest_letter = (-1, 0, 0)  # (length, rank, id), as below; the rank decides between equal lengths
        self._longest: dict[str, tuple[int, int, int]] = {}
        self._shortest: dict[str, tuple[int, int, int]] = {}
        self._last = ""  # the last by name of the columns, once there are as many as are watched

    def add(self, rank: int, case: Case) -> None:
        values, id_ = case.values, case.id
        self._longest_letter = max(self._longest_letter, (sum(values.values()), rank, id_))
        longest, shortest = self._longest, self._shortest
        for column, length in values.items():
            value = (length, rank, id_)
            if column not in longest:
                self._watch(column, value, value)
            elif value > longest[column]:
                longest[column] = value
            elif value < shortest[column]:
                shortest[column] = value

    def chosen(self) -> Iterator[int]:
        """The ids of the longest letter, and of the longest and shortest values of the columns that differ most."""
        if self._longest_letter[0]:  # letters without values are equally long
            yield self._longest_letter[2]
        by_spread = sorted(self._longest, key=lambda name: (self._shortest[name][0] - self._longest[name][0], name))
        for column in by_spread[:SHOWN_COLUMNS]:
            yield self._longest[column][2]
            yield self._shortest[column][2]

    def merge(self, other: _Extremes) -> None:
        self._longest_letter = max(self._longest_letter, other._longest_letter)
        for column, longest in other._longest.items():
            shortest = other._shortest[column]
            if column in self._longest:
                self._longest[column] = max(longest, self._longest[column])
                self._shortest[column] = min(shortest, self._shortest[column])
            else:
                self._watch(column, longest, shortest)

    def _watch(self, column: str, longest: tuple[int, int, int], shortest: tuple[int, int, int]) -> None:
        """Watch a column that was not met before, if it is one of the first by name."""
        if len(self._longest) == MAX_COLUMNS:
            if column > self._last:
                return
            del self._longest[self._last], self._shortest[self._last]
        self._longest[column] = longest
        self._shortest[column] = shortest
        self._last = max(self._longest) if len(self._longest) == MAX_COLUMNS else ""


_Remembered = TypeVar("_Remembered", _Stratum, _Extremes)


def _merged(found: Mapping[tuple[str, ...], _Remembered], parts: int) -> dict[tuple[str, ...], _Remembered]:
    """The same under the first ``parts`` parts of each key."""
    merged: dict[tuple[str, ...], _Remembered] = {}
    for key, each in found.items():
        if same := merged.get(key[:parts]):
            same.merge(each)
        else:
            merged[key[:parts]] = each
    return merged


def _scattered(number: int) -> int:
    """The number's place in an order without pattern, from 0 to 2⁶⁴ - 1 (SplitMix64; Steele, Lea and Flood 2014)."""
    number = (number + 0x9E3779B97F4A7C15) & _BITS
    number = ((number ^ (number >> 30)) * 0xBF58476D1CE4E5B9) & _BITS
    number = ((number ^ (number >> 27)) * 0x94D049BB133111EB) & _BITS
    return number ^ (number >> 31)
