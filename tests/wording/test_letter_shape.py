"""Which blocks of a letter are its signature."""

from __future__ import annotations

import pytest

from mass_apology.wording.letter_shape import shaped
from mass_apology.wording.letter_text import Role
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import RuleFile, Rules

RULES = Rules("xx", RuleFile(language="Test", closings=("regards",), nobody=("team",)), {})
LETTER = "We lost your parcel, and we are sorry.\n\n"


def signature(text: str) -> list[str]:
    (document,) = read_letters("letter.txt", text.encode())
    return [each.text for each in shaped(document, RULES).blocks if each.role is Role.SIGNATURE]


@pytest.mark.parametrize(
    ("end", "expected"),
    [
        ("Regards,\nAnna Rose", ["Regards,\nAnna Rose"]),
        (
            "Anna Rose\nHead of parcels and of everything else, North",
            ["Anna Rose\nHead of parcels and of everything else, North"],
        ),
        ("Anna Rose", ["Anna Rose"]),
        ("Parcel Team", []),
        ("Anna Rose\nwill call you tomorrow.", []),
    ],
)
def test_a_signature_begins_at_the_closing_or_at_a_name(end: str, expected: list[str]) -> None:
    assert signature(LETTER + end) == expected


def test_a_greeting_may_follow_the_names() -> None:
    rules = Rules("xx", RuleFile(language="Test", greetings=("good morning",)), {})
    (document,) = read_letters("letter.txt", b"Anna and Jan, good morning!\n\nWe lost your parcel, and we are sorry.")
    assert [each.role for each in shaped(document, rules).blocks] == [Role.SALUTATION, Role.PROSE]
