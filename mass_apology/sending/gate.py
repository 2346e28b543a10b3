"""The gate: asked about each batch of letters just before it is rendered, whatever the wave, and again when it waited.

A plan is decided once; what it was decided from may change until the last letter has gone. So each rule looks at what
is known *now*: the suppression list, the hours where the recipient is, the recipients file, the wave's own conditions.
A rule says only what it holds back, and for how long. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import inf
from typing import Protocol

from msgspec import Struct

from mass_apology.model import Delivery
from mass_apology.schedule import Timetable

LEFT_FILE = "no longer in the recipients file"


class Held(Struct, frozen=True, kw_only=True):
    """A letter that does not go now."""

    reason: str  # a sentence, as the letter's record has it
    for_good: bool  # it is WITHHELD; otherwise it stays due, for a later run


class Verdict(Struct, frozen=True, kw_only=True):
    """What the gate says of a batch."""

    open: Sequence[tuple[Delivery, float]]  # letters that may go, each with the moment (Unix seconds) until it may
    withheld: Sequence[tuple[Delivery, str]]  # letters that must not go any more, each with the reason
    later: Sequence[Delivery]  # letters that may not go now


Ruling = Mapping[int, Held | float]
"""By the delivery's row: why it is held back, or until when (Unix seconds) it may go. Letters not named may go."""

Rule = Callable[[Sequence[Delivery], float], Ruling]
"""What one rule says of a batch at a moment (Unix seconds)."""


class Gate:
    """All rules of one wave. The first rule that holds a letter back, in their order, gives the reason."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def ask(self, letters: Sequence[Delivery], now: float) -> Verdict:
        """Which of these letters may go at ``now`` (Unix seconds). Raises ``MassApologyError`` where nobody knows."""
        until = dict.fromkeys((letter.id for letter in letters), inf)
        held: dict[int, Held] = {}
        for rule in self._rules:
            for letter, said in rule(letters, now).items():
                if isinstance(said, Held):
                    held.setdefault(letter, said)
                else:
                    until[letter] = min(until[letter], said)
        return Verdict(
            open=[(letter, until[letter.id]) for letter in letters if letter.id not in held],
            withheld=[(each, held[each.id].reason) for each in letters if each.id in held and held[each.id].for_good],
            later=[each for each in letters if each.id in held and not held[each.id].for_good],
        )


class SuppressionList(Protocol):
    """The suppression list, asked on behalf of one campaign."""

    def among(self, addresses: Sequence[str]) -> Mapping[str, str]:
        """Those of the addresses that must not be written to, each with the reason as a sentence."""


def suppression(suppressed: SuppressionList) -> Rule:
    """Nobody is written to who is on the suppression list for the campaign's purpose."""

    def rule(letters: Sequence[Delivery], _: float) -> Ruling:
        reasons = suppressed.among([letter.address for letter in letters])
        return {
            letter.id: Held(reason=reasons[letter.address], for_good=True)
            for letter in letters
            if letter.address in reasons
        }

    return rule


def in_the_file(letters: Sequence[Delivery], _: float) -> Ruling:
    """Nobody is written to of whom the recipients file had no usable row any more when it was planned from last."""
    gone = Held(reason=LEFT_FILE, for_good=True)
    return {letter.id: gone for letter in letters if letter.left_file}


def hours(timetable: Timetable, country_of: Callable[[Delivery], str]) -> Rule:
    """A letter arrives only at the hours of the schedule, where its recipient is."""

    def rule(letters: Sequence[Delivery], now: float) -> Ruling:
        return {letter.id: _opening(timetable, letter.time_zone, country_of(letter), now) for letter in letters}

    return rule


def _opening(timetable: Timetable, time_zone: str, country: str, now: float) -> Held | float:
    opening = timetable.opening(now, timetable.place(time_zone, country))
    if opening is None or opening.at > now:
        return Held(reason="the schedule is closed where the recipient is", for_good=False)
    return opening.until
