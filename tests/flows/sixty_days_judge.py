"""The judge of the sixty days: rules that are spelled out once more, by the clocks and calendars on the walls."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from msgspec import Struct

HOUR = 3600.0
DAY = 24 * HOUR
OPENS, CLOSES = 9, 18
GIVE_UP = 6 * HOUR
WAIT = HOUR  # the longest between two tries of a letter
LAST = datetime.fromisoformat("2026-12-11T20:00:00+00:00").timestamp()

PLACES = (
    *(("Europe/Warsaw", "PL"), ("Europe/Riga", "LV"), ("Europe/Athens", "GR"), ("Europe/Vienna", "AT")),
    *(("America/New_York", "US"), ("America/Los_Angeles", "US"), ("Asia/Tokyo", "JP"), ("Asia/Riyadh", "SA")),
    *(("Europe/London", ""), ("Europe/Berlin", ""), ("Europe/Moscow", ""), ("Atlantic/Azores", "")),
    *(("America/St_Johns", ""), ("America/Havana", ""), ("America/Sao_Paulo", ""), ("America/Santiago", "")),
    *(("America/Chicago", ""), ("Asia/Kathmandu", ""), ("Asia/Kolkata", ""), ("Asia/Singapore", "")),
    *(("Australia/Lord_Howe", ""), ("Australia/Sydney", ""), ("Pacific/Auckland", ""), ("Pacific/Chatham", "")),
    *(("Pacific/Apia", ""), ("Pacific/Kiritimati", ""), ("Pacific/Pago_Pago", ""), ("Africa/Casablanca", "")),
    *(("Africa/Lagos", ""), ("Asia/Kabul", "")),
)
"""Thirty time zones, with the countries of those whose weekend or holidays are of interest."""

HOLIDAYS = {
    "PL": {date(2026, 11, 11)},
    "LV": {date(2026, 11, 18)},
    "GR": {date(2026, 10, 28)},
    "AT": {date(2026, 10, 26), date(2026, 12, 8)},
    "US": {date(2026, 11, 11), date(2026, 11, 26)},
    "JP": {date(2026, 11, 3), date(2026, 11, 23)},
}
"""The public holidays of these weeks that are no Sundays."""

WEEKENDS = {"SA": {4, 5}}
"""Where it is not Saturday and Sunday."""


class Follow(Struct, frozen=True, kw_only=True):
    """A follow-up, as the judge knows it."""

    base: str
    after: float
    unless_replied: bool
    last: float = float("inf")


WAVES = {
    "one": Follow(base="first", after=3 * DAY, unless_replied=False),
    "two": Follow(base="one", after=14 * DAY, unless_replied=True, last=LAST),
}


class Arrived(Struct, frozen=True, kw_only=True):
    """One letter at the relay."""

    run: int  # in which it arrived
    at: float
    wave: str
    number: int  # the customer's
    message_id: str


class Turned(Struct, frozen=True, kw_only=True):
    """One letter that the relay turned away, or did not say a word about."""

    run: int
    at: float
    token: str  # the left part of its Message-ID
    what: str  # "later", "full", "refused", "taken without a word", "lost without a word"


class Kept(Struct, frozen=True, kw_only=True):
    """What the ledger says of one letter at the end."""

    status: str
    accepted: bool  # it has the time of the relay's 250, or of what proved later that the relay had it
    late: bool = False  # the latter
    message_id: str

    @property
    def in_doubt(self) -> bool:
        """Whether nobody knew that it had arrived, before something may have come back."""
        return self.status == "IN_DOUBT" or (self.status in {"BOUNCED", "COMPLAINED"} and not self.accepted)


class Run(Struct, frozen=True, kw_only=True):
    """A run that ended by itself, with nothing left to do."""

    run: int
    begin: float
    end: float


class Heard(Struct, frozen=True, kw_only=True):
    """What the campaign was told about one letter."""

    run: int  # of the reading that took it in
    what: str  # "dead", "full", "complaint" or "reply"; others change nothing
    letter: Arrived


class Books(Struct, kw_only=True):
    """What somebody outside has written down in sixty days."""

    arrived: list[Arrived] = []
    heard: list[Heard] = []
    turned: list[Turned] = []
    sends: list[Run] = []
    follow_ups: list[Run] = []
    listed: dict[int, int] = {}  # customer → the run before which their row was in the file
    died: list[str] = []  # where processes were killed
    killed: set[int] = set()  # their runs


Letter = tuple[str, int]
"""Wave and customer."""


def is_unknown(number: int) -> bool:
    """Whether the relay refuses this customer's address."""
    return number % 50 == 7


def is_full(number: int) -> bool:
    """Whether this customer's mailbox is full, whenever it is tried."""
    return number % 101 == 13


def is_never_at_home(number: int) -> bool:
    """Whether the relay says "later" of this customer whenever it is asked."""
    return number % 103 == 29


@cache
def may_arrive(at: float, zone: str, country: str) -> bool:
    """Whether this is a working hour there: one look at the clock and the calendar on the wall."""
    wall = datetime.fromtimestamp(at, ZoneInfo(zone))
    return (
        OPENS <= wall.hour < CLOSES
        and wall.weekday() not in WEEKENDS.get(country, {5, 6})
        and wall.date() not in HOLIDAYS.get(country, set())
    )


class Verdict(Struct, frozen=True, kw_only=True):
    """What is wrong, each a sentence; and how many letters there were."""

    twice: list[str]
    outside: list[str]  # by the hour, too early, too late, or not to be written to at all
    missing: list[str]
    misnamed: list[str]  # in a status that does not say what happened
    letters: dict[str, int]  # that arrived, by wave
    statuses: dict[str, int]
    turned: dict[str, int]  # by what the relay did
    in_doubt: int
    died: int  # processes


def judge(books: Books, ledger: Mapping[Letter, Kept]) -> Verdict:
    """Compare what arrived with what should have, and with what the ledger says.

    The ledger is believed in one thing: whom it calls or called in doubt, where the relay or a crash gave cause.
    """
    return _Judge(books, ledger).verdict()


class _Judge:
    def __init__(self, books: Books, ledger: Mapping[Letter, Kept]) -> None:
        self._books = books
        self._ledger = ledger
        self._arrived = {(each.wave, each.number): each for each in reversed(books.arrived)}
        self._stopped = _stops(books)
        named = {kept.message_id.strip("<>").partition("@")[0]: letter for letter, kept in ledger.items()}
        self._turned: dict[Letter, list[Turned]] = {}
        for each in books.turned:
            self._turned.setdefault(named[each.token], []).append(each)

    def verdict(self) -> Verdict:
        books, letters = self._books, self._ledger.values()
        counted = Counter((each.wave, each.number) for each in books.arrived)
        return Verdict(
            twice=[f"{wave} to {number}: {times} times" for (wave, number), times in counted.items() if times > 1],
            outside=list(self._outside()),
            missing=[f"{wave} to {number}" for wave, number in self._missing()],
            misnamed=list(self._misnamed()),
            letters=dict(Counter(each.wave for each in books.arrived)),
            statuses=dict(Counter(kept.status for kept in letters)),
            turned=dict(Counter(each.what for each in books.turned)),
            in_doubt=sum(kept.in_doubt for kept in letters),
            died=len(books.died),
        )

    def _outside(self) -> Iterator[str]:
        for letter in self._books.arrived:
            wave = WAVES.get(letter.wave)
            if wave is None:
                continue
            zone, country = PLACES[letter.number % len(PLACES)]
            before = self._arrived.get((wave.base, letter.number))
            wrong = {
                "out of hours": not may_arrive(letter.at, zone, country),
                "before its time": before is None or letter.at < before.at + wave.after,
                "too late": letter.at > wave.last,
                "not to be written to": self._stopped.get((letter.wave, letter.number), letter.run) < letter.run,
            }
            for what in (what for what, is_so in wrong.items() if is_so):
                wall = datetime.fromtimestamp(letter.at, ZoneInfo(zone))
                yield f"{letter.wave} to {letter.number}: {what}, {wall}"

    def _missing(self) -> Iterator[Letter]:
        """Letters that had not arrived after a run that ended by itself, and should have."""
        for number, listed in self._books.listed.items():
            run = next(each.run for each in self._books.sends if each.run > listed)
            if self._is_late(("first", number), run):
                yield "first", number
        for name, wave in WAVES.items():
            for before in [each for (of, _), each in self._arrived.items() if of == wave.base]:
                letter = name, before.number
                run = self._should_arrive(wave, before, letter)
                if (
                    run is None
                    or self._stopped.get(letter, sys.maxsize) <= run
                    or self._was_in_doubt(wave.base, before)
                ):
                    continue
                if self._is_late(letter, run):
                    yield letter

    def _is_late(self, letter: Letter, run: int) -> bool:
        arrived = self._arrived.get(letter)
        if arrived is not None and arrived.run <= run:
            return False
        kept = self._ledger.get(letter)
        return not (self._refused(letter) or self._given_up(letter) or (kept is not None and kept.in_doubt))

    def _should_arrive(self, wave: Follow, before: Arrived, letter: Letter) -> int | None:
        """The first run that ended by itself and found the letter due, from its beginning to its end."""
        place = PLACES[before.number % len(PLACES)]
        for each in self._books.follow_ups:
            if (
                each.run > before.run
                and before.at + wave.after <= each.begin
                and each.end <= wave.last
                and each.end - each.begin < (CLOSES - OPENS) * HOUR
                and may_arrive(each.begin, *place)
                and may_arrive(each.end, *place)
                and not any(
                    each.begin - WAIT < turned.at and turned.run <= each.run for turned in self._turned.get(letter, ())
                )  # put off; also by a clock that was ahead
            ):
                return each.run
        return None

    def _misnamed(self) -> Iterator[str]:
        for letter, kept in self._ledger.items():
            if not self._explains(letter, kept):
                arrived = "arrived" if letter in self._arrived else "did not arrive"
                yield f"{letter[0]} to {letter[1]} {arrived}, and is {kept.status}"
        for letter, arrived_ in self._arrived.items():
            if letter not in self._ledger or self._ledger[letter].message_id != arrived_.message_id:
                yield f"{letter[0]} to {letter[1]} arrived, and the ledger does not know it"

    def _explains(self, letter: Letter, kept: Kept) -> bool:
        """Whether what happened to the letter is what its status says."""
        arrived = self._arrived.get(letter)
        turned = self._turned.get(letter, ())
        without_a_word = any(each.what.endswith("without a word") for each in turned)
        killed = (
            arrived is None or arrived.run in self._books.killed
        )  # or refused by a relay that nobody heard any more
        stopped = letter in self._stopped or WAVES.get(letter[0], _FIRST).last < float("inf")
        return {
            "ACCEPTED": arrived is not None and kept.accepted,
            "BOUNCED": arrived is not None,
            "COMPLAINED": arrived is not None,
            "IN_DOUBT": without_a_word or killed,
            "REFUSED": arrived is None and (self._refused(letter) or any(each.what == "full" for each in turned)),
            "EXPIRED": arrived is None and self._given_up(letter),
            "WITHHELD": arrived is None and stopped,
        }.get(kept.status, False)

    def _was_in_doubt(self, wave: str, letter: Arrived) -> bool:
        """Whether the next letter had to wait for proof of this one, or is waiting still."""
        kept = self._ledger.get((wave, letter.number))
        return kept is not None and (kept.in_doubt or kept.late)

    def _refused(self, letter: Letter) -> bool:
        return is_full(letter[1]) or any(each.what == "refused" for each in self._turned.get(letter, ()))

    def _given_up(self, letter: Letter) -> bool:
        """Whether the relay has put the letter off for so long that another wait would be too long."""
        tries = [each.at for each in self._turned.get(letter, ())]
        return bool(tries) and tries[-1] + WAIT > tries[0] + GIVE_UP


_FIRST = Follow(base="", after=0.0, unless_replied=False)


def _stops(books: Books) -> dict[Letter, int]:
    """Wave and customer → the run after which no letter of it may go to them."""
    found: dict[Letter, int] = {}
    for heard in books.heard:
        for name, wave in WAVES.items():
            ends = {
                "dead": True,
                "complaint": True,
                "full": heard.letter.wave == wave.base,
                "reply": wave.unless_replied,
            }
            if ends.get(heard.what, False):
                key = name, heard.letter.number
                found[key] = min(heard.run, found.get(key, heard.run))
    return found
