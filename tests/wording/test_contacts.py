"""Who signs a letter: a person's name, and no firm's."""

from __future__ import annotations

import pytest

from mass_apology.wording.contacts import is_name
from mass_apology.wording.letter_shape import shaped
from mass_apology.wording.letter_text import Role
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import RuleFile, Rules

LISTED = Rules("xx", RuleFile(language="Test", nobody=("team",), given_names="Anna Jan Kuba"), {})
UNLISTED = Rules("xx", RuleFile(language="Test", nobody=("team",)), {})


@pytest.mark.parametrize(
    "line",
    [
        "Anna Nowak",
        "dr Anna Nowak",
        "Anna Nowak, director",
        "J. Nowak",
        "Anna and Jan Nowak",
        "Kuba from Acme",
        "Kuba",
        "Anna-Maria Sobol",
        "(Anna Nowak, Nowak's Cakes)",
    ],
)
def test_a_given_name_tells_a_person(line: str) -> None:
    assert is_name(line, LISTED)


@pytest.mark.parametrize(
    "line",
    [
        "Director of “Green Basket” J. R. Nowak",
        "Kind regards, head of sales Anna Nowak, anna@acme.example",
        "Nowak Anna",
        "Директор «Роща» Чернов Л. С.",
    ],
)
def test_a_name_may_stand_behind_a_position(line: str) -> None:
    assert is_name(line, LISTED)


RUSSIAN = Rules(
    "ru",
    RuleFile(
        language="Russian",
        nobody=("магазин",),
        given_names="Анна",
        surname_endings=("ов", "ова", "ин"),
        common_words="наш",
    ),
    {},
)


@pytest.mark.parametrize("line", ["Зиновий Клочков,", "Ивонна Львовна Кротова", "директор, Зиновий Клочков"])
def test_a_surname_tells_a_person_whose_given_name_is_rare(line: str) -> None:
    assert is_name(line, RUSSIAN)


@pytest.mark.parametrize(
    "line",
    ["Зелёный Сад", "Новый Магазин", "Наш Апельсин", "ЦЕНТР ОТЗЫВОВ", "Клочков", "Сад клочков", "Дружина «Кузнецов»"],
)
def test_an_ending_alone_tells_nobody(line: str) -> None:
    assert not is_name(line, RUSSIAN)


@pytest.mark.parametrize("line", ["Please ask for a seat, Anna Nowak will know.", "The meeting is in Hall B. at noon."])
def test_a_sentence_is_no_signature(line: str) -> None:
    assert not is_name(line, LISTED)


@pytest.mark.parametrize("line", ["Green Basket", "Swift Loans S.A.", "Anna Team", "Acme", "Heat Works S.A."])
def test_a_firm_has_none(line: str) -> None:
    assert not is_name(line, LISTED)


def test_a_greek_article_is_no_initial() -> None:
    greek = Rules("el", RuleFile(language="Greek", given_names="Πέτρος", common_words="ο η"), {})
    assert not is_name("Ο Δήμαρχος", greek)
    assert is_name("Ο Δήμαρχος Πέτρος Αλεξίου", greek)
    assert is_name("Π Αλεξίου", greek)


def test_who_writes_for_a_team_is_a_person() -> None:
    rules = Rules(
        "xx", RuleFile(language="Test", nobody=("team",), given_names="Anna Jan Kuba", common_words="from the"), {}
    )
    assert is_name("Kuba from the Acme team", rules)
    assert not is_name("The Kuba team", rules)


def test_where_no_names_are_listed_two_capitals_do() -> None:
    assert is_name("Mykola Bondar", UNLISTED)
    assert not is_name("Support Team", UNLISTED)


def test_a_given_name_of_another_language_tells_one_too() -> None:
    assert is_name("Ελένη Smith", LISTED)


def test_a_signature_without_a_closing_begins_with_the_name() -> None:
    (letter,) = read_letters("letter.txt", b"We are sorry.\n\nAnna Nowak\nhead of the office")
    assert [each.role for each in shaped(letter, LISTED).blocks] == [Role.PROSE, Role.SIGNATURE]
