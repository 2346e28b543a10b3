"""What a country's code tells: its time zone, where it has one, and the languages of its market."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from babel.core import get_global
from babel.languages import get_official_languages

from mass_apology.system.time_zones import zone_names

# Where nearly everybody of a country with several zones lives (Unicode CLDR 45, supplemental/primaryZones). CY and PS
# are added: all of their zones show the same time today.
MAIN_ZONES: Mapping[str, str] = MappingProxyType(
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


def country_code(text: str) -> str:
    """What stands in a country's cell, in the form of ISO 3166-1 alpha-2; whether there is such a country is open."""
    code = text.strip().upper()
    return _ALSO_WRITTEN.get(code, code)


def is_country(text: str) -> bool:
    """Whether this is a country's code, in either case."""
    return country_code(text) in _zones_by_country()


def zone_of(text: str) -> str:
    """The IANA zone of a country that has one, or one for nearly everybody; otherwise empty."""
    code = country_code(text)
    zones = _zones_by_country().get(code, ())
    return zones[0] if len(zones) == 1 else MAIN_ZONES.get(code, "")


def languages_of(text: str) -> tuple[str, ...]:
    """The official languages of the whole country (Unicode CLDR), as ISO 639 codes; empty where it is none."""
    code = country_code(text)
    return tuple(get_official_languages(code, de_facto=True)) if is_country(code) else ()


@cache
def _zones_by_country() -> Mapping[str, tuple[str, ...]]:
    """Every country's zones (IANA zone.tab, through CLDR)."""
    return {
        country: tuple(zone for zone in zones if zone in zone_names())
        for country, zones in get_global("territory_zones").items()
        if country not in ("001", "ZZ")  # the world, and nobody knows where
    }
