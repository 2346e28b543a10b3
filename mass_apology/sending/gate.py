"""The gate checks each batch of letters just before it is rendered, and again if it waited, in every wave.

A plan is made once, and its premises may change until the last letter is sent. So each rule uses the *present* state of
the suppression list, the schedule at the recipient's place, the recipients file, or the wave's own conditions. A rule
names only the letters that it holds back or limits in time. Nothing here reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from math import inf
from typing import Protocol

from msgspec import Struct

from mass_apology.model import Delivery
from mass_apology.schedule import Timetable

LEFT_FILE = "no longer in the recipients file"


class Held(Struct, frozen=True, kw_only=True):
    """A rule's answer for a letter that must not be sent now."""

    reason: str  # recorded with the letter, as a sentence
    for_good: bool  # true: it becomes WITHHELD; false: it stays due for a later run


class GateResult(Struct, frozen=True, kw_only=True):
    """A batch, divided by the gate."""

    allowed: Sequence[tuple[Delivery, float]]  # letters that may be sent, each until a time (Unix seconds)
    withheld: Sequence[tuple[Delivery, str]]  # letters that must never be sent, each with the reason
    later: Sequence[Delivery]  # letters that must not be sent now


_NOT_NOW = Held(reason="this run is for other letters", for_good=False)

Ruling = Mapping[int, Held | float]
"""A rule's answer: delivery id → the hold, or the time (Unix seconds) until which the letter may be sent.

Letters that it does not name may be sent.
"""

Rule = Callable[[Sequence[Delivery], float], Ruling]
"""Takes a batch and the time (Unix seconds)."""


class Gate:
    """All rules of one wave; outbox and run ask it before letters are sent.

    A letter that several rules hold back has the reason of the first one, in the order of ``rules``.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules

    def check(self, letters: Sequence[Delivery], now: float) -> GateResult:
        """Divide the letters at ``now`` (Unix seconds). ``MassApologyError`` if a rule cannot read its source."""
        until = dict.fromkeys((letter.id for letter in letters), inf)
        held: dict[int, Held] = {}
        for rule in self._rules:
            for letter, answer in rule(letters, now).items():
                if isinstance(answer, Held):
                    held.setdefault(letter, answer)
                else:
                    until[letter] = min(until[letter], answer)
        return GateResult(
            allowed=[(letter, until[letter.id]) for letter in letters if letter.id not in held],
            withheld=[(each, held[each.id].reason) for each in letters if each.id in held and held[each.id].for_good],
            later=[each for each in letters if each.id in held and not held[each.id].for_good],
        )

    def restricted_to(self, letters: Collection[int]) -> Gate:
        """The same gate for these letters only; the others stay due."""
        return Gate([*self._rules, lambda batch, _: {each.id: _NOT_NOW for each in batch if each.id not in letters}])


class SuppressionList(Protocol):
    """The suppression list as it applies to one campaign. ``flows.suppressing.Suppressed`` implements it."""

    def among(self, addresses: Sequence[str]) -> Mapping[str, str]:
        """The suppressed ones of ``addresses``, each with the reason as a sentence."""


def suppression_rule(suppressed: SuppressionList) -> Rule:
    """Withhold letters to addresses that are suppressed for the campaign's purpose."""

    def rule(letters: Sequence[Delivery], _: float) -> Ruling:
        reasons = suppressed.among([letter.address for letter in letters])
        return {
            letter.id: Held(reason=reasons[letter.address], for_good=True)
            for letter in letters
            if letter.address in reasons
        }

    return rule


def file_rule(letters: Sequence[Delivery], _: float) -> Ruling:
    """Withhold letters whose recipients had no usable row in the file when the last plan was made."""
    gone = Held(reason=LEFT_FILE, for_good=True)
    return {letter.id: gone for letter in letters if letter.left_file}


def relay_rule(relays: Collection[str | None]) -> Rule:
    """Hold letters back that were in doubt at a relay which is none of ``relays``, by name: it may have them."""

    def rule(letters: Sequence[Delivery], _: float) -> Ruling:
        return {
            letter.id: Held(reason=f"in doubt at relay {letter.relay}, which campaign.toml has no more", for_good=False)
            for letter in letters
            if letter.relay is not None and letter.relay not in relays
        }

    return rule


def schedule_rule(timetable: Timetable, country_of: Callable[[Delivery], str]) -> Rule:
    """Hold letters back outside the schedule's hours at the recipient's place."""

    def rule(letters: Sequence[Delivery], now: float) -> Ruling:
        return {letter.id: _schedule_hold(timetable, letter.time_zone, country_of(letter), now) for letter in letters}

    return rule


def _schedule_hold(timetable: Timetable, time_zone: str, country: str, now: float) -> Held | float:
    opening = timetable.opening(now, timetable.place(time_zone, country))
    if opening is None or opening.at > now:
        return Held(reason="the schedule is closed where the recipient is", for_good=False)
    return opening.until
