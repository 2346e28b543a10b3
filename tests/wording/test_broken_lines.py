"""Plain text whose lines are broken: a number at a line's beginning goes on with the sentence, or begins an item."""

from __future__ import annotations

import pytest

from mass_apology.wording.letter_text import Role
from mass_apology.wording.reading.files import read_letters


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Sie erhalten sie bis zum\n27. November von uns.", [Role.PROSE]),
        ("Wir schicken sie am\r\n1. Dezember.", [Role.PROSE]),
        ("Do this:\n1. Open it.\n2. Close it.", [Role.PROSE, Role.ITEM, Role.ITEM]),
        ("We mended it.\n1. It works.", [Role.PROSE, Role.ITEM]),
        ("1. Open the lid of the\n2. box.", [Role.ITEM, Role.ITEM]),
        ("Do this\n\n1. Open it.", [Role.PROSE, Role.ITEM]),
        ("Take with you\n- a key", [Role.PROSE, Role.ITEM]),
    ],
)
def test_a_number_after_an_unfinished_line_is_no_item(text: str, roles: list[Role]) -> None:
    (document,) = read_letters("letter.txt", text.encode())
    assert [block.role for block in document.blocks] == roles
