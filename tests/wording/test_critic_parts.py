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


def test_a_paragraph_that_stands_twice_is_found_at_both_places() -> None:
    rules = Rules(
        "xx", RuleFile(language="Test", rules={"passive-without-actor": Rule(find=("mistakes happened",))}), {}
    )
    (document,) = read_letters("letter.txt", b"Mistakes happened.\n\nWe know.\n\nMistakes happened.\n")
    first, second = (each for each in criticise(document, rules) if each.rule == "passive-without-actor")
    assert (first.start, second.start) == (0, 30)
    assert first.passage == second.passage == "Mistakes happened"


def test_a_paragraph_is_judged_by_the_rules_at_hand() -> None:
    (document,) = read_letters("letter.txt", b"Mistakes happened.\n")
    for find, found in (("mistakes happened", 1), ("errors occurred", 0)):
        rules = Rules("xx", RuleFile(language="Test", rules={"passive-without-actor": Rule(find=(find,))}), {})
        assert sum(each.rule == "passive-without-actor" for each in criticise(document, rules)) == found


def plays_down(text: str) -> bool:
    file = RuleFile(language="Test", negations=("not",), rules={"minimising": Rule(find=("glitch",))})
    (document,) = read_letters("letter.txt", text.encode())
    return any(each.rule == "minimising" for each in criticise(document, Rules("xx", file, {})))


def test_a_negation_excuses_its_own_clause() -> None:
    assert plays_down("It was a glitch.")
    assert not plays_down("It was not a glitch.")
    assert plays_down("Do not worry, a glitch it was.")
    assert not plays_down("You need no comfort, it was not a glitch.")
