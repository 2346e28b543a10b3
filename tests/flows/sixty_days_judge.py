"""The judge of the sixty days: rules that are spelled out once more, by the clocks and calendars on the walls."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Set
from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from msgspec import Struct

HOUR = 3600.0
DAY = 24 * HOUR
OPENS, CLOSES = 9, 18
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


class Heard(Struct, frozen=True, kw_only=True):
    """What the campaign was told about one letter."""

    run: int  # of the reading that took it in
    what: str  # "dead", "full", "complaint" or "reply"; others change nothing
    letter: Arrived


class Books(Struct, kw_only=True):
    """What somebody outside has written down in sixty days."""

    arrived: list[Arrived] = []
    heard: list[Heard] = []
    sends: list[tuple[int, float]] = []  # runs that ended by themselves, and when
    follow_ups: list[tuple[int, float]] = []
    listed: dict[int, int] = {}  # customer → the run before which their row was in the file
    died: list[str] = []  # where processes were killed


def is_unknown(number: int) -> bool:
    """Whether the relay refuses this customer's address."""
    return number % 50 == 7


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
    letters: dict[str, int]  # by wave
    in_doubt: int
    died: int  # processes


def judge(books: Books, in_doubt: Set[tuple[str, int]]) -> Verdict:
    """Compare what arrived with what should have. ``in_doubt`` are waves and customers."""
    counted = Counter((each.wave, each.number) for each in books.arrived)
    return Verdict(
        twice=[f"{wave} to {number}: {times} times" for (wave, number), times in counted.items() if times > 1],
        outside=list(_outside(books)),
        missing=[f"{wave} to {number}" for wave, number in _missing(books, in_doubt)],
        letters=dict(Counter(each.wave for each in books.arrived)),
        in_doubt=len(in_doubt),
        died=len(books.died),
    )


def _outside(books: Books) -> Iterator[str]:
    first = {(each.wave, each.number): each for each in reversed(books.arrived)}
    stopped = _stops(books)
    for letter in books.arrived:
        wave = WAVES.get(letter.wave)
        if wave is None:
            continue
        zone, country = PLACES[letter.number % len(PLACES)]
        before = first.get((wave.base, letter.number))
        wrong = {
            "out of hours": not may_arrive(letter.at, zone, country),
            "before its time": before is None or letter.at < before.at + wave.after,
            "too late": letter.at > wave.last,
            "not to be written to": stopped.get((letter.wave, letter.number), letter.run) < letter.run,
        }
        for what in (what for what, is_so in wrong.items() if is_so):
            wall = datetime.fromtimestamp(letter.at, ZoneInfo(zone))
            yield f"{letter.wave} to {letter.number}: {what}, {wall}"


def _stops(books: Books) -> dict[tuple[str, int], int]:
    """Wave and customer → the run after which no letter of it may go to them."""
    found: dict[tuple[str, int], int] = {}
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


def _missing(books: Books, in_doubt: Set[tuple[str, int]]) -> Iterator[tuple[str, int]]:
    """Letters that had not arrived after a run that ended by itself, and should have."""
    arrived = {(each.wave, each.number): each for each in reversed(books.arrived)}
    for number, listed in books.listed.items():
        run = next(run for run, _ in books.sends if run > listed)
        letter = arrived.get(("first", number))
        late = letter is None or letter.run > run
        if late and not is_unknown(number) and ("first", number) not in in_doubt:
            yield "first", number
    stopped = _stops(books)
    for name, wave in WAVES.items():
        for before in [each for (of, _), each in arrived.items() if of == wave.base]:
            run = _should_arrive(books, wave, before)
            letter = arrived.get((name, before.number))
            late = run is not None and (letter is None or letter.run > run)
            excused = {(name, before.number), (wave.base, before.number)} & in_doubt
            if late and not excused and stopped.get((name, before.number), sys.maxsize) > (run or 0):
                yield name, before.number


def _should_arrive(books: Books, wave: Follow, before: Arrived) -> int | None:
    """The first run that ended by itself and found the letter due."""
    place = PLACES[before.number % len(PLACES)]
    for run, at in books.follow_ups:
        if run > before.run and before.at + wave.after <= at <= wave.last and may_arrive(at, *place):
            return run
    return None
