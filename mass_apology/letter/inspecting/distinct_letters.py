"""The letters of a campaign that differ by more than names and numbers: what the critic has to read.

A hundred thousand letters are some dozen texts with other values in them. A letter's paragraphs are compared without
digits and without the cells of its row, unless a cell is a text of its own; nearly all of them are known by then. What
is found is asked for every few letters, and the words of a distinct letter are told once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.model import Content, Delivery, read_rows

MOST = 1000
"""Distinct letters that are kept; more are not read."""

LINES = 12
"""Line numbers kept of one distinct letter."""

_PARAGRAPHS = 20_000  # that are remembered as they stand
_WHOLES = 500  # texts that are remembered as they stand, but for their salutation
_LONGEST = 20_000  # characters of such a text
_TEXT = 3  # words from which a cell is a text of its own
_GREETING = 80  # characters of a salutation, which greets names in many forms and says nothing else
_WEB = re.compile(r"https?://\S+")
_DIGITS = re.compile(r"\d+")


class DistinctLetter(Struct, frozen=True, kw_only=True):
    """One text that letters have, but for names and numbers. Its words are empty where they were told before."""

    language: str = ""  # code
    subject: str = ""  # of the first such letter
    text: str = ""
    cells: Mapping[str, str] = {}  # its row's texts, by their columns
    letters: int
    lines: tuple[int, ...]  # of the recipients file: the first ones


class _Gathered(Struct):
    """A distinct letter while more of its kind come."""

    key: str
    first: DistinctLetter | None  # None where it was told before
    letters: int
    lines: list[int]


class DistinctLetters:
    """Gathers them, letter by letter."""

    def __init__(self) -> None:
        # Letters that differ by the salutation alone are the quickest to know.
        self._wholes: dict[tuple[str, str, str] | None, tuple[object, ...]] = {}
        self._known: dict[str, int] = {}  # paragraphs as they stand, with their numbers
        self._told: dict[tuple[object, ...], str] = {}  # the keys of those whose words were told or are gathered
        self._letters: dict[tuple[object, ...], _Gathered] = {}

    def add(self, delivery: Delivery, content: Content, language: str) -> None:
        """Take one letter."""
        text = content.text
        at = text.find("\n\n")
        whole = (language, content.subject, text[at:]) if _greets(text, at) else None
        key = self._wholes.get(whole)
        if key is None:
            key = self._key(delivery, content, language)
            if whole is not None and len(self._wholes) < _WHOLES and len(text) <= _LONGEST:
                self._wholes[whole] = key
        gathered = self._letters.get(key)
        if gathered is not None:
            gathered.letters += 1
            if len(gathered.lines) < LINES:
                gathered.lines.append(delivery.first_line)
        elif key in self._told:
            self._letters[key] = _Gathered(self._told[key], None, 1, [delivery.first_line])
        elif len(self._told) < MOST:
            self._told[key] = blake2b(repr(key).encode(), digest_size=16).hexdigest()
            self._letters[key] = _Gathered(
                self._told[key], _distinct(delivery, content, language), 1, [delivery.first_line]
            )

    def _key(self, delivery: Delivery, content: Content, language: str) -> tuple[object, ...]:
        """What letters that differ by names and numbers have in common."""
        paragraphs = [content.subject, *content.text.split("\n\n")]
        numbers = list(map(self._known.get, paragraphs))
        if None in numbers:
            self._fill(numbers, paragraphs, delivery)
        return language, *numbers

    def found(self) -> Mapping[str, DistinctLetter]:
        """The distinct letters since it was asked last, by keys that are the same in every process."""
        gathered, self._letters = self._letters.values(), {}
        return {
            each.key: replace(each.first or _TOLD_BEFORE, letters=each.letters, lines=tuple(each.lines))
            for each in gathered
        }

    def _fill(self, numbers: list[int | None], paragraphs: Sequence[str], delivery: Delivery) -> None:
        """Put the numbers of new paragraphs into their places."""
        values = _values(delivery)
        for place, paragraph in enumerate(paragraphs):
            if numbers[place] is None:
                is_greeting = place == 1 and _greets(paragraph, len(paragraph))
                numbers[place] = 0 if is_greeting else _number_of(paragraph, values)
                if len(self._known) < _PARAGRAPHS:
                    self._known[paragraph] = numbers[place] or 0


def _greets(text: str, end: int) -> bool:
    """Whether the first paragraph, up to ``end``, is a salutation."""
    return 0 < end <= _GREETING and text[end - 1] in ",!"


_TOLD_BEFORE = DistinctLetter(letters=0, lines=())


def _distinct(delivery: Delivery, content: Content, language: str) -> DistinctLetter:
    rows = read_rows(delivery.rows)
    cells = {column: cell for row in rows for column, cell in row.items() if cell.count(" ") >= _TEXT - 1}
    return DistinctLetter(
        language=language, subject=content.subject, text=content.text, cells=cells, letters=0, lines=()
    )


def _values(delivery: Delivery) -> list[str]:
    """What is this recipient's own: cells that are no texts, and the code."""
    cells = (cell for row in read_rows(delivery.rows) for cell in row.values())
    return [each for each in (*cells, delivery.code) if len(each) > 1 and each.count(" ") < _TEXT - 1]


def _number_of(paragraph: str, values: Sequence[str]) -> int:
    text = _WEB.sub("", paragraph) if "://" in paragraph else paragraph
    for value in values:
        if value in text:
            text = text.replace(value, "")
    return int.from_bytes(blake2b(_DIGITS.sub("", text).encode(), digest_size=8).digest(), "big", signed=True)


def joined(gathered: Iterable[Mapping[str, DistinctLetter]]) -> dict[str, DistinctLetter]:
    """Those of several processes or batches as one; at most ``MOST``. Each has the words of the first that has any."""
    result: dict[str, DistinctLetter] = {}
    for letters in gathered:
        for key, each in letters.items():
            known = result.get(key)
            if known is not None:
                first, other = (known, each) if known.text else (each, known)
                lines = (*first.lines, *other.lines)[:LINES]
                result[key] = replace(first, letters=known.letters + each.letters, lines=lines)
            elif len(result) < MOST:
                result[key] = each
    return result
