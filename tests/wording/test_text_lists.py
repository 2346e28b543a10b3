"""Which lines of a text are items of a list, and which go on with a paragraph."""

from __future__ import annotations

import pytest

from mass_apology.wording.letter_text import Role
from mass_apology.wording.reading.text import read_text

PROSE, ITEM = Role.PROSE, Role.ITEM


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("Mēs kavējāmies no\n16. līdz 20. novembrim.", [PROSE]),
        ("You can:\n1. wait\n2. call us", [PROSE, ITEM, ITEM]),
        ("You can:\n\n3. wait\n4. call us", [PROSE, ITEM, ITEM]),
        ("You can:\n- wait\n- call us", [PROSE, ITEM, ITEM]),
        ("It broke.\n\n16. It was repaired.", [PROSE, ITEM]),
        ("9. novembrī lietotne nedarbojās.\n\nAtvainojamies.", [PROSE, PROSE]),
        ("9. wait\n10. call us", [ITEM, ITEM]),
    ],
)
def test_a_number_goes_on_with_a_paragraph_unless_it_is_the_first(text: str, roles: list[Role]) -> None:
    document = read_text(text, is_markdown=False, is_template=False)
    assert [each.role for each in document.blocks] == roles
