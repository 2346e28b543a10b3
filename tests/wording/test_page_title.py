"""A page's title is read as the letter's subject; that of a mail's part is not, for the mail has a subject."""

from __future__ import annotations

from mass_apology.wording.critic import criticise
from mass_apology.wording.letter_text import Role
from mass_apology.wording.reading.files import read_letters
from mass_apology.wording.wording_rules import rules

TITLE = "About the interest on your consumer credit agreement and its wrong calculation in October 2026"
PAGE = f"<html><head><title>{TITLE}</title></head><body><p>We are sorry that we charged you twice.</p></body></html>"
MAIL = f"Subject: Your interest\nContent-Type: text/html\n\n{PAGE}"


def subjects(name: str, letter: str) -> list[str]:
    (document,) = read_letters(name, letter.encode())
    return [each.text for each in document.blocks if each.role is Role.SUBJECT]


def test_a_title_is_the_subject_of_a_page() -> None:
    assert subjects("letter.html", PAGE) == [TITLE]
    assert subjects("letter.eml", MAIL) == ["Your interest"]
    assert subjects("letter.html", PAGE.replace(TITLE, " ")) == []


def test_a_long_title_is_found_where_it_stands() -> None:
    known = rules("en")
    assert known is not None
    (document,) = read_letters("letter.html", PAGE.encode())
    found = [each for each in criticise(document, known) if each.rule == "long-subject"]
    assert [(each.passage, PAGE.index(TITLE)) for each in found] == [(TITLE, found[0].start)]


def test_the_entities_of_a_title_are_read_as_their_characters() -> None:
    page = PAGE.replace(TITLE, "&#932;&#943; &amp; &pi;&#974;&sigmaf;")
    (letter,) = read_letters("letter.html", page.encode())
    assert letter.blocks[0].text == "Τί & πώς"
