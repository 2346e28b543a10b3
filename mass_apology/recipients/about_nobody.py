"""Finds rows that are not about a customer: totals, row counts, and repeated column names."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum, auto

from mass_apology.recipients.cells import shown
from mass_apology.recipients.column_layout import folded

_TOTALS = (
    "total totals grandtotal subtotal sum count "
    "summe gesamt gesamtsumme insgesamt zwischensumme anzahl "
    "suma razem ogolem lacznie "
    "итого всего сумма общийитог "
    "συνολο συνολικα αθροισμα "
    "kokku summa kogusumma "
    "kopa pavisam kopsumma "
    "isviso bendraisuma celkem soucet spolu totaal totale totaux somme totalt yhteensa osszesen toplam"
)
_WORDS = frozenset(_TOTALS.split())
_AROUND_WORD = re.compile(r"[^\w]+|[\d_]+")
_ROW_COUNT = re.compile(
    r"\(?\d[\d ,.]*(?:rows?|records?|zeilen|wierszy|строк\w*|rida|rindas|γραμμές)\)?", re.IGNORECASE
)
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ς": "σ"})  # NFKD does not decompose these


class Header(Enum):
    """How a row repeats the column names."""

    NOT_AT_ALL = auto()
    AS_IT_IS = auto()
    ANOTHER = auto()  # in another order or with other names: the rows below have other columns


def totals_word(values: Sequence[str]) -> str:
    """The cell that marks a row without an address as a sum or a count; "" if there is none."""
    if any("@" in value for value in values):
        return ""
    return next((value for value in values if value and _is_total(value)), "")


def totals_problem(word: str) -> str:
    """A sentence about a row that ``totals_word`` has found."""
    return f"The row has no address and says '{shown(word)}': it seems to be a total, and no customer."


class RepeatedHeader:
    """Recognises a repeated header among the rows of one file."""

    def __init__(self, header: Sequence[str]) -> None:
        self._names = [folded(name) for name in header]

    def kind(self, values: Sequence[str]) -> Header:
        """How ``values``, a row below the header, repeat the header."""
        first = next(filter(None, values), "")
        if folded(first) not in self._names:  # a fast exit: most rows are not a header
            return Header.NOT_AT_ALL
        row = [folded(value) for value in values]
        if row == self._names:
            return Header.AS_IT_IS
        known = len(set(row) & set(self._names))
        return Header.ANOTHER if known > 1 and 2 * known > sum(map(bool, row)) else Header.NOT_AT_ALL


def _is_total(value: str) -> bool:
    if len(value) > 30:  # characters: a longer text is a sentence, not a label
        return False
    apart = unicodedata.normalize("NFKD", value.casefold()).translate(_LETTERS)
    letters = "".join(each for each in apart if not unicodedata.combining(each))
    return _AROUND_WORD.sub("", letters) in _WORDS or _ROW_COUNT.fullmatch(value) is not None
