"""What is found in one block, wherever it stands: the places of faults and of apologies, and the parts that it shows.

Faults are looked for at once. A part is looked for when it is asked for, since a letter that has shown it needs no
other block to do so.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import lru_cache
from itertools import accumulate

from mass_apology.wording import other_languages, spotting
from mass_apology.wording.finding import Spot
from mass_apology.wording.letter_text import Block, Role
from mass_apology.wording.matching import Match, Text
from mass_apology.wording.patterns import Pattern
from mass_apology.wording.sentences import sentences, words_in
from mass_apology.wording.wording_rules import APOLOGY, Rules, kinds

_NEAR = 3  # words before a passage in which a negation excuses it
_MARKS = frozenset(",;:·–—()")  # that part clauses
_REMEMBERED = 1 << 14  # blocks; a letter has some thousand at most


class BlockFindings:
    """What a block's words and role tell."""

    def __init__(self, block: Block, rules: Rules, left_out: frozenset[str]) -> None:
        """``left_out``: rules that do not hold."""
        self._written = block.text
        self._rules = rules
        self._text: Text | None = None
        self._shown: dict[str, bool] = {}
        text = self._read()
        excused = _Excused(rules, text)
        matches = [each for each in rules.find.matches(text) if not excused.is_excused(each[0], each[2])]
        faults = [each for each in matches if each[0] != APOLOGY]
        self._spots = [
            *_longest(faults, block.text, text, rules),
            *spotting.spots(block, text, rules),
            *other_languages.spots(block, text, rules),
        ]
        self.spots = tuple(_outranked([each for each in self._spots if each.rule not in left_out]))
        places = (_place(text, match) for rule, _, match in matches if rule == APOLOGY)
        self.apologies = tuple(_apart(self._showing(APOLOGY, places)))
        """The places of all apologies."""

    def shows(self, part: str) -> bool:
        """Whether the block has a part, which the id of its rule tells."""
        if part == APOLOGY:
            return bool(self.apologies)
        if part not in self._shown:
            self._shown[part] = self._is_shown(part, self._read())
        return self._shown[part]

    def _is_shown(self, part: str, text: Text) -> bool:
        if part not in text.candidates(self._rules.parts):
            return False
        excused = _Excused(self._rules, text)
        matches = self._rules.parts.matches_of(part, text)
        places = (_place(text, each) for each in matches if not excused.is_excused(part, each))
        return next(self._showing(part, places), None) is not None

    def rest(self) -> None:
        """Keep what is known and let the words go: letters of a campaign have most of their blocks in common."""
        self._text = None

    def _read(self) -> Text:
        if self._text is None:
            rules = self._rules
            words = words_in(self._written)
            ends = sentences(self._written, words, rules.abbreviations, rules.common_words, is_greek=rules.code == "el")
            self._text = rules.words.read(words, ends)
        return self._text

    def _showing(self, part: str, places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Places without words that belong to a fault: "no parcel will ever get lost" prevents nothing."""
        others = kinds().hidden_by.get(part, frozenset())
        hiding = [(each.start, each.end) for each in self._spots if each.rule in others]
        if not hiding:
            return iter(places)
        covered = _Covered(hiding)
        return (place for place in places if not covered.overlaps(*place))


@lru_cache(maxsize=_REMEMBERED)
def _findings(text: str, role: Role, rules: Rules, left_out: frozenset[str]) -> BlockFindings:
    return BlockFindings(Block(role=role, text=text, places=()), rules, left_out)


def findings(block: Block, rules: Rules, left_out: frozenset[str]) -> BlockFindings:
    """Of a block; letters of a campaign have most of theirs in common, and those are remembered."""
    return _findings(block.text, block.role, rules, left_out)


class _Excused:
    """Knows in which sentences of a text a rule finds nothing, since one of its patterns says so."""

    def __init__(self, rules: Rules, text: Text) -> None:
        self._rules = rules
        self._text = text
        self._known: dict[tuple[str, int], bool] = {}

    def is_excused(self, rule: str, match: Match) -> bool:
        if not self._rules.file.rules[rule].unless:
            return False
        key = rule, match.sentence
        if key not in self._known:
            self._known[key] = self._rules.unless.has_match(rule, self._text, match.sentence)
        return self._known[key]


def _place(text: Text, match: Match) -> tuple[int, int]:
    return text.words[match.start].start, text.words[match.end - 1].end


def _longest(matches: Sequence[tuple[str, Pattern, Match]], written: str, text: Text, rules: Rules) -> Iterator[Spot]:
    """The matches that no negation excuses, each as its longest stretch."""
    by_rule: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for rule, pattern, match in matches:
        if not _negated(rule, pattern, match, written, text, rules):
            by_rule[rule].append(_place(text, match))
    for rule, places in by_rule.items():
        yield from (Spot(rule, *place) for place in _apart(places))


def _negated(rule: str, pattern: Pattern, match: Match, written: str, text: Text, rules: Rules) -> bool:
    """Whether a negation before or in the passage says the contrary; one that the pattern itself asks for does not.

    One before it is in the same clause: “do not worry, it was nothing serious” plays down.
    """
    if rules.file.rules[rule].negated:
        return False
    first = _clause(written, text, match.start, max(text.sentences[match.sentence].first, match.start - _NEAR))
    end = match.start if rules.says_no(pattern) else match.end
    return any(word.text in rules.negations or word.text.endswith("n't") for word in text.words[first:end])


def _clause(written: str, text: Text, number: int, least: int) -> int:
    """The first word, from ``least`` on, that no comma or other mark parts from the word with the number."""
    parted = (each for each in range(number, least, -1) if _parts(written, text, each))
    return next(parted, least)


def _parts(written: str, text: Text, number: int) -> bool:
    """Whether a mark stands before a word."""
    return not _MARKS.isdisjoint(written[text.words[number - 1].end : text.words[number].start])


def _apart(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Places that do not overlap: of those that do, the first, up to the last end."""
    start = end = -1
    for each in sorted(set(places)):
        if each[0] >= end:
            if end >= 0:
                yield start, end
            start, end = each
        end = max(end, each[1])
    if end >= 0:
        yield start, end


class _Covered:
    """Stretches of a text; whether another one overlaps them is found in logarithmic time."""

    def __init__(self, places: Iterable[tuple[int, int]]) -> None:
        ordered = sorted(places)
        self._starts = [start for start, _ in ordered]
        self._ends = list(accumulate((end for _, end in ordered), max))

    def overlaps(self, start: int, end: int) -> bool:
        before = bisect_left(self._starts, end)
        return before > 0 and self._ends[before - 1] > start


def _covered(spots: Sequence[Spot], by: Mapping[str, Set[str]]) -> Mapping[str, _Covered]:
    """Of each rule what spots of others cover, where they cover anything; ``by``: a rule → the others."""
    found = {each.rule for each in spots}
    return {
        rule: _Covered((each.start, each.end) for each in spots if each.rule in others)
        for rule, others in by.items()
        if not others.isdisjoint(found)
    }


def _outranked(spots: Sequence[Spot]) -> Iterator[Spot]:
    """Spots without those that another kind, which says it better, overlaps."""
    above = _covered(spots, kinds().outranked_by)
    return (each for each in spots if each.rule not in above or not above[each.rule].overlaps(each.start, each.end))
