"""What a country's code or name tells: its time zone, where it has one, and the languages of its market."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from babel.core import Locale, get_global
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


# Languages in which CLDR's names of countries are understood, and names that people write beside these.
_NAMED_IN = [
    "en",
    "pl",
    "ru",
    "el",
    "et",
    "lv",
    "lt",
    "de",
    "fr",
    "es",
    "it",
    "pt",
    "nl",
    "sv",
    "da",
    "nb",
    "fi",
    "uk",
    "cs",
    "sk",
    "hu",
    "ro",
    "bg",
    "hr",
    "sl",
    "tr",
]
_ALSO_NAMED: Mapping[str, str] = MappingProxyType(
    {
        "usa": "US",
        "united states of america": "US",
        "great britain": "GB",
        "england": "GB",
        "scotland": "GB",
        "czech republic": "CZ",
        "holland": "NL",
        "macedonia": "MK",
        "brd": "DE",
        "россия": "RU",
        "белоруссия": "BY",
    }
)


@lru_cache(maxsize=1024)
def country_code(text: str) -> str:
    """The code (ISO 3166-1 alpha-2) of a country's cell, which holds a code or the name in one of many languages.

    Whether there is such a country is open: what is not understood comes back in capital letters.
    """
    code = text.strip().upper()
    if len(code) > 2:
        return _by_name().get(_folded(text), code)
    return _ALSO_WRITTEN.get(code, code)


def is_country(text: str) -> bool:
    """Whether this is a country's code, in either case, or its name."""
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
def _by_name() -> Mapping[str, str]:
    """Folded name or alpha-3 code → code."""
    names = {
        alpha3.casefold(): codes[0] for alpha3, codes in get_global("territory_aliases").items() if len(alpha3) == 3
    }
    for language in _NAMED_IN:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code in _zones_by_country():
                names.setdefault(_folded(name), code)
    return {**names, **_ALSO_NAMED}


def _folded(name: str) -> str:
    """In small letters, without accents and full stops."""
    apart = unicodedata.normalize("NFKD", name.casefold().replace(".", ""))
    return " ".join("".join(each for each in apart if not unicodedata.combining(each)).split())


@cache
def _zones_by_country() -> Mapping[str, tuple[str, ...]]:
    """Every country's zones (IANA zone.tab, through CLDR)."""
    return {
        country: tuple(zone for zone in zones if zone in zone_names())
        for country, zones in get_global("territory_zones").items()
        if country not in ("001", "ZZ")  # the world, and nobody knows where
    }
