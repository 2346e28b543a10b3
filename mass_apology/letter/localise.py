"""Dates, times and numbers in the recipient's language and time zone (Unicode CLDR, through Babel)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date as Date  # a method of Localiser is called date  # noqa: N812
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime, format_skeleton
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal, list_currencies
from babel.units import format_unit

from mass_apology.countries import zone_of
from mass_apology.languages import Clock, Days, Durations, Language
from mass_apology.letter.local_moments import local_clock, local_day, zone_name
from mass_apology.letter.salutations import salutation
from mass_apology.letter.spans import SpanWriter
from mass_apology.settings import Register

MAX_LISTED = 1000
"""The most items of a list in words; Babel needs time that grows with the square of their number."""

CACHED = 4096
"""How many formatted values are kept: an incident's moments in every time zone, with room to spare."""


_NUMBERED_WORD = re.compile(r"(\d\.?) (?=[^\W\d])")


class Localiser:
    """One language's way of writing values.

    Every method raises ``ValueError`` with a sentence where a value cannot be written. A language that CLDR does not
    know raises ``ValueError`` at once.
    """

    def __init__(self, language: Language, register: Register = "formal") -> None:
        try:
            self.locale = Locale.parse(language.locale or language.code)
        except (UnknownLocaleError, ValueError):
            raise ValueError(
                f"`{language.locale or language.code}` is not a language whose dates and numbers are known"
            ) from None
        self.language = language
        self.register = register
        self._home = zone_of(language.country or "")
        self._days = language.days or Days()
        self._hours = language.clock or Clock()
        self._durations = language.durations or Durations()
        self._lasting = re.compile(rf"\b(?:{'|'.join(map(re.escape, self._durations.lasting)) or '(?!)'})\b")
        self._spans = SpanWriter(self, language.spans)
        # An incident's moments come back in every letter, and Babel needs 20 µs for each.
        self._moment = lru_cache(CACHED, typed=True)(self._write_moment)
        self._day = lru_cache(CACHED, typed=True)(self._write_day)
        self._date = lru_cache(CACHED, typed=True)(self._write_date)
        self._time = lru_cache(CACHED, typed=True)(self._write_time)
        self._money = lru_cache(CACHED)(self._write_money)
        self._duration = lru_cache(CACHED, typed=True)(self._write_duration)

    @property
    def direction(self) -> str:
        """``"ltr"`` or ``"rtl"``, for HTML's ``dir``."""
        return self.locale.text_direction

    def day(self, value: Date, time_zone: str = "UTC") -> str:
        """ "20 November"."""
        return self._day(value, time_zone or "UTC")

    def date(self, value: Date, time_zone: str = "UTC") -> str:
        """ "20 November 2026"."""
        return self._date(value, time_zone or "UTC")

    def on_day(self, value: Date, time_zone: str = "UTC") -> str:
        """ "on 20 November", with whatever the language says before a day, and its case."""
        return self._when(self._days.on_day, self._day(value, time_zone or "UTC"), value, time_zone)

    def on_date(self, value: Date, time_zone: str = "UTC") -> str:
        """ "on 20 November 2026"."""
        return self._when(self._days.on_date, self._date(value, time_zone or "UTC"), value, time_zone)

    def time(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "10:12 CET": 24 hours, with the zone's short name or its offset.

        Where nearly everybody who reads the language lives in that zone, the time alone: "10:12", in Polish in Warsaw.
        """
        return self._time(value, time_zone or "UTC")

    def zoned_time(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "10:12 CET", also for those who live there: before and after a change of the clock."""
        return self._with_zone(local_clock(value, time_zone or "UTC"))

    def clock(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "10:12": without the zone, where that stands beside it."""
        return self._clock(local_clock(value, time_zone or "UTC"))

    def moment(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "20 November 2026, 10:12 CET"."""
        return self._moment(value, time_zone or "UTC")

    def moment_without_zone(self, value: datetime, time_zone: str = "UTC") -> str:
        """ "20 November 2026, 10:12": where the zone stands beside it."""
        return f"{self.date(value, time_zone)}, {self.clock(value, time_zone)}"

    def in_one_zone(self, value: object, other: object, time_zone: str = "UTC") -> bool:
        """Whether two moments are written with the same zone's name there; not where one of them is no moment."""
        moments = [each for each in (value, other) if isinstance(each, datetime) and each.tzinfo is not None]
        names = {zone_name(local_clock(each, time_zone or "UTC")) for each in moments}
        return len(moments) == 2 and len(names) == 1

    def from_to(self, start: Date, end: Date, time_zone: str = "UTC") -> str:
        """ "from 16 to 20 November 2026"; of moments "from 09:12 to 10:40 UTC", with their days where they differ.

        One day is ``on_date``. ``ValueError`` where the end comes before the start.
        """
        return self._spans.from_to(start, end, time_zone or "UTC")

    def since(self, value: Date, time_zone: str = "UTC") -> str:
        """ "since 20 November 2026", "since 09:12 UTC on 20 November 2026"."""
        return self._spans.since(value, time_zone or "UTC")

    def until(self, value: Date, time_zone: str = "UTC") -> str:
        """ "until 20 November 2026", "until 09:12 UTC on 20 November 2026"."""
        return self._spans.until(value, time_zone or "UTC")

    def duration(self, minutes: float | Decimal) -> str:
        """ "3 hours and 12 minutes", from whole minutes; parts that are nought are left out."""
        return self._duration(minutes)

    def lasting(self, minutes: float | Decimal) -> str:
        """As ``duration``, in the case of what something took: "1 godzinę i 12 minut", "1 tunni"."""
        return self._lasting.sub(lambda word: self._durations.lasting[word[0]], self._duration(minutes))

    def number(self, value: float | Decimal) -> str:
        """ "1,234.5", in the language's own grouping and decimal sign."""
        return _plain(format_decimal(_number(value), locale=self.locale))

    def money(self, amount: float | Decimal, currency: str) -> str:
        """ "€12.50"; ``currency`` is an ISO 4217 code."""
        return self._money(str(_number(amount)), currency)

    def _write_money(self, amount: str, currency: str) -> str:
        if currency not in list_currencies():
            raise ValueError(f"`{currency}` is not a currency's code such as EUR")
        return _plain(format_currency(Decimal(amount), currency, locale=self.locale))

    def listing(self, items: Iterable[object]) -> str:
        """ "a, b and c", from at most 1,000 items."""
        words = [str(item) for item in items]
        if len(words) > MAX_LISTED:
            raise ValueError(f"a list of {len(words)} items is too long to be written out")
        return _plain(format_list(words, locale=self.locale)) if words else ""

    def salutation(self, name: str, gender: str) -> str:
        """The letter's first line with its punctuation; see ``salutations.salutation``."""
        informal = self.language.informal if self.register == "informal" else None
        return salutation(informal or self.language.salutations, name, gender)

    def _when(self, form: str, label: str, value: Date, time_zone: str) -> str:
        days, local = self._days, local_day(value, time_zone or "UTC")
        if days.months:
            label = label.replace(self.locale.months["format"]["wide"][local.month], days.months[local.month - 1])
        if days.on_first and local.day == 1:
            form, label = days.on_first, label.removeprefix("1")
        return form.replace("{}", _replaced(label, days.words))

    def _write_day(self, value: Date, time_zone: str) -> str:
        day = local_day(value, time_zone)
        return self._dated(format_skeleton("MMMMd", day, locale=self.locale), day)

    def _write_date(self, value: Date, time_zone: str) -> str:
        day = local_day(value, time_zone)
        return self._dated(format_date(day, "long", locale=self.locale), day)

    def _dated(self, written: str, day: Date) -> str:
        """A day as ``_bound`` gives it, with the language's own way of writing the first of a month: "1er mai"."""
        bound = self._bound(written)
        return re.sub(r"\b1\b", self._days.first, bound, count=1) if self._days.first and day.day == 1 else bound

    def _write_time(self, value: datetime, time_zone: str) -> str:
        return self.clock(value, time_zone) if time_zone == self._home else self.zoned_time(value, time_zone)

    def _with_zone(self, local: datetime) -> str:
        zone = zone_name(local)
        return f"{self._clock(local)}{self.language.space}{self._hours.zones.get(zone, zone)}"

    def _clock(self, local: datetime) -> str:
        return self._hours.time.replace("{}", format_datetime(local, "HH:mm", locale=self.locale))

    def _write_moment(self, value: datetime, time_zone: str) -> str:
        return f"{self._write_date(value, time_zone)}, {self._write_time(value, time_zone)}"

    def _write_duration(self, minutes: float | Decimal) -> str:
        number = _number(minutes)
        if number < 0 or number != int(number):
            raise ValueError(f"`{minutes}` is not a whole number of minutes")
        days, rest = divmod(int(number), 24 * 60)
        counted = (("day", days), ("hour", rest // 60), ("minute", rest % 60))
        parts = [self._unit(count, unit) for unit, count in counted if count]
        return self._bound(format_list(parts or [self._unit(0, "minute")], locale=self.locale))

    def _bound(self, text: str) -> str:
        """As ``_plain``, with each number on one line with the word that it belongs to: "20 ноября", "12 minut"."""
        return _NUMBERED_WORD.sub(rf"\1{self.language.space}", _plain(text))

    def _unit(self, count: int, unit: str) -> str:
        written: str = format_unit(count, f"duration-{unit}", "long", locale=self.locale)
        return _replaced(written, self._durations.words)


def _number(value: float | Decimal) -> float | Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise ValueError(f"`{value}` is not a number; is its column declared under [types]?")  # noqa: TRY004 (one class for all)
    if not Decimal(value).is_finite():
        raise ValueError(f"`{value}` is not a finite number")
    return value


def _replaced(text: str, words: Mapping[str, str]) -> str:
    for word, other in words.items():
        text = text.replace(word, other)
    return text


def _plain(text: str) -> str:
    """CLDR's narrow and thin no-break spaces as the ordinary one, which every mail font has."""
    return text.replace("\u202f", "\u00a0").replace("\u2009", "\u00a0")
