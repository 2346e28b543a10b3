"""Values in the recipient's language and time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mass_apology.letter.localise import Localiser

MOMENT = datetime(2026, 11, 20, 23, 30, tzinfo=UTC)
ENGLISH, POLISH, RUSSIAN = Localiser("en"), Localiser("pl"), Localiser("ru")


@pytest.mark.parametrize(
    ("localiser", "day", "whole", "moment"),
    [
        (ENGLISH, "21 November", "21 November 2026", "21 November 2026, 00:30 CET"),
        (POLISH, "21 listopada", "21 listopada 2026", "21 listopada 2026, 00:30 CET"),
        (RUSSIAN, "21 ноября", "21 ноября 2026\u00a0г.", "21 ноября 2026\u00a0г., 00:30 CET"),
    ],
)
def test_moments_are_written_in_the_recipients_zone(localiser: Localiser, day: str, whole: str, moment: str) -> None:
    assert localiser.day(MOMENT, "Europe/Warsaw") == day
    assert localiser.date(MOMENT, "Europe/Warsaw") == whole
    assert localiser.moment(MOMENT, "Europe/Warsaw") == moment


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("", "23:30 UTC"),
        ("UTC", "23:30 UTC"),
        ("Europe/London", "23:30 GMT"),
        ("America/New_York", "18:30 EST"),
        ("Asia/Tashkent", "04:30 UTC+5"),
        ("Asia/Kathmandu", "05:15 UTC+5:45"),
        ("America/Argentina/Buenos_Aires", "20:30 UTC-3"),
    ],
)
def test_a_time_says_its_zone(zone: str, expected: str) -> None:
    assert ENGLISH.time(MOMENT, zone) == expected


def test_a_moment_with_another_offset_is_the_same_moment() -> None:
    other = MOMENT.astimezone(timezone(timedelta(hours=-7)))
    assert POLISH.moment(other, "Europe/Warsaw") == POLISH.moment(MOMENT, "Europe/Warsaw")


def test_a_date_has_no_zone_and_no_time() -> None:
    assert ENGLISH.date(date(2026, 11, 20), "Asia/Tokyo") == "20 November 2026"
    with pytest.raises(ValueError, match="no time of day"):
        ENGLISH.time(date(2026, 11, 20))  # type: ignore[arg-type]  # what a template may do


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="does not say its time zone"):
        ENGLISH.moment(datetime(2026, 11, 20, 9, 12))  # noqa: DTZ001 (that is the point)


@pytest.mark.parametrize("zone", ["Europe/Atlantis", "Europe", "../../etc/passwd"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValueError, match="is not a time zone"):
        ENGLISH.time(MOMENT, zone)


@pytest.mark.parametrize("wrong", ["2026-11-20", 5, None])
def test_what_is_no_date_is_refused(wrong: object) -> None:
    with pytest.raises(ValueError, match="is not a date"):
        ENGLISH.date(wrong)  # type: ignore[arg-type]  # what a template may do


@pytest.mark.parametrize(
    ("minutes", "english", "polish", "russian"),
    [
        (0, "0 minutes", "0 minut", "0 минут"),
        (1, "1 minute", "1 minuta", "1 минута"),
        (2, "2 minutes", "2 minuty", "2 минуты"),
        (5, "5 minutes", "5 minut", "5 минут"),
        (21, "21 minutes", "21 minut", "21 минута"),
        (22, "22 minutes", "22 minuty", "22 минуты"),
        (60, "1 hour", "1 godzina", "1 час"),
        (192, "3 hours and 12 minutes", "3 godziny i 12 minut", "3 часа и 12 минут"),
        (1501, "1 day, 1 hour and 1 minute", "1 dzień, 1 godzina i 1 minuta", "1 день, 1 час и 1 минута"),
        (2880, "2 days", "2 dni", "2 дня"),
    ],
)
def test_durations_take_each_languages_plural_forms(minutes: int, english: str, polish: str, russian: str) -> None:
    found = [localiser.duration(minutes) for localiser in (ENGLISH, POLISH, RUSSIAN)]
    assert found == [english, polish, russian]


@pytest.mark.parametrize("minutes", [Decimal("192"), Decimal("192.0"), 192.0])
def test_whole_minutes_of_any_type_are_the_same(minutes: float | Decimal) -> None:
    assert ENGLISH.duration(minutes) == "3 hours and 12 minutes"


@pytest.mark.parametrize("minutes", [-1, 1.5, float("nan"), float("inf"), "192", True, None])
def test_what_is_no_duration_is_refused(minutes: object) -> None:
    with pytest.raises(ValueError, match="`"):
        ENGLISH.duration(minutes)  # type: ignore[arg-type]  # what a template may do


def test_numbers_and_money() -> None:
    assert ENGLISH.number(Decimal("1234567.5")) == "1,234,567.5"
    assert POLISH.number(12345) == "12\u00a0345"
    assert ENGLISH.money(Decimal("12.5"), "EUR") == "€12.50"
    assert POLISH.money(Decimal("1234.5"), "PLN") == "1\u00a0234,50\u00a0zł"
    assert RUSSIAN.money(1, "EUR") == "1,00\u00a0€"
    with pytest.raises(ValueError, match="not a currency's code"):
        ENGLISH.money(1, "EURO")


@given(st.sampled_from(["en", "pl", "ru", "et", "lv", "el", "fr", "de-CH"[:2]]), st.decimals(-(10**9), 10**9, places=2))
def test_no_narrow_space_reaches_a_letter(language: str, amount: Decimal) -> None:
    localiser = Localiser(language)
    written = localiser.number(amount) + localiser.money(amount, "EUR") + localiser.moment(MOMENT, "UTC")
    assert not {"\u202f", "\u2009"} & set(written)


def test_lists_in_words() -> None:
    assert ENGLISH.listing(["a", "b", "c"]) == "a, b and c"
    assert POLISH.listing(["a", "b"]) == "a i b"
    assert RUSSIAN.listing([1]) == "1"
    assert ENGLISH.listing([]) == ""
    with pytest.raises(ValueError, match="too long"):
        ENGLISH.listing(range(1001))


@pytest.mark.parametrize(
    ("language", "name", "gender", "expected"),
    [
        ("en", "Anna Kowalska", "", "Dear Anna Kowalska,"),
        ("en", "", "f", "Dear customer,"),
        ("pl", "Anna Kowalska", "f", "Szanowna Pani,"),
        ("pl", "Jan Nowak", "m", "Szanowny Panie,"),
        ("pl", "Jan Nowak", "", "Dzień dobry,"),
        ("pl", "", "", "Dzień dobry,"),
        ("ru", "Анна Ковальская", "f", "Здравствуйте, Анна Ковальская!"),
        ("ru", "", "", "Здравствуйте!"),
        ("de", "Anna", "", "Anna,"),
        ("de", "", "", ""),
        ("en", "{name} {0}", "", "Dear {name} {0},"),
    ],
)
def test_salutations(language: str, name: str, gender: str, expected: str) -> None:
    assert Localiser(language).salutation(name, gender) == expected


def test_direction_and_unknown_languages() -> None:
    assert ENGLISH.direction == "ltr"
    assert Localiser("ar").direction == "rtl"
    with pytest.raises(ValueError, match="is not a language"):
        Localiser("xx")
