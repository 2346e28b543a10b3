"""Where a passage ends in the file, and where a sentence and a paragraph do."""

from __future__ import annotations

import pytest

from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import Rule, RuleFile, Rules

RULES = Rules(
    "en",
    RuleFile(
        language="Test",
        abbreviations=("prof",),
        common_words="what it to on this of at any me",
        rules={"minimising": Rule(find=("tiny fault*", "mały")), "blaming-supplier": Rule(find=("they failed",))}
        | {each: Rule() for each in ("missing-full-stop", "lower-case-start")}
        | {"blaming-colleague": Rule(find=("failed",))},
    ),
    {},
)


def found(name: str, text: str, scenario: str = "") -> list[tuple[str, str]]:
    (document,) = read_letters(name, text.encode())
    return [(each.rule, each.passage) for each in criticise(document, RULES, scenario)]


def test_a_passage_holds_the_whole_of_an_entity() -> None:
    page = "<p>It was a tiny fault&eacute; of ours.</p>"
    assert found("letter.html", page) == [("minimising", "tiny fault&eacute;")]


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("Call me on this number of mine at any hour: 607 555 320", ["missing-full-stop"]),
        ("Green Basket Limited, Department for Customer Relations, Hill Street 4, Leeds", []),
        ("Our telephone: +48 22 555 08 20", []),
        ("We know all of it. we repair it.", ["lower-case-start"]),
        ("We know to what. we repair it.", ["lower-case-start"]),
        ("prof. Smith signs.", []),
    ],
)
def test_small_signs_of_carelessness(text: str, rules: list[str]) -> None:
    assert [rule for rule, _ in found("letter.txt", text)] == rules


def test_a_rule_that_does_not_hold_for_a_letter_outranks_none() -> None:
    assert [rule for rule, _ in found("letter.txt", "Surely they failed.")] == ["blaming-supplier"]
    assert [rule for rule, _ in found("letter.txt", "Surely they failed.", "not-our-fault")] == ["blaming-colleague"]
