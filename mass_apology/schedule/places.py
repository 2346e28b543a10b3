"""Where a recipient is: the time zone whose clock counts, and the country whose weekend and holidays count."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from zoneinfo import available_timezones

from babel.core import get_global
from msgspec import Struct

_SATURDAY_SUNDAY = frozenset({5, 6})
_FRIDAY_SATURDAY = frozenset({4, 5})

# Unicode CLDR 47, supplemental/weekData. BD, BN, DJ and MV, for which it only has the world's default, are from the
# package `holidays` 0.109. IN and UG, which rest on Sunday alone, stay at the default: a letter can wait for Monday.
_WEEKENDS: Mapping[str, frozenset[int]] = MappingProxyType(
    {
        "AF": frozenset({3, 4}),
        "BN": frozenset({4, 6}),
        "IR": frozenset({4}),
        **dict.fromkeys(
            ("BD", "BH", "DJ", "DZ", "EG", "IL", "IQ", "JO", "KW", "LY", "MV", "OM", "QA", "SA", "SD", "SY", "YE"),
            _FRIDAY_SATURDAY,
        ),
    }
)

# Where nearly everybody of a country with several zones lives (Unicode CLDR 45, supplemental/primaryZones). CY and PS
# are added: all of their zones show the same time today.
_MAIN_ZONES: Mapping[str, str] = MappingProxyType(
    {
        "CL": "America/Santiago",
        "CN": "Asia/Shanghai",
        "CY": "Asia/Nicosia",
        "DE": "Europe/Berlin",
        "EC": "America/Guayaquil",
        "ES": "Europe/Madrid",
        "MH": "Pacific/Majuro",
        "MY": "Asia/Kuala_Lumpur",
        "NZ": "Pacific/Auckland",
        "PS": "Asia/Gaza",
        "PT": "Europe/Lisbon",
        "UA": "Europe/Kyiv",
        "UZ": "Asia/Tashkent",
    }
)

_ALSO_WRITTEN: Mapping[str, str] = MappingProxyType({"EL": "GR", "UK": "GB"})  # as the European Union writes them


class Place(Struct, frozen=True):
    """Where a recipient is, as far as the schedule is concerned."""

    zone: str  # IANA name of a known zone
    country: str  # ISO 3166-1 alpha-2, upper case; empty where nobody says
    notes: tuple[str, ...] = ()  # sentences: what was not understood, and what is used instead


def weekend(country: str) -> frozenset[int]:
    """The days of rest, Monday being 0; Saturday and Sunday where the country is not known."""
    return _WEEKENDS.get(country, _SATURDAY_SUNDAY)


def is_country(code: str) -> bool:
    """Whether this is a country's code, in either case."""
    return _code(code) in _zones_by_country()


def place(zone: str, country: str, *, default_zone: str, default_country: str) -> Place:
    """What a row says, completed: the zone from the row, else from its country, else the campaign's.

    The defaults must be known ones. A country with several zones does not tell a row's zone; that is noted, since the
    letter may then arrive at night.
    """
    notes: list[str] = []
    code = _code(country)
    if code and code not in _zones_by_country():
        notes.append(f"{country!r} is no country's code of two letters; {_instead(default_country)}.")
        code = ""
    known_zone = zone if zone in _time_zones() else _zone_of(code)
    if not known_zone:
        known_zone = default_zone
        if code and not zone:
            notes.append(f"{code} has several time zones and the row names none; {default_zone} is used.")
    if zone and known_zone != zone:
        notes.append(f"{zone!r} is no time zone; {known_zone} is used.")
    return Place(known_zone, code or _code(default_country), tuple(notes))


def _instead(default_country: str) -> str:
    return f"{_code(default_country)} is used" if default_country else "the row is taken for one without a country"


def _code(country: str) -> str:
    code = country.strip().upper()
    return _ALSO_WRITTEN.get(code, code)


def _zone_of(country: str) -> str:
    """The zone of a country that has one, or one for nearly everybody; otherwise empty."""
    zones = _zones_by_country().get(country, ())
    return zones[0] if len(zones) == 1 else _MAIN_ZONES.get(country, "")


@cache
def _zones_by_country() -> Mapping[str, tuple[str, ...]]:
    """Every country's zones (IANA zone.tab, through CLDR)."""
    return {
        country: tuple(zone for zone in zones if zone in _time_zones())
        for country, zones in get_global("territory_zones").items()
        if country not in ("001", "ZZ")  # the world, and nobody knows where
    }


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())
