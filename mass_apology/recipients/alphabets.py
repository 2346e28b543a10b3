"""The letters beyond ASCII of each language, by which ``encoding`` ranks the encodings of a file.

An encoding is plausible for a Polish row if it decodes the row to Polish letters. A single name is enough to
distinguish cp1250 from ISO 8859-2 and cp1257; statistics of octets need much more text.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from io import StringIO
from itertools import islice
from types import MappingProxyType

from mass_apology.languages import SHIPPED

_OTHER_LETTERS = {
    "be": "абвгдеёжзійклмнопрстуўфхцчшыьэюя",
    "bg": "абвгдежзийклмнопрстуфхцчшщъьюя",
    "cs": "áčďéěíňóřšťúůýž",
    "da": "æøåé",
    "de": "äöüß",
    "es": "áéíñóúü",
    "fi": "äöåšž",
    "hr": "čćđšž",
    "hu": "áéíóöőúüű",
    "is": "áðéíóúýþæö",
    "it": "àèéìíòóù",
    "lt": "ąčęėįšųūž",
    "mk": "абвгдѓежзѕијклљмнњопрстќуфхцчџш",
    "nb": "æøåéòô",
    "nl": "éëïóöüèê",
    "pt": "ãáâàçéêíõóôúü",
    "ro": "ăâîșşțţ",
    "sk": "áäčďéíĺľňóôŕšťúýž",
    "sl": "čšž",
    "sr": "абвгдђежзијклљмнњопрстћуфхцчџшčćđšž",
    "sv": "åäöé",
    "tr": "çğıöşüâî",
    "uk": "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
}
"""Letters of languages that have no file in languages/."""

WESTERN_NAMES = frozenset("àáâãäåæçèéêëìíîïñòóôõöøùúûüýß")
"""Letters beyond ASCII of names from western Europe, which stand in files of every language."""

_LETTERS: Mapping[str, str] = MappingProxyType(
    _OTHER_LETTERS | {each.code: each.reading.alphabet for each in SHIPPED if each.reading.alphabet}
)
OTHER_COUNTRIES: Mapping[str, str] = MappingProxyType(
    {
        "at": "de",
        "cz": "cs",
        "dk": "da",
        "jp": "ja",
        "mx": "es",
        "rs": "sr",
        "se": "sv",
        "si": "sl",
        "ua": "uk",
    }
)
"""Country codes that people write in place of a language code, for languages that have no file in languages/.

Codes that are language codes as well are left out, except EE, SE and SI (Ewe, Northern Sami and Sinhala).
"""

# For the encoding, these language codes count as country codes: the letters of Breton, Chamorro or Welsh are not known
# here.
_COUNTRIES: Mapping[str, str] = MappingProxyType(
    {"br": "pt", "by": "ru", "ch": "de", "cy": "el", "no": "nb", **OTHER_COUNTRIES}
    | {country: each.code for each in SHIPPED if each.reading.alphabet for country in each.reading.countries}
)
_RUN = re.compile(r"[^\W\d_]+|[^\x00-\x7f]")  # letters, or a sign
_GREEK = "\u0370"  # Unicode's letters from here on are not Latin
_NO_LETTER = "\ufffd"
_BETWEEN_WORDS = frozenset("„”“‘’‚«»‹›–—…€§№°´`·\u00a0\u00ad")


def letters_of(languages: Iterable[str]) -> frozenset[str]:
    """The lower-case letters beyond ASCII of these languages together; an unknown language adds none."""
    return frozenset("".join(_LETTERS.get(_language(each), "") for each in languages))


def languages_by_line(lines: Sequence[str], column: str | None) -> list[str]:
    """The language that each line of a table names, the header line included; "" if it names none.

    The lines may be decoded by any codec that keeps ASCII. If ``column`` is ``None``, the first column counts whose
    cells are all codes of languages or countries.
    """
    delimiter = max(",;\t|", key=lines[0].count) if lines else ","
    rows = [_fields(line, delimiter) for line in lines]
    place = _place(rows, column) if rows else None
    if place is None:
        return [""] * len(lines)
    return [_language(row[place]) if len(row) > place else "" for row in rows]


def fit(texts: Iterable[str], letters: frozenset[str]) -> float:
    """The share of ``letters`` among the characters beyond ASCII, minus the share of all others.

    From -1 to 1; 0 if all characters are ASCII.
    """
    return _share(_beyond_ascii(texts), letters)


def best_fit(texts: Iterable[str]) -> float:
    """The highest ``fit`` of the texts among all languages."""
    counts = _beyond_ascii(texts)
    return max(_share(counts, letters) for letters in map(frozenset, _LETTERS.values()))


def _beyond_ascii(texts: Iterable[str]) -> Counter[str]:
    """Count the characters beyond ASCII; one in a word of two scripts does not count as a letter."""
    counts: Counter[str] = Counter()
    runs = Counter(run for text in texts for run in _RUN.findall(text) if not run.isascii())
    for run, times in runs.items():
        strange = [each for each in run if not each.isascii() and each not in _BETWEEN_WORDS]
        two_scripts = strange and any(map(str.isascii, run)) and max(strange) >= _GREEK
        for each in strange:
            counts[_NO_LETTER if two_scripts else each] += times
    return counts


def _share(counts: Counter[str], letters: frozenset[str]) -> float:
    whole = counts.total()
    known = sum(count for character, count in counts.items() if character.lower()[:1] in letters)
    return (2 * known - whole) / whole if whole else 0.0


def _fields(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader(StringIO(line, newline=""), delimiter=delimiter), [])
    except csv.Error:  # the field is too long; reading the rows reports it
        return []


def _place(rows: Sequence[Sequence[str]], column: str | None) -> int | None:
    header = [name.strip().casefold() for name in rows[0]]
    for name in filter(None, (column, "language", "lang", "locale", "sprache", "language_code")):
        if name.casefold() in header:
            return header.index(name.casefold())
    for place in range(len(header)):
        filled = [row[place] for row in islice(rows, 1, None) if len(row) > place and row[place].strip()]
        if filled and all(_language(cell) in _LETTERS or _language(cell) == "en" for cell in filled):
            return place
    return None


def _language(code: str) -> str:
    """The language of a code such as "pl" or "pl-PL", or of a country code such as "CZ"."""
    primary = code.strip().casefold().replace("_", "-").partition("-")[0]
    return _COUNTRIES.get(primary, primary) if len(primary) == 2 else ""
