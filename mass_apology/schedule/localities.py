"""Where a recipient is: the time zone whose clock counts, and the country whose weekend and holidays count."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from msgspec import Struct

from mass_apology.countries import country_code, is_country, zone_of
from mass_apology.system.time_zones import zone_names

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


class Place(Struct, frozen=True):
    """Where a recipient is, as far as the schedule is concerned."""

    zone: str  # IANA name of a known zone
    country: str  # ISO 3166-1 alpha-2, upper case; empty where nobody says
    notes: tuple[str, ...] = ()  # sentences: what was not understood, and what is used instead


def weekend(country: str) -> frozenset[int]:
    """The days of rest, Monday being 0; Saturday and Sunday where the country is not known."""
    return _WEEKENDS.get(country, _SATURDAY_SUNDAY)


def place(zone: str, country: str, *, default_zone: str, default_country: str) -> Place:
    """What a row says, completed: the zone from the row, else from its country, else the campaign's.

    The defaults must be known ones. A country with several zones does not tell a row's zone; that is noted, since the
    letter may then arrive at night.
    """
    notes: list[str] = []
    code = country_code(country)
    if code and not is_country(code):
        notes.append(f"{country!r} is no country's code of two letters; {_instead(default_country)}.")
        code = ""
    known_zone = zone if zone in zone_names() else zone_of(code)
    if not known_zone:
        known_zone = default_zone
        if code and not zone:
            notes.append(f"{code} has several time zones and the row names none; {default_zone} is used.")
    if zone and known_zone != zone:
        notes.append(f"{zone!r} is no time zone; {known_zone} is used.")
    return Place(known_zone, code or country_code(default_country), tuple(notes))


def _instead(default_country: str) -> str:
    return (
        f"{country_code(default_country)} is used" if default_country else "the row is taken for one without a country"
    )
