"""Rows that are about no customer: a sum below the table, the number of rows, the column names once more."""

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
_LETTERS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ς": "σ"})  # which Unicode does not take apart


class Header(Enum):
    """How a row repeats the column names."""

    NOT_AT_ALL = auto()
    AS_IT_IS = auto()
    ANOTHER = auto()  # in another order, or with other names among them: what is below has other columns


def totals_word(values: Sequence[str]) -> str:
    """The cell that says that a row without an address is a sum or a count; empty where none does."""
    if any("@" in value for value in values):
        return ""
    return next((value for value in values if value and _is_total(value)), "")


def totals_problem(word: str) -> str:
    """What is wrong with such a row, as a sentence."""
    return f"The row has no address and says '{shown(word)}': it seems to be a total, and no customer."


class RepeatedHeader:
    """Finds the column names of a file among its rows."""

    def __init__(self, header: Sequence[str]) -> None:
        self._names = [folded(name) for name in header]

    def kind(self, values: Sequence[str]) -> Header:
        """Whether a row's values, which stand below the header, are column names themselves."""
        first = next(filter(None, values), "")
        if folded(first) not in self._names:  # most rows without an address are no header
            return Header.NOT_AT_ALL
        told = [folded(value) for value in values]
        if told == self._names:
            return Header.AS_IT_IS
        known = len(set(told) & set(self._names))
        return Header.ANOTHER if known > 1 and 2 * known > sum(map(bool, told)) else Header.NOT_AT_ALL


def _is_total(value: str) -> bool:
    if len(value) > 30:  # characters: a sentence is no label
        return False
    apart = unicodedata.normalize("NFKD", value.casefold()).translate(_LETTERS)
    letters = "".join(each for each in apart if not unicodedata.combining(each))
    return _AROUND_WORD.sub("", letters) in _WORDS or _ROW_COUNT.fullmatch(value) is not None
