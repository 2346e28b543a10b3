"""Single cells: texts safe to show, converted values, and the flaws that a cell can have."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from mass_apology.model import Finding, Severity
from mass_apology.system.time_zones import zone_names

T = TypeVar("T")

SHOWN = 60
"""The most characters of a value that a sentence shows."""

CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
"""C0 and C1 controls, DEL, and Unicode's line and paragraph separators: they could end or hide a header's line."""

CONTROL_BUT_LAYOUT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
"""``CONTROL`` without tab and line feed, which a text of several lines may hold."""

BLANKS = (
    " \t\n\r\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u2800\u3000"
    "\u00ad\u061c\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064\u3164\ufeff"
)
"""Characters that are invisible at either end of a value: blanks, line ends, and characters of no width."""

BIDI_OVERRIDE = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides and isolates (UAX #9 §2): they make a name read differently from what it is."""

# A letter with combining accents, or the parts of a Korean syllable. NFC of a whole text would also replace characters
# of some Japanese and Chinese names.
_APART = re.compile("[^\\W\\d_][\u0300-\u036f\u3099\u309a]+|[\u1100-\u11ff]+")

_ADVICE = {
    "address-invalid": "Correct the address, or send with --skip-bad-rows to set the row aside.",
    "address-missing": "Add the address, or send with --skip-bad-rows to set the row aside.",
    "address-several": 'Write several_addresses = "each" or "first" under [values] in campaign.toml: a letter to each, '
    "or to the first. Or correct the cell.",
    "bidi-override": "Remove the invisible characters that turn the direction of writing.",
    "cell-error": "Correct the cell in the workbook, or send with --skip-bad-rows to set the row aside.",
    "cell-merged": "Unmerge the cells and write the value into each row that it belongs to.",
    "cell-outside": "Remove what stands there, or give its column a name in the header.",
    "control-character": "Remove the invisible characters from the cell.",
    "digits-lost": "Export the column as text: a spreadsheet's numbers keep only 15 digits.",
    "entities-left": "Write the characters themselves in place of their HTML names.",
    "encoded-word": "Write the text itself instead of its encoded form '=?…?='.",
    "field-count": "Quote the fields that hold the delimiter, or add what is missing.",
    "formula-unsaved": "Open the workbook in a spreadsheet program, which calculates it, and save it.",
    "key-missing": "Add the customer's number, by which people are known again.",
    "language-invalid": "Write a language code such as 'pl' or 'pl-PL', or leave the cell empty.",
    "name-is-link": "Write the person's name without a web address, or leave the cell empty.",
    "name-too-long": "Shorten the name, or leave the cell empty.",
    "number-format": "Give the column another number format, or its type under [types] in campaign.toml.",
    "row-hidden": "Show the row (clear the filter), or send with --skip-bad-rows to leave hidden rows out.",
    "quote-unclosed": "Write the quotes directly beside the delimiters, around the whole field.",
    "text-garbled": "Export the file anew as UTF-8, or state its encoding in campaign.toml, if it is another one.",
    "text-lost": "Export the file anew as UTF-8 from where the text is right, or correct the cell.",
    "time-zone-unknown": "Write an IANA name such as 'Europe/Warsaw', or leave the cell empty.",
    "totals-row": "Delete the line, or send with --skip-bad-rows to set it aside.",
    "value-invalid": "Correct the value, or the column's type under [types] in campaign.toml.",
}


def composed(cell: str) -> str:
    """Join each letter with its combining accents into one character, if Unicode has one."""
    return cell if cell.isascii() else _APART.sub(lambda apart: unicodedata.normalize("NFC", apart[0]), cell)


def has_accents_apart(text: str) -> bool:
    """Whether ``composed`` may change the text."""
    return _APART.search(text) is not None


class Flaw(NamedTuple):
    """An error in one cell of a batch. The checks of ``row_values`` make it; it becomes a finding with its line."""

    row: int  # its position in the batch, from 0
    code: str  # a key of the table of advice
    column: str
    problem: str  # a sentence


def shown(text: str, limit: int = SHOWN) -> str:
    """The text on one line, cut to ``limit`` characters, with invisible characters as escapes."""
    short = text if len(text) <= limit else f"{text[: limit - 1]}…"
    if short.isprintable():
        return short
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in short)


def row_finding(*, file: str, line: int, address: str, code: str, problem: str, column: str = "") -> Finding:
    """Make the finding about one row that cannot become a recipient."""
    place = f"{file}, line {line}" + (f", column {shown(column)}" if column else "")
    return Finding(
        code=code,
        severity=Severity.ERROR,
        where=place,
        problem=problem,
        advice=_ADVICE[code],
        line=line,
        address=shown(address.strip(), 320),
    )


class Converted(NamedTuple, Generic[T]):
    """The converted cells of one column. ``converted`` makes it."""

    values: Sequence[T | None]  # ``None`` where the cell is empty or has a flaw
    reasons: Mapping[str, str]  # flawed text → why; it completes the sentence "The value '…' …"

    def flaws(self, cells: Sequence[str], code: str, column: str) -> list[Flaw]:
        """The flaws among ``cells``, which these values were converted from."""
        if not self.reasons:
            return []
        return [
            Flaw(row, code, column, f"The value '{shown(cell)}' {self.reasons[cell].rstrip('.')}.")
            for row, cell in enumerate(cells)
            if cell in self.reasons
        ]


def converted(cells: Sequence[str], convert: Callable[[str], T]) -> Converted[T]:
    """Convert each cell; equal texts are converted once.

    ``convert`` raises ``ValueError`` whose text completes the sentence "The value '…' …".
    """
    known: dict[str, T | None] = {}
    reasons: dict[str, str] = {}
    for cell in dict.fromkeys(cells):
        try:
            known[cell] = convert(cell) if cell else None
        except ValueError as reason:
            known[cell] = None
            reasons[cell] = str(reason)
    return Converted([known[cell] for cell in cells], reasons)


def time_zone(text: str) -> str:
    """Return ``text`` if it is an IANA time zone name. Raises ``ValueError`` as ``converted`` expects it."""
    if text not in zone_names():
        raise ValueError("is not a time zone's IANA name such as 'Europe/Warsaw'")
    return text
