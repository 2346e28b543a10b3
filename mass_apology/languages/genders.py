"""Reads a cell of genders or titles, such as "w", "Frau", "г-жа" or "Herr Dr.", in many languages at once."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import cache, lru_cache
from types import MappingProxyType

from mass_apology.languages.registry import SHIPPED

# Words of languages that have no file here. What means a woman in one language and a man in another stands nowhere:
# "m" is a Spanish mujer and a Lithuanian moteris, and "v" a Dutch vrouw and a Latvian vīrietis.
_WOMEN = (
    "f sigra signa signora signorina donna femmina femminile senhora mulher feminino mevrouw mevr mw vrouw "
    "vrouwelijk kvinna fru fröken kvinde kvinne frøken nainen rouva neiti moteris ponia žena paní slečna ž жінка "
    "пані kadın"
)
_MEN = (
    "m masculino sig signor signore uomo "
    "maschio maschile senhor homem dhr heer deheer mannelijk meneer mand mies herra vyras ponas muž чоловік "
    "пан erkek"
)
_TITLES = frozenset(["dr", "prof", "professor", "mag", "ing", "dipl-ing", "med", "mgr", "inż", "doc"])
_NEITHER = frozenset(
    ["d", "divers", "diverse", "x", "other", "unknown", "unbekannt", "keine-angabe", "brak", "-", "?", "n/a", "na"]
)

UNCERTAIN = frozenset({"v", "h", "s", "n"})
"""Letters beside which "m" may be a woman: Spanish and Lithuanian columns hold "H" and "M", "V" and "M"."""

LETTERS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sugu": {"n": "f", "m": "m"},  # Estonian: naine, mees
        "sukupuoli": {"n": "f", "m": "m"},  # Finnish: nainen, mies
        "dzimums": {"s": "f", "v": "m"},  # Latvian: sieviete, vīrietis
        "lytis": {"m": "f", "v": "m"},  # Lithuanian: moteris, vyras
        "geslacht": {"v": "f", "m": "m"},  # Dutch: vrouw, man
    }
)
"""Name of a column of genders, in small letters → what single letters mean in the language of that name."""


def gender_of(text: str, own: Mapping[str, str] = MappingProxyType({})) -> str | None:
    """``"f"``, ``"m"``, ``""`` where it says neither, or ``None`` where it is not understood.

    ``own``: the campaign's words, which go before those of the languages.
    """
    return own[text] if text in own else _understood(text)


@lru_cache(maxsize=1024)
def _understood(text: str) -> str | None:
    words = _folded(text).split()
    if _TITLES.issuperset(words) or "-".join(words) in _NEITHER:
        return ""
    known = _words()
    whole = known.get("".join(words))
    if whole is None and len(words) > 1 and _TITLES.issuperset(words[1:]):
        return known.get(words[0])
    return whole


@cache
def _words() -> Mapping[str, str]:
    women = {*_WOMEN.split(), *(word for each in SHIPPED for word in each.reading.women)}
    men = {*_MEN.split(), *(word for each in SHIPPED for word in each.reading.men)}
    return MappingProxyType({_folded(word): "f" for word in women} | {_folded(word): "m" for word in men})


def _folded(text: str) -> str:
    """In small letters, without accents and full stops."""
    apart = unicodedata.normalize("NFKD", text.casefold().replace(".", " ").replace("ł", "l").replace("ı", "i"))
    return "".join(each for each in apart if not unicodedata.combining(each)).strip()
