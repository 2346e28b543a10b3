"""What was found in some letters, when they were rendered and composed to be looked at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from msgspec import Struct

from mass_apology.letter.inspecting.distinct_letters import DistinctLetter, joined
from mass_apology.letter.legal.judge import Breach, each_once
from mass_apology.model import NO_LETTER, Finding, LargestLetter, largest_of

MOST_TEXTS = 100
"""Different texts that are told apart: to know that letters differ, a few are enough."""


class Inspection(Struct, frozen=True, kw_only=True):
    """Some letters, looked at."""

    findings: list[Finding] = []  # in the order of the letters
    breaches: list[Breach] = []  # of the scenario's legal pack, each once
    letters: int = 0  # that could be written
    octets: int = 0  # of their messages, together
    largest: LargestLetter = NO_LETTER
    unplaced: Mapping[str, int] = {}  # letters that show times by the campaign's clock: how many, by country or ""
    distinct: Mapping[str, DistinctLetter] = {}  # letters that differ by more than names and numbers, by a key; the
    # words of each are told once by every process
    texts: frozenset[int] = frozenset()  # a checksum for each different text, up to ``MOST_TEXTS``


def together(inspections: Iterable[Inspection]) -> Inspection:
    """Several as one, in their order."""
    each = list(inspections)
    texts: set[int] = set()
    unplaced: Counter[str] = Counter()
    for one in each:
        unplaced.update(one.unplaced)
        if len(texts) < MOST_TEXTS:
            texts |= one.texts
    return Inspection(
        findings=[finding for one in each for finding in one.findings],
        breaches=each_once(breach for one in each for breach in one.breaches),
        letters=sum(one.letters for one in each),
        octets=sum(one.octets for one in each),
        largest=largest_of(one.largest for one in each),
        unplaced=dict(unplaced),
        distinct=joined(one.distinct for one in each),
        texts=frozenset(texts),
    )
