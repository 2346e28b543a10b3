"""What the critic has found."""

from __future__ import annotations

from typing import NamedTuple

from msgspec import Struct

from mass_apology.model import Severity


class WordingFinding(Struct, frozen=True, kw_only=True):
    """One fault of one letter."""

    rule: str  # its id: "conditional-apology"
    severity: Severity
    start: int  # of the passage, in the document's source
    end: int  # equal to ``start`` where a part is missing
    passage: str  # that slice of the source; empty where a part is missing
    title: str  # what it is, as a phrase
    why: str  # a sentence
    better: str  # a wording to take instead, or what to write, in the letter's language; may be empty


def headline(title: str, passage: str, most: int) -> str:
    """What was found, as one line: the title and at most so many characters of the passage, where there is one."""
    words = " ".join(passage.split())
    shown = words if len(words) <= most else f"{words[:most]}…"
    return f"{title[0].upper()}{title[1:]}" + (f": “{shown}”" if shown else "")


class Spot(NamedTuple):
    """A fault by its rule and its place in a block's text."""

    rule: str
    start: int
    end: int
