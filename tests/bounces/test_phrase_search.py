"""Phrases that are searched together are found where each of them would be found alone."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

from mass_apology.bounces import bounce_phrases
from mass_apology.bounces.phrase_search import alternatives, phrase_search

CORPUS = Path(__file__).parent / "corpus"
TABLES = (
    "OURS",
    "POLICY",
    "FULL",
    "EXPIRED",
    "CONTRADICTED",
    "UNAVAILABLE",
    "FAILED_TEXT",
    "DELAYED",
    "DEAD",
    "RETURNED",
)


def test_a_group_has_only_its_own_alternatives() -> None:
    assert alternatives(r"(?:a|b(?:c|[|)]d)\|e|(?<!f)g)") == ["a", r"b(?:c|[|)]d)\|e", "(?<!f)g"]


@pytest.mark.parametrize(
    ("phrases", "found", "not_found"),
    [
        (r"(?:full mailbox|filter|fold)", ["a filter", "a full mailbox"], ["full", "f"]),
        (r"(?:\bspam|spoof|\bs)", ["spam", "my spam", "a spoof"], ["antispam", "a_ss"]),
        (r"(?:e-?mail|e?x)", ["email", "e-mail", "x", "ex"], ["e"]),
        (r"(?:(?<!un)known|kept|[0-9]x)", ["known", "kept", "9x"], ["unknown", "x"]),
    ],
)
def test_what_is_found(phrases: str, found: list[str], not_found: list[str]) -> None:
    pattern = phrase_search(phrases)
    assert all(pattern.search(text) for text in found)
    assert not any(pattern.search(text) for text in not_found)


@cache
def lines_of_corpus() -> frozenset[str]:
    texts = (path.read_text("utf-8", "replace") for path in CORPUS.glob("*.eml"))
    lines = {line for text in texts for line in text.split("\n")}
    return frozenset(line for line in lines if " " in line.strip())  # base64 and boundaries say nothing


@pytest.mark.parametrize("name", TABLES)
def test_the_corpus_is_read_as_by_the_table_itself(name: str) -> None:
    phrases = getattr(bounce_phrases, name)
    together, plain = phrase_search(phrases, re.I | re.M), re.compile(phrases, re.I | re.M)
    lines = lines_of_corpus()
    assert {line for line in lines if together.search(line)} == {line for line in lines if plain.search(line)} != set()
