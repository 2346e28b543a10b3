"""What was probably meant by a word that nobody knows: one way of saying so for keys, options, templates and names."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

NEAR = 0.6
"""The least ratio (difflib) of a word and what may have been meant."""


def nearest(word: str, known: Collection[str]) -> str:
    """The known word that is most like this one, whatever its case; empty where none is."""
    by_folded = {each.casefold(): each for each in sorted(known, reverse=True)}
    near = get_close_matches(word.casefold(), list(by_folded), n=1, cutoff=NEAR)
    return by_folded[near[0]] if near else ""


def did_you_mean(word: str, known: Collection[str]) -> str:
    """ "; did you mean plan?" as the end of a sentence without its full stop, or nothing."""
    near = nearest(word, known)
    return f"; did you mean {near}?" if near else ""


def ended(clause: str) -> str:
    """The clause as a sentence: with a full stop, unless it asks."""
    return clause if clause.endswith("?") else f"{clause}."
