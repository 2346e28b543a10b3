"""What a plan comes to, for the person who is to agree to it: letters by wave and day, and who gets none."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date

from msgspec import Struct

from mass_apology.schedule.due_times import Due, Not, Reason

NOTES_KEPT = 100
"""How many different notes are told apart; a file may hold a different mistake in every row."""


class Day(Struct, frozen=True, kw_only=True):
    """The letters of one wave that arrive on one date, each by the calendar of its own recipient."""

    wave: str
    day: date
    letters: Mapping[str, int]  # by language
    first: float  # Unix seconds
    last: float  # Unix seconds: when the last one may be handed over at the earliest

    @property
    def count(self) -> int:
        """The letters of all languages."""
        return sum(self.letters.values())


class LeftOut(Struct, frozen=True, kw_only=True):
    """How many get no letter of a wave, for one reason."""

    wave: str
    reason: Reason
    count: int


class Calendar:
    """Adds decisions up. What it keeps grows with waves, days and languages, not with letters."""

    def __init__(self) -> None:
        self._days: dict[tuple[str, date], _Sum] = {}
        self._reasons: Counter[tuple[str, Reason]] = Counter()
        self._notes: Counter[str] = Counter()
        self._waves: dict[str, int] = {}  # to the place in the order in which they came

    def add(self, wave: str, decision: Due | Not) -> None:
        """Count one decision of that wave."""
        self._waves.setdefault(wave, len(self._waves))
        if isinstance(decision, Not):
            self._reasons[wave, decision.reason] += 1
            return
        key = (wave, decision.day)
        day = self._days.get(key)
        if day is None:
            day = self._days[key] = _Sum(decision.at)
        day.add(decision.language, decision.at)
        for note in decision.place.notes:
            self._note(note)

    def days(self) -> list[Day]:
        """The letters by wave, in the order in which the waves came, and by date."""
        return [
            Day(wave=wave, day=day, letters=dict(sorted(each.letters.items())), first=each.first, last=each.last)
            for (wave, day), each in sorted(self._days.items(), key=lambda item: (self._waves[item[0][0]], item[0][1]))
        ]

    def left_out(self) -> list[LeftOut]:
        """Those who get none, by wave and in the order of the reasons."""
        order = list(Reason)
        found = sorted(self._reasons, key=lambda key: (self._waves[key[0]], order.index(key[1])))
        return [LeftOut(wave=wave, reason=reason, count=self._reasons[wave, reason]) for wave, reason in found]

    def notes(self) -> list[tuple[str, int]]:
        """What was not understood of where people are, and for how many letters; the commonest first."""
        return self._notes.most_common()

    def _note(self, note: str) -> None:
        known = note in self._notes or len(self._notes) < NOTES_KEPT
        self._notes[note if known else "Other time zones or countries were not understood either."] += 1


class _Sum:
    """The letters of one day so far."""

    __slots__ = ("first", "last", "letters")

    def __init__(self, at: float) -> None:
        self.first = self.last = at
        self.letters: dict[str, int] = {}

    def add(self, language: str, at: float) -> None:
        self.letters[language] = self.letters.get(language, 0) + 1
        self.first = min(self.first, at)
        self.last = max(self.last, at)
