"""A text's first line may be its subject, in the word of any language that has rules."""

import pytest

from mass_apology.wording.letter_text import Role
from mass_apology.wording.reading.text import read_text

TITLE = "18 November: what happened"


def roles(text: str) -> dict[str, Role]:
    document = read_text(text, is_markdown=False, is_template=False)
    return {each.text: each.role for each in document.blocks}


@pytest.mark.parametrize(
    "word", ["Subject", "Betreff", "Asunto", "Objet ", "Teema", "Tēma", "Temats", "Temat", "Θέμα", "ΘΕΜΑ", "Тема"]
)
def test_a_line_with_the_word_for_subject_is_the_subject(word: str) -> None:
    assert roles(f"{word}: {TITLE}\n\nWe are sorry.\n") == {TITLE: Role.SUBJECT, "We are sorry.": Role.PROSE}


@pytest.mark.parametrize("line", ["Θέματα: δύο", "Прошу: тема", "Temat bez dwukropka", "Αγαπητοί: καλημέρα"])
def test_another_line_is_none(line: str) -> None:
    assert roles(f"{line}\n\nWe are sorry.\n")[line] is Role.PROSE
