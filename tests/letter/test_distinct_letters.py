"""The distinct letters of a campaign: what makes them distinct, and that the words of each are told once."""

from __future__ import annotations

from itertools import permutations

import pytest
from small_campaign import delivery

from mass_apology.letter.inspecting.distinct_letters import LINES, MOST, DistinctLetters, joined
from mass_apology.model import Content


def letter(text: str) -> Content:
    return Content(subject="What happened", text=text, html="")


def test_names_and_numbers_make_no_letter_distinct() -> None:
    gathering = DistinctLetters()
    for number in range(1, 21):
        gathering.add(delivery(number), letter(f"Dear Jan,\n\nYour order A-{number} came {number} days late."), "en")
    (found,) = gathering.found().values()
    assert found.letters == 20
    assert found.text.endswith("came 1 days late.")
    assert found.lines == tuple(range(2, 2 + LINES))


def test_a_first_paragraph_that_greets_nobody_makes_a_letter_distinct() -> None:
    gathering = DistinctLetters()
    for number, first in enumerate(("Dear Jan,", "Dear Ann,", "It is over.", "It goes on."), start=1):
        gathering.add(delivery(number), letter(f"{first}\n\nYou could not pay."), "en")
    assert [(each.text.partition("\n")[0], each.letters) for each in gathering.found().values()] == [
        ("Dear Jan,", 2),
        ("It is over.", 1),
        ("It goes on.", 1),
    ]


def test_a_text_of_its_own_in_a_cell_makes_a_letter_distinct() -> None:
    gathering = DistinctLetters()
    for number, harm in enumerate(("You could not pay.", "You could not log in."), start=1):
        gathering.add(delivery(number, rows=[{"harm": harm}]), letter(f"Dear Jan,\n\n{harm}"), "en")
    assert [each.cells for each in gathering.found().values()] == [
        {"harm": "You could not pay."},
        {"harm": "You could not log in."},
    ]


def test_the_words_are_told_once() -> None:
    gathering = DistinctLetters()
    gathering.add(delivery(1), letter("Sorry."), "en")
    first = gathering.found()
    gathering.add(delivery(2), letter("Sorry."), "en")
    second = gathering.found()
    assert list(first) == list(second)
    assert [each.text for each in (*first.values(), *second.values())] == ["Sorry.", ""]
    assert gathering.found() == {}


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_joined_they_have_their_words_in_any_order(order: tuple[int, ...]) -> None:
    one, other = DistinctLetters(), DistinctLetters()
    told = []
    for gathering, numbers in ((one, (1, 2)), (one, (3,)), (other, (4, 5, 6))):
        for number in numbers:
            gathering.add(delivery(number), letter("Sorry."), "en")
        told.append(gathering.found())
    (found,) = joined(told[each] for each in order).values()
    assert (found.text, found.language, found.letters) == ("Sorry.", "en", 6)
    assert sorted(found.lines) == [2, 3, 4, 5, 6, 7]


def test_no_more_are_kept_than_are_read() -> None:
    gathering = DistinctLetters()
    words = ["one", "two", "six", "ten"]
    texts = [f"{a} {b} {c} {d} {e}" for a in words for b in words for c in words for d in words for e in words]
    assert len(texts) > MOST
    for number, text in enumerate(texts, start=1):
        gathering.add(delivery(number), letter(f"Dear Jan,\n\n{text}"), "en")
    assert len(gathering.found()) == MOST
