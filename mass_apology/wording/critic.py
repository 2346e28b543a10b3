"""Judges one letter: the words that a language's rules look for, the parts that a letter must have, its spelling.

The whole way is here: the letter's shape, each block's sentences, the rules' matches less what excuses them, then what
is missing. Details are in the modules beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from functools import cache
from itertools import pairwise
from typing import NamedTuple

from mass_apology.wording import contacts
from mass_apology.wording.block_findings import BlockFindings, findings
from mass_apology.wording.finding import Spot, WordingFinding
from mass_apology.wording.letter_shape import shaped
from mass_apology.wording.letter_text import Block, Document, Role
from mass_apology.wording.wording_rules import MISSING, Profile, Rules, kinds

_PARAGRAPH = 9  # words from which a block without a stop is no heading
_MOST_APOLOGIES = 2


class _Read(NamedTuple):
    """A block with what was found in it."""

    block: Block
    found: BlockFindings


def criticise(document: Document, rules: Rules, scenario: str = "") -> list[WordingFinding]:
    """All findings, in the order of their places; parts that are missing come last.

    ``scenario`` is a template's name, by which it is known what sort of letter it is; "" stands for an apology.
    """
    profile = kinds().profile(scenario)
    letter = shaped(document, rules)
    left_out = _left_out(profile)
    blocks = [block for block in letter.blocks if block.role is not Role.QUOTE]
    read = [_Read(block, findings(block, rules, left_out)) for block in blocks]
    going_on = {id(block) for before, block in pairwise(letter.blocks) if before.text.endswith((",", ":", ";"))}
    placed = [
        (each.block, spot) for each in read for spot in each.found.spots if not _goes_on(spot, each.block, going_on)
    ]
    placed += [(block, spot) for block, spot in _about_apologies(read) if spot.rule not in left_out]
    found = [_finding(letter, block, spot, rules) for block, spot in placed]
    found.sort(key=lambda each: (each.start, each.end))
    found += _missing(letter, read, profile, rules)
    for each in read:
        each.found.rest()
    return found


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
    wanted = [rule for name in profile.parts if (rule := f"{name}{MISSING}") in rules.file.rules]
    if letter.is_template:
        wanted = [rule for rule in wanted if letter.names.isdisjoint(kinds().kinds[rule].facts)]
    unshown = _unshown(wanted, read)
    if unshown:
        shown = contacts.parts(letter, rules)
        place = letter.blocks[-1].places[-1] + 1 if letter.blocks else 0
        yield from (_told(rule, place, place, "", rules) for rule in unshown if rule not in shown)


def _unshown(wanted: Sequence[str], read: Sequence[_Read]) -> Sequence[str]:
    """The parts that no block shows."""
    for each in read:
        if wanted and each.block.role is not Role.SUBJECT:
            wanted = [part for part in wanted if not each.found.shows(part)]
    return wanted


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
