"""What shows that a letter has a part, and what does not."""

from __future__ import annotations

from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import Rule, RuleFile, Rules

RULES = Rules(
    "xx",
    RuleFile(
        language="Test",
        rules={"responsibility-missing": Rule(find=("our fault",), unless=("it is not",))},
    ),
    {},
)


def missing(text: str) -> bool:
    (document,) = read_letters("letter.txt", text.encode())
    return any(each.rule == "responsibility-missing" for each in criticise(document, RULES))


def test_a_sentence_that_says_the_contrary_shows_no_part() -> None:
    assert not missing("It is our fault.")
    assert missing("Surely it is not our fault.")
    assert not missing("Surely it is not the weather. It is our fault.")


def late(text: str) -> bool:
    rules = Rules("xx", RuleFile(language="Test", rules={"apology-missing": Rule(find=("sorry",))}), {})
    (document,) = read_letters("letter.txt", text.encode())
    return any(each.rule == "late-apology" for each in criticise(document, rules))


def test_a_heading_is_no_first_paragraph() -> None:
    assert not late("Product safety recall\n\nWe are sorry.")
    assert late("This is a product safety recall.\n\nWe are sorry.")
