"""Reads a cell of the language column: a code (RFC 5646), a country code in its place, or a language's name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType

from mass_apology.languages import SHIPPED
from mass_apology.model import Finding, Severity
from mass_apology.names.name_words import folded
from mass_apology.recipients.alphabets import OTHER_COUNTRIES
from mass_apology.recipients.cells import shown
from mass_apology.recipients.cleaning import Occurrences
from mass_apology.recipients.column_layout import note

_TAG = re.compile(r"([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*")  # the shape of RFC 5646, and "pl_PL"

# Names of languages that have no file in languages/.
_OTHER_NAMES = {
    "cs": "czech, čeština, česky, tschechisch, czeski, ces, cze",
    "da": "danish, dansk, dan",
    "de": "german, deutsch, niemiecki, saksa, vācu, немецкий, γερμανικά, deu, ger",
    "es": "spanish, español, castellano, spanisch, hiszpański, spa",
    "fi": "finnish, suomi, finnisch, fiński, soome, финский, fin",
    "it": "italian, italiano, italienisch, włoski, ita",
    "lt": "lithuanian, lietuvių, litauisch, litewski, литовский, lit",
    "nl": "dutch, nederlands, niederländisch, nld, dut",
    "sv": "swedish, svenska, schwedisch, swe",
    "uk": "ukrainian, ukrainisch, ukraiński, украинский, українська, ukr",
}

_COUNTRIES: Mapping[str, str] = MappingProxyType(
    {**OTHER_COUNTRIES} | {country: each.code for each in SHIPPED for country in each.reading.countries}
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {folded(name): code for code, names in _OTHER_NAMES.items() for name in names.split(", ")}
    | {folded(name): each.code for each in SHIPPED for name in each.reading.called}
)


@lru_cache(maxsize=1024)
def language(text: str) -> str:
    """The primary language subtag (RFC 5646 §2.2.1) in lower case: "pl" of "pl-PL", "pl_PL", "PL", "Polish", "polski".

    Raises ``ValueError`` whose text completes the sentence "The value '…' …".
    """
    if (named := _NAMES.get(folded(text))) is not None:
        return named
    tag = _TAG.fullmatch(text)
    if tag is None:
        raise ValueError("is not a language code such as 'pl'")
    code = tag[1].lower()
    return _COUNTRIES.get(code, code)


class LanguageNotes:
    """Collects the cells whose code was read as another one, with their lines."""

    def __init__(self, file: str, column: str | None) -> None:
        self._file = file
        self._column = column
        self._noted: dict[str, Occurrences] = {}  # cell → occurrences

    def see(self, columns: Mapping[str, Sequence[str]], lines: Sequence[int]) -> None:
        """Take these rows into account."""
        if self._column is None:
            return
        cells = columns[self._column]
        for cell in _taken(set(cells)):
            where = [line for line, each in zip(lines, cells, strict=True) if each == cell]
            self._noted.setdefault(cell, Occurrences()).add(where, self._column)

    def findings(self) -> Iterator[Finding]:
        """One finding for each such cell. A country code is a warning: it may be meant as a language code."""
        for cell, noted in self._noted.items():
            code = language(cell)
            country = folded(cell) not in _NAMES
            what = f"'{shown(cell)}' is a country's code, and was" if country else f"'{shown(cell)}' was"
            yield note(
                "language-taken",
                Severity.WARNING if country else Severity.INFO,
                self._file,
                f"{what} taken for the language '{code}', {noted.where}.",
                f"Nothing needs to be done if that is right; to be sure, write '{code}' in the file.",
            )


def _taken(cells: Iterable[str]) -> Iterator[str]:
    """The cells that were read as another language code than they hold."""
    for cell in cells:
        tag = _TAG.fullmatch(cell)
        if folded(cell) in _NAMES or (tag is not None and tag[1].lower() in _COUNTRIES):
            yield cell
