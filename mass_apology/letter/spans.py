"""From when to when something lasted, in a running sentence: "from 16 to 20 November 2026", "from 09:12 to 10:40 UTC".

A year or a month that both ends share is said once, and so is a zone. The words and cases are a language's ``Spans``.
"""

from __future__ import annotations

from datetime import date as Date  # noqa: N812 (as in localise.py)
from datetime import datetime
from typing import TYPE_CHECKING

from mass_apology.languages import Spans
from mass_apology.letter.local_moments import local_clock, local_day

if TYPE_CHECKING:
    from mass_apology.letter.localise import Localiser

_PLAIN = Spans(
    days="{day} – {to_day}",
    times="{time} – {to_time}",
    moments="{day}, {time} – {to_day}, {to_time}",
    since_day="{day} –",
    since_moment="{day}, {time} –",
    until_day="– {to_day}",
    until_moment="– {to_day}, {to_time}",
)
"""What a language of which nobody has said how it speaks of spans gets: figures without words."""


class SpanWriter:
    """One language's way of saying since when, until when, and from when to when."""

    def __init__(self, localiser: Localiser, spans: Spans | None) -> None:
        self._write = localiser
        self._spans = spans or _PLAIN

    def from_to(self, start: Date, end: Date, zone: str) -> str:
        """The span between two days, or two moments. ``ValueError`` where its end comes first."""
        _require_order(start, end, zone)
        first, last = _day(start, zone), _day(end, zone)
        if not (isinstance(start, datetime) and isinstance(end, datetime)):
            return self._write.on_date(first) if first == last else self._days(first, last)
        in_one = self._write.in_one_zone(start, end, zone)
        time = (self._write.clock if in_one else self._write.zoned_time)(start, zone)
        to_time = (self._write.time if in_one else self._write.zoned_time)(end, zone)
        if first == last:
            return self._said(self._spans.times.format(time=time, to_time=to_time))
        day, to_day = self._ends(first, last, with_time=True)
        return self._said(self._spans.moments.format(day=day, time=time, to_day=to_day, to_time=to_time))

    def since(self, value: Date, zone: str) -> str:
        """Since a day, or a moment."""
        day = self._dated(self._named(_day(value, zone), self._spans.months), _day(value, zone))
        if not isinstance(value, datetime):
            return self._said(self._spans.since_day.format(day=day))
        return self._said(self._spans.since_moment.format(day=day, time=self._write.time(value, zone)))

    def until(self, value: Date, zone: str) -> str:
        """Until a day, which counts, or a moment."""
        with_time = isinstance(value, datetime)
        day = self._dated(self._named(_day(value, zone), self._to_months(with_time=with_time)), _day(value, zone))
        if not isinstance(value, datetime):
            return self._said(self._spans.until_day.format(to_day=day))
        return self._said(self._spans.until_moment.format(to_day=day, to_time=self._write.time(value, zone)))

    def _days(self, first: Date, last: Date) -> str:
        day, to_day = self._ends(first, last, with_time=False)
        return self._said(self._spans.days.format(day=day, to_day=to_day))

    def _ends(self, first: Date, last: Date, *, with_time: bool) -> tuple[str, str]:
        """Both days, with what they share said once."""
        day = self._named(first, self._spans.months)
        to_day = self._named(last, self._to_months(with_time=with_time))
        if first.year != last.year:
            return self._dated(day, first), self._dated(to_day, last)
        if first.month == last.month and self._spans.month_once and not with_time:
            day = self._number(first)
        return (self._dated(day, first), to_day) if self._spans.year_first else (day, self._dated(to_day, last))

    def _to_months(self, *, with_time: bool) -> tuple[str, ...]:
        return (with_time and self._spans.to_months_with_time) or self._spans.to_months

    def _named(self, day: Date, months: tuple[str, ...]) -> str:
        """ "20 November", with the month in another case than CLDR's where one is given."""
        written = self._write.day(day)
        return written.replace(self._month(day), months[day.month - 1]) if months else written

    def _number(self, day: Date) -> str:
        """ "20", or "20." where the language writes it so."""
        return self._write.day(day).partition(self._month(day))[0].split()[0]

    def _dated(self, written: str, day: Date) -> str:
        """ "20" or "20 November" with its year, where the language has it."""
        whole = self._spans.dated.replace("{}", self._write.date(day))
        return whole.replace(self._write.day(day), written)

    def _month(self, day: Date) -> str:
        month: str = self._write.locale.months["format"]["wide"][day.month]
        return month

    def _said(self, text: str) -> str:
        for word, other in self._spans.words.items():
            text = text.replace(word, other)
        return text


def _day(value: Date, zone: str) -> Date:
    """The day in the recipient's zone."""
    local = local_day(value, zone)
    return local.date() if isinstance(local, datetime) else local


def _require_order(start: Date, end: Date, zone: str) -> None:
    both = (start, end)
    first, last = [local_clock(each, zone) if _has_time(*both) else _day(each, zone) for each in both]
    if last < first:
        raise ValueError(f"`{end}` is the end of a span, and comes before its beginning, `{start}`")


def _has_time(start: Date, end: Date) -> bool:
    return isinstance(start, datetime) and isinstance(end, datetime)
