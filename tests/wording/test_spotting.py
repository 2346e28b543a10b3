"""Faults that are seen without a language's words: where a sentence ends, and what is a doubled stop."""

from __future__ import annotations

import pytest

from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import rules

NULL = "Hüvitiseks on teie järgmise kuu tasu null eurot."
SEEN = ("lower-case-start", "doubled-stop", "missing-full-stop")


def found(text: str) -> list[tuple[str, str]]:
    known = rules("en")
    assert known is not None
    (document,) = read_letters("letter.txt", text.encode())
    return [(each.rule, each.passage) for each in criticise(document, known) if each.rule in SEEN]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is over now. we open on Sunday.", [("lower-case-start", "we")]),
        ("So... your sofa comes later.", []),
        ("We lost the key. we have it again.", [("lower-case-start", "we")]),
        ("It weighs 3 kg. when it is dry.", []),
        ("ALL CAKES HALF PRICE!!! are waiting for you.", []),
        ("We looked at it once more., and found it.", [("doubled-stop", ".,")]),
        ("We looked at it all day., and found it.", [("doubled-stop", ".,")]),
        ("Acme Ltd., our firm, looked at it.", []),
        ("Acme Ltd.; Bolt Ltd.; nobody else looked at it.", []),
        ("We looked at it all day. . Then we found it.", [("doubled-stop", ". .")]),
        ("We looked at it all day!. Then we found it.", [("doubled-stop", "!.")]),
        ("We looked at it all day.; then we found it.", [("doubled-stop", ".;")]),
        ("We waited ... Then we found it.", []),
        ("The coffee machine is broken, such things happen! 😅", []),
        ("The coffee machine is broken, and we are sorry 😅", [("missing-full-stop", "and we are sorry")]),
    ],
)
def test_where_a_sentence_ends(text: str, expected: list[tuple[str, str]]) -> None:
    assert found(text) == expected


def test_a_word_of_the_language_is_no_unfinished_mark() -> None:
    """Estonian "null" is zero."""
    known = rules("et")
    assert known is not None
    (document,) = read_letters("letter.txt", NULL.encode())
    assert "unfinished" not in {each.rule for each in criticise(document, known)}
    (document,) = read_letters("letter.txt", NULL.replace("null", "NULL").encode())
    assert "unfinished" in {each.rule for each in criticise(document, known)}


@pytest.mark.parametrize("mark", ["[ask the\nlawyers]", "(?)", "???", "%ΠΟΣΟ%", "%СУММА%", "xx"])
def test_marks_that_nobody_has_filled_in(mark: str) -> None:
    known = rules("en")
    assert known is not None
    (document,) = read_letters("letter.txt", f"We sent it on {mark} November to you.".encode())
    assert [each.passage for each in criticise(document, known) if each.rule == "unfinished"] == [mark]


def test_kisses_at_the_end_of_a_line_are_no_unfinished_mark() -> None:
    known = rules("en")
    assert known is not None
    (document,) = read_letters("letter.txt", b"See you soon xx\nMoonpark")
    assert "unfinished" not in {each.rule for each in criticise(document, known)}


def test_a_tag_before_a_subject_is_no_unfinished_mark() -> None:
    """Status pages write "[Solved]" there. A bracket elsewhere waits for its words."""
    letter = "Subject: [Solved] No e-mail {}\n\nDear Ms Brown,\n\nWe are sorry.\n\nAnna Brown\n"
    known = rules("en")
    assert known is not None
    for end, expected in [("on Monday", []), ("on [day]", ["[day]"])]:
        (document,) = read_letters("letter.txt", letter.format(end).encode())
        found = [each.passage for each in criticise(document, known) if each.rule == "unfinished"]
        assert found == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("et", "Me vaatasime KÕIK tellimused üle.", ["KÕIK"]),
        ("pl", "Pieniądze wrócą BARDZO SZYBKO.", ["BARDZO SZYBKO"]),
        ("en", "The WHO has published it.", []),
        ("de", "Die Zeitung DIE ZEIT hat es berichtet.", []),
        ("en", "Our API and the ACME SHOP were down.", []),
    ],
)
def test_common_words_in_capitals_shout(language: str, text: str, expected: list[str]) -> None:
    known = rules(language)
    assert known is not None
    (document,) = read_letters("letter.txt", text.encode())
    assert [each.passage for each in criticise(document, known) if each.rule == "shouting"] == expected
