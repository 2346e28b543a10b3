r"""Compiles a table of phrases so that it is searched fast.

A regular expression tries all its alternatives at each place of a text, and the tables have a hundred. Here those with
the same first letter become one, "full mailbox|filter" → "f(?:ull mailbox|ilter)": at most places a few dozen letters
are all that is compared. The order of the alternatives is lost, so such a pattern tells whether a text holds a phrase,
and not which one or how much of it.
"""

from __future__ import annotations

import re

_PIECE = re.compile(r"\\.|\[(?:\\.|[^\]\\])*\]|.", re.DOTALL)
# A letter that is there exactly once, at a word's beginning or anywhere; and what follows it.
_BEGINNING = re.compile(r"(\\b)?([^\W\d_])(?![?*+{])(.*)", re.DOTALL)


def phrase_search(phrases: str, flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    """A pattern for ``phrases``, one group of alternatives as ``bounce_phrases`` has it: ``(?:…|…)``."""
    by_letter: dict[str, list[str]] = {}
    others: list[str] = []
    for phrase in alternatives(phrases):
        found = _BEGINNING.fullmatch(phrase)
        if found is None:
            others.append(phrase)
        else:
            bound = rf"(?<!\w{found[2]})" if found[1] else ""  # a word's beginning, told behind its first letter
            by_letter.setdefault(found[2], []).append(bound + found[3])
    grouped = (f"{letter}(?:{'|'.join(rests)})" for letter, rests in by_letter.items())
    return re.compile("|".join([*grouped, *others]), flags)


def alternatives(group: str) -> list[str]:
    """The alternatives of ``(?:…|…)``, without those in groups inside it."""
    depth, found = 0, [""]
    for piece in _PIECE.findall(group.removeprefix("(?:").removesuffix(")")):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            found.append("")
        else:
            found[-1] += piece
    return found
