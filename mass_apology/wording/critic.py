"""Judges one letter: the words that a language's rules look for, the parts that a letter must have, its spelling.

The whole way is here: the letter's shape, each block's sentences, the rules' matches less what excuses them, then what
is missing. Details are in the modules beside it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache
from itertools import accumulate, pairwise
from typing import NamedTuple

from msgspec import Struct

from mass_apology.wording import contacts, other_languages, spotting
from mass_apology.wording.finding import Spot, WordingFinding
from mass_apology.wording.letter_shape import shaped
from mass_apology.wording.letter_text import Block, Document, Role
from mass_apology.wording.matching import Match, Text
from mass_apology.wording.patterns import Pattern
from mass_apology.wording.sentences import sentences, words_in
from mass_apology.wording.wording_rules import MISSING, Profile, Rules, kinds

_NEAR = 3  # words before a passage in which a negation excuses it
_PARAGRAPH = 9  # words from which a block without a stop is no heading
_MARKS = frozenset(",;:·–—()")  # that part clauses
_MOST_APOLOGIES = 2
_REMEMBERED = 1 << 14  # blocks; a letter has some thousand at most
_APOLOGY = f"apology{MISSING}"


class _Found(Struct, frozen=True, kw_only=True):
    """What a block's words and role tell, wherever it stands."""

    spots: tuple[Spot, ...]
    parts: frozenset[str]  # the rules for parts that it shows
    apologies: tuple[tuple[int, int], ...]  # places of all


class _Read(NamedTuple):
    """A block with what was found in it."""

    block: Block
    found: _Found


def criticise(document: Document, rules: Rules, scenario: str = "") -> list[WordingFinding]:
    """All findings, in the order of their places; parts that are missing come last.

    ``scenario`` is a template's name, by which it is known what sort of letter it is; "" stands for an apology.
    """
    profile = kinds().profile(scenario)
    letter = shaped(document, rules)
    left_out = _left_out(profile)
    blocks = [block for block in letter.blocks if block.role is not Role.QUOTE]
    read = [_Read(block, _found(block.text, block.role, rules, left_out)) for block in blocks]
    going_on = {id(block) for before, block in pairwise(letter.blocks) if before.text.endswith((",", ":", ";"))}
    placed = [
        (each.block, spot) for each in read for spot in each.found.spots if not _goes_on(spot, each.block, going_on)
    ]
    placed += [(block, spot) for block, spot in _about_apologies(read) if spot.rule not in left_out]
    found = [_finding(letter, block, spot, rules) for block, spot in placed]
    found.sort(key=lambda each: (each.start, each.end))
    return [*found, *_missing(letter, read, profile, rules)]


def _goes_on(spot: Spot, block: Block, going_on: Set[int]) -> bool:
    """Whether a small letter is right, since the block goes on after the comma of a salutation or a list's colon.

    ``going_on``: the identities of such blocks.
    """
    return spot.rule == "lower-case-start" and not spot.start and id(block) in going_on


@cache
def _left_out(profile: Profile) -> frozenset[str]:
    """The rules that do not hold for letters of a profile."""
    special = {each for one in kinds().profiles.values() for each in one.only}
    return frozenset((special | {*profile.without}) - {*profile.only})


@lru_cache(maxsize=_REMEMBERED)
def _found(whole: str, role: Role, rules: Rules, left_out: frozenset[str]) -> _Found:
    """What is found in a block; the letters of a campaign have most of theirs in common."""
    block = Block(role=role, text=whole, places=())
    words = words_in(block.text)
    ends = sentences(block.text, words, rules.abbreviations, rules.common_words, is_greek=rules.code == "el")
    text = rules.find.read(words, ends)
    matches = list(rules.find.matches(text))
    excuses = {(rule, match.sentence) for rule, _, match in rules.unless.matches(text)} if matches else set()
    matches = [each for each in matches if (each[0], each[2].sentence) not in excuses]
    faults = [each for each in matches if not each[0].endswith(MISSING)]
    spots = [
        *_longest(faults, block.text, text, rules),
        *spotting.spots(block, text, rules),
        *other_languages.spots(block, text, rules),
    ]
    parts = [(rule, _place(text, match)) for rule, _, match in matches if rule.endswith(MISSING)]
    places = list(_showing(parts, spots))
    return _Found(
        spots=tuple(_outranked([each for each in spots if each.rule not in left_out])),
        parts=frozenset(rule for rule, _ in places),
        apologies=tuple(_apart(place for rule, place in places if rule == _APOLOGY)),
    )


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
    first = _clause(written, text, match.start, max(match.sentence.first, match.start - _NEAR))
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


def _showing(
    parts: Iterable[tuple[str, tuple[int, int]]], spots: Sequence[Spot]
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Places that show parts, without words that belong to a fault: "no parcel will ever get lost" prevents nothing."""
    hiding = _covered(spots, kinds().hidden_by)
    return ((rule, place) for rule, place in parts if rule not in hiding or not hiding[rule].overlaps(*place))


def _outranked(spots: Sequence[Spot]) -> Iterator[Spot]:
    """Spots without those that another kind, which says it better, overlaps."""
    above = _covered(spots, kinds().outranked_by)
    return (each for each in spots if each.rule not in above or not above[each.rule].overlaps(each.start, each.end))


def _about_apologies(read: Sequence[_Read]) -> Iterator[tuple[Block, Spot]]:
    """The first apology, if it stands too late, and the third one."""
    body = [each for each in read if each.block.role not in {Role.SUBJECT, Role.SALUTATION}]
    apologies = [(number, place) for number, each in enumerate(body) for place in each.found.apologies]
    opening = _opening(read)
    first = next((number for number, each in enumerate(body) if each.block is opening), len(body))
    if apologies and apologies[0][0] > first:
        number, place = apologies[0]
        yield body[number].block, Spot("late-apology", *place)
    if len(apologies) > _MOST_APOLOGIES:
        number, place = apologies[_MOST_APOLOGIES]
        yield body[number].block, Spot("repeated-apology", *place)


def _opening(read: Sequence[_Read]) -> Block | None:
    """The first paragraph: neither what stands before the salutation nor a heading is one."""
    salutation = next((number for number, each in enumerate(read) if each.block.role is Role.SALUTATION), -1)
    blocks = [each.block for each in read[salutation + 1 :] if each.block.role is Role.PROSE]
    return next((each for each in blocks if _is_paragraph(each)), blocks[0] if blocks else None)


def _is_paragraph(block: Block) -> bool:
    """Whether a block is more than a heading: in plain text nothing else tells them apart."""
    return block.text.endswith((".", "!", "?", "…", ":", ",")) or len(block.text.split()) >= _PARAGRAPH


def _missing(letter: Document, read: Sequence[_Read], profile: Profile, rules: Rules) -> Iterator[WordingFinding]:
    shown = {part for each in read if each.block.role is not Role.SUBJECT for part in each.found.parts}
    shown |= contacts.parts(letter, rules)
    for name in profile.parts:
        rule = f"{name}{MISSING}"
        by_fact = letter.is_template and not letter.names.isdisjoint(kinds().kinds[rule].facts)
        if rule not in shown and not by_fact and rule in rules.file.rules:
            place = letter.blocks[-1].places[-1] + 1 if letter.blocks else 0
            yield _told(rule, place, place, "", rules)


def _finding(letter: Document, block: Block, spot: Spot, rules: Rules) -> WordingFinding:
    start, end = block.places[spot.start], letter.end(block, spot.end - 1)
    return _told(spot.rule, start, end, letter.source[start:end], rules)


def _told(rule: str, start: int, end: int, passage: str, rules: Rules) -> WordingFinding:
    kind = kinds().kinds[rule]
    told = rules.file.rules.get(rule)
    return WordingFinding(
        rule=rule,
        severity=kind.severity,
        start=start,
        end=end,
        passage=passage,
        title=kind.title,
        why=kind.why,
        better=told.better if told else "",
    )
