"""Time zones, countries and their weekends, compared with the Unicode CLDR that Babel carries."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest
from babel import Locale, UnknownLocaleError
from babel.core import get_global

from mass_apology.countries import MAIN_ZONES, is_country
from mass_apology.schedule.localities import place, weekend

COUNTRIES = sorted(code for code in get_global("territory_zones") if len(code) == 2 and code != "ZZ")
ONE_DAY_IN_CLDR = {"IN", "UG"}


def cldr_weekend(country: str) -> frozenset[int] | None:
    try:
        locale = Locale.parse(f"und_{country}")
    except UnknownLocaleError:
        return None
    return frozenset(range(locale.weekend_start, locale.weekend_end + 1))


def test_weekends_are_those_of_cldr() -> None:
    """But for those for which it has only the world's default."""
    known = {country: days for country in COUNTRIES if (days := cldr_weekend(country))}
    assert len(known) > 240
    differ = {country for country, days in known.items() if weekend(country) != days}
    assert differ == {"BD", "BN", "DJ", "MV"} | ONE_DAY_IN_CLDR


@pytest.mark.parametrize(
    ("country", "days"), [("AE", {5, 6}), ("SA", {4, 5}), ("IR", {4}), ("", {5, 6}), ("??", {5, 6})]
)
def test_weekends(country: str, days: set[int]) -> None:
    assert weekend(country) == days


def test_main_zones_are_the_countrys_own() -> None:
    for country, zone in MAIN_ZONES.items():
        assert zone in get_global("territory_zones")[country]
        assert ZoneInfo(zone).key == zone


def where(zone: str, country: str) -> tuple[str, str, tuple[str, ...]]:
    found = place(zone, country, default_zone="Europe/Warsaw", default_country="PL")
    return found.zone, found.country, found.notes


@pytest.mark.parametrize(
    ("zone", "country", "found"),
    [
        ("Asia/Kathmandu", "NP", ("Asia/Kathmandu", "NP")),
        ("Asia/Kathmandu", "", ("Asia/Kathmandu", "PL")),  # a zone is no country: people travel, and zones are shared
        ("", "ee", ("Europe/Tallinn", "EE")),
        ("", " de ", ("Europe/Berlin", "DE")),
        ("", "UK", ("Europe/London", "GB")),
        ("", "EL", ("Europe/Athens", "GR")),
        ("", "", ("Europe/Warsaw", "PL")),
        ("America/Denver", "US", ("America/Denver", "US")),
    ],
)
def test_what_a_row_says_is_taken(zone: str, country: str, found: tuple[str, str]) -> None:
    assert where(zone, country) == (*found, ())


def test_what_is_not_understood_is_said() -> None:
    assert where("Mars/Phobos", "EE") == (
        "Europe/Tallinn",
        "EE",
        ("'Mars/Phobos' is no time zone; Europe/Tallinn is used.",),
    )
    assert where("Mars/Phobos", "")[2] == ("'Mars/Phobos' is no time zone; Europe/Warsaw is used.",)
    assert where("", "Polska") == ("Europe/Warsaw", "PL", ())
    assert where("", "Polandia") == (
        "Europe/Warsaw",
        "PL",
        ("'Polandia' is no country's code of two letters; PL is used.",),
    )
    assert where("", "US") == (
        "Europe/Warsaw",
        "US",
        ("US has several time zones and the row names none; Europe/Warsaw is used.",),
    )
    assert where("../../etc/passwd", "US")[2] == ("'../../etc/passwd' is no time zone; Europe/Warsaw is used.",)
    nowhere = place("", "Polandia", default_zone="UTC", default_country="")
    assert nowhere.notes == (
        "'Polandia' is no country's code of two letters; the row is taken for one without a country.",
    )


@pytest.mark.parametrize("code", ["PL", "pl", "UK", "US", "POL", "Poland", "Polska", "Польша"])
def test_countries(code: str) -> None:
    assert is_country(code)


@pytest.mark.parametrize("code", ["", "P", "POLX", "Polandia", "XX", "001", "ZZ"])
def test_what_is_no_country(code: str) -> None:
    assert not is_country(code)
