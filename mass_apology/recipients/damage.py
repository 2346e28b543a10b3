"""Finds text that another program has damaged: lost characters, a wrong encoding, HTML entities.

A letter to "JÃ¼rgen" or "Zo&euml;" is worse than none. The probable original is shown, but never put in its place.
Damage in a column that no letter uses is only a warning.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from html import unescape

from mass_apology.model import Finding, Severity
from mass_apology.recipients.cells import Flaw, shown
from mass_apology.recipients.cleaning import Occurrences
from mass_apology.recipients.column_layout import note

_LOST = "\ufffd"
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_QUESTION = re.compile(r"(?<=[^\W\d_])\?(?=[^\W\d_])|(?<![\w?])\?(?=[^\W\d_]{2})")
_ONLY_QUESTIONS = re.compile(r"[\s.,\-]*\?[\s.,\-]*\?[\s?.,\-]*")
_ADDRESS = re.compile(r"://|www\.|[?&]\w+=", re.IGNORECASE)
# "4.8222E+10" was a telephone number. "#####" is a column that was too narrow; "#WERT!", "#ССЫЛКА!", "#¡VALOR!" and
# "#NAZWA?" are errors of a spreadsheet in its user's language.
_SHORTENED = re.compile(r"[+-]?[0-9](?:[.,][0-9]+)?E\+[0-9]{2,3}", re.IGNORECASE)
_ERROR_SHOWN = re.compile(r"#{3,}|#¡?[^\W\d_a-zß-ÿ][^\Wa-zß-ÿ/]*(?:/[^\Wa-zß-ÿ]+)?[!?]")
_WORD = re.compile(r"[^\x00-\x20]+")
_LONGEST_REMEMBERED = 40  # characters of a word

_ASCII_LETTER = re.compile("[A-Za-z]")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")

# Encodings that UTF-8 is most often misread as. Where these have letters and not signs, two characters are needed.
_MISTAKEN = ("cp1252", "latin_1", "cp1250", "iso8859_2", "cp1254", "cp1257", "mac_roman", "cp437", "cp850", "cp852")
_MISTAKEN_BY_LETTERS = ("cp1251", "cp1253", "cp866", "koi8_r")
_LATIN_LEADS = re.compile("[ÂÃ][\x80-\xbf\u0152-\u0192\u02c6\u02dc\u2013-\u2122]")
_BROKEN_END = re.compile(r"(?<=[a-zß-ÿ])[ÂÃ](?!\S)")  # "VoilÃ" without the blank that was the rest of its "à"

_SENTENCES: Mapping[str, str] = {
    "text-lost": "holds U+FFFD, which stands where a character was lost",
    "text-garbled": "is UTF-8 that was read in another encoding",
    "entities-left": "is written as HTML",
    "digits-lost": "is the short form in which a spreadsheet shows a long number: its digits are lost",
    "cell-error": "is what a spreadsheet shows in place of a value",
}
_ADVICE = "Export the file anew from where the text is right; no letter uses this column, so it can also stay."


class Damage:
    """Finds damaged text in the rows of one file. ``RowChecks`` passes it every batch."""

    def __init__(self, file: str, used: frozenset[str], address: str) -> None:
        """``used``: the columns that letters or conditions use; ``address``: the address column."""
        self._file = file
        self._used = used
        self._address = address
        self._unused: dict[str, Occurrences] = {}
        self._questions = Occurrences()
        self._example = ""

    def flaws(self, columns: Mapping[str, Sequence[str]], lines: Sequence[int]) -> list[Flaw]:
        """Damaged cells of the columns in use; ``findings`` reports damage in other columns, and doubtful cells."""
        found: list[Flaw] = []
        for column, cells in columns.items():
            joined = " ".join(cells)
            for code, row, meant in _damaged(cells, joined):
                if column in self._used:
                    probably = f"; it was probably '{shown(meant)}'" if meant else ""
                    problem = f"The value '{shown(cells[row])}' {_SENTENCES[code]}{probably}."
                    found.append(Flaw(row, code, column, problem))
                else:
                    self._unused.setdefault(code, Occurrences()).add([lines[row]], column)
            if "?" in joined and column in self._used and column != self._address:
                found += self._question_marks(column, cells, lines)
        return found

    def findings(self) -> Iterator[Finding]:
        """Warnings and notes, one of each kind."""
        if self._questions.count:
            problem = (
                f"A question mark stands inside words, such as '{shown(self._example)}', as if letters had been lost "
                f"when the file was written, {self._questions.where}."
            )
            advice = "Export the file anew as UTF-8; if the question marks are meant, nothing needs to be done."
            yield note("letters-lost", Severity.WARNING, self._file, problem, advice)
        for code, noted in self._unused.items():
            problem = f"A value {_SENTENCES[code]}, {noted.where}."
            yield note(f"{code}-unused", Severity.WARNING, self._file, problem, _ADVICE)

    def _question_marks(self, column: str, cells: Sequence[str], lines: Sequence[int]) -> Iterator[Flaw]:
        doubtful = []
        for row, cell in enumerate(cells):
            if "?" not in cell:
                continue
            if _ONLY_QUESTIONS.fullmatch(cell):
                problem = f"The value '{shown(cell)}' is nothing but question marks: its letters were lost."
                yield Flaw(row, "text-lost", column, problem)
            elif _QUESTION.search(cell) and not _ADDRESS.search(cell):
                self._example = self._example or cell
                doubtful.append(lines[row])
        if doubtful:
            self._questions.add(doubtful, column)


def garbled(text: str) -> str:
    """The text before its UTF-8 was misread as another encoding, once or more often; "" if it was not."""
    words = _WORD.findall(text)
    meant = {word: right for word in words if not word.isascii() and (right := _ungarbled(word))}
    return _WORD.sub(lambda word: meant.get(word[0], word[0]), text) if meant else ""


def _damaged(cells: Sequence[str], joined: str) -> Iterator[tuple[str, int, str]]:
    """Code, row and probable original of each damaged cell in a column."""
    kinds: list[tuple[str, Callable[[str], object], Callable[[str], str]]] = []
    if _LOST in joined:
        kinds.append(("text-lost", lambda cell: _LOST in cell, lambda _: ""))
    if "&" in joined and _ENTITY.search(joined):
        kinds.append(("entities-left", _written_as_html, unescape))
    if "E+" in joined or "e+" in joined:
        kinds.append(("digits-lost", _SHORTENED.fullmatch, lambda _: ""))
    if "#" in joined:
        kinds.append(("cell-error", _ERROR_SHOWN.fullmatch, lambda _: ""))
    if _may_be_garbled(joined):
        kinds.append(("text-garbled", lambda cell: _may_be_garbled(cell) and garbled(cell), garbled))
    for code, is_damaged, meant in kinds:
        yield from ((code, row, meant(cell)) for row, cell in enumerate(cells) if is_damaged(cell))


def _may_be_garbled(text: str) -> bool:
    """Whether a closer look is worth its time."""
    return not text.isascii() and (_PAIR.search(text) or _BROKEN_END.search(text)) is not None


def _written_as_html(cell: str) -> bool:
    return any(unescape(entity) != entity for entity in _ENTITY.findall(cell))


def _ungarbled(word: str) -> str:
    """The original of a misread word, or ""; short words are cached, since names repeat."""
    return _remembered(word) if len(word) <= _LONGEST_REMEMBERED else _judged(word)


@lru_cache(maxsize=1 << 15)
def _remembered(word: str) -> str:
    return _judged(word)


def _judged(word: str) -> str:
    if _BROKEN_END.search(word):
        return _BROKEN_END.sub("à", word)
    for codec in (*_MISTAKEN, *_MISTAKEN_BY_LETTERS):
        right = _read_as_utf8(word, codec)
        if right is not None and _is_odd(word, right, codec):
            return _ungarbled(right) or right
    return ""


def _read_as_utf8(word: str, codec: str) -> str | None:
    """The word decoded as UTF-8, if its characters beyond ASCII are octets of characters that people write."""
    octets = _OCTETS[codec]
    if not _PAIRS[codec].search(word):
        return None
    try:
        right = _BEYOND_ASCII.sub(lambda run: bytes(octets[each] for each in run[0]).decode(), word)
    except (KeyError, UnicodeDecodeError):
        return None
    return right if all(map(_is_written, right)) else None


def _is_odd(word: str, right: str, codec: str) -> bool:
    """Whether the word is implausible: it has signs inside, or capitals among small letters."""
    if codec in _MISTAKEN_BY_LETTERS and not _ASCII_LETTER.search(word) and sum(not c.isascii() for c in right) < 2:
        return False
    signs = any(not each.isascii() and unicodedata.category(each)[0] not in "LM" for each in word)
    by_case = word not in {word.lower(), word.upper(), word[:1].upper() + word[1:].lower()}
    return signs or by_case or _LATIN_LEADS.search(word) is not None


def _is_written(character: str) -> bool:
    """Whether people write the character: Latin, Greek, Cyrillic, punctuation, and the scripts of three octets."""
    code = ord(character)
    two_octets = code < 0x180 or 0x218 <= code <= 0x21B or 0x370 <= code <= 0x52F or 0x5D0 <= code <= 0x6FF
    return two_octets or (code >= 0x1E00 and unicodedata.category(character) not in {"Cn", "Co"})


def _octets_of(codec: str) -> dict[str, int]:
    """Character → octet of an encoding; an octet that it does not define stands for itself."""
    return {bytes([octet]).decode(codec, "ignore") or chr(octet): octet for octet in range(0x80, 0x100)}


def _pair_of(codec: str) -> str:
    """The first two octets of a character in UTF-8 (RFC 3629 §3), as this encoding reads them."""
    leads = "".join(re.escape(each) for each, octet in _OCTETS[codec].items() if 0xC2 <= octet <= 0xF4)
    rest = "".join(re.escape(each) for each, octet in _OCTETS[codec].items() if 0x80 <= octet <= 0xBF)
    return f"[{leads}][{rest}]"


_OCTETS = {codec: _octets_of(codec) for codec in (*_MISTAKEN, *_MISTAKEN_BY_LETTERS)}
_PAIRS = {codec: re.compile(_pair_of(codec)) for codec in _OCTETS}
_PAIR = re.compile("(?=[^\x00-\x7f]{2})(?:" + "|".join(pattern.pattern for pattern in _PAIRS.values()) + ")")
