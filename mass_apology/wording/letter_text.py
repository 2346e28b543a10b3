"""A letter as the critic reads it: its subject and blocks, each character with its place in the file."""

from __future__ import annotations

import re
from array import array
from collections.abc import Sequence
from enum import IntEnum, auto

from msgspec import Struct

from mass_apology.wording.sentences import VALUE

_WRITTEN = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});|\{\{[^{}\n]{0,500}\}\}")


_NAME = re.compile(r"[A-Za-z_]\w*")


def names_in(expression: str) -> list[str]:
    """The names in a template's expression: "incident" and "harm" of {{ incident.harm }}."""
    return _NAME.findall(expression)


class Role(IntEnum):
    """What a block is. Whole numbers, since blocks are looked up by their roles."""

    SUBJECT = auto()
    PROSE = auto()
    HEADING = auto()
    ITEM = auto()  # of a list, or a cell of a table
    QUOTE = auto()  # somebody else's words, set apart
    SALUTATION = auto()
    SIGNATURE = auto()  # the closing, and all that follows it


class Block(Struct, frozen=True, kw_only=True, gc=False):
    """One paragraph, heading or item."""

    role: Role
    text: str  # as a reader sees it; a value of a template is ``VALUE``
    places: Sequence[int]  # of each character: where it stands in the document's source


class Document(Struct, frozen=True, kw_only=True):
    """One letter."""

    source: str  # the file, or a mail's decoded part, that the places are in
    blocks: tuple[Block, ...]
    names: frozenset[str] = frozenset()  # of facts and columns that a template shows: "harm" of {{ incident.harm }}
    is_template: bool = False  # values are filled in later
    first_line: int = 1  # the number of the source's first line in its file

    def position(self, place: int) -> tuple[int, int]:
        """Line and column, both from 1, of a place in the source."""
        line = self.source.count("\n", 0, place)
        return line + self.first_line, place - (self.source.rfind("\n", 0, place) + 1) + 1

    def end(self, block: Block, number: int) -> int:
        """The place behind a block's character ``number``, which an entity or a template's value may stand for."""
        place = block.places[number]
        written = _WRITTEN.match(self.source, place)
        return written.end() if written and self.source[place] != block.text[number] else place + 1


class Builder:
    """Collects a block's text from pieces of the source."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._texts: list[str] = []
        self._places = array("L")

    def add(self, start: int, end: int) -> None:
        """Take a piece as it stands."""
        self._texts.append(self._source[start:end])
        self._places.extend(range(start, end))

    def put(self, text: str, place: int) -> None:
        """Take a text that stands for something at ``place``: an entity's character, a value."""
        self._texts.append(text)
        self._places.extend([place] * len(text))

    def value(self, place: int) -> None:
        """Take a template's value."""
        self.put(VALUE, place)

    def ends_line(self) -> bool:
        """Whether a line has ended, and nothing but blanks followed."""
        last = next((each for each in reversed(self._texts) if each.strip(" \t")), "")
        return last == "\n"

    def block(self, role: Role) -> Block | None:
        """The block, without blanks around it; ``None`` if it is empty. The builder is empty afterwards."""
        text, places = "".join(self._texts), self._places
        self._texts, self._places = [], array("L")
        start, end = len(text) - len(text.lstrip()), len(text.rstrip())
        if start >= end:
            return None
        return Block(role=role, text=text[start:end], places=places[start:end])
