"""The informal letters of the library: as clean as the formal ones, and fit for their situation."""

from __future__ import annotations

import re
from functools import cache

import pytest
from msgspec.structs import replace
from test_library import APOLOGY, BLAME, SPOILT, TEMPLATES, body, campaign, delivery, first_paragraph, oddities, words

from mass_apology.letter.inspecting.leftovers import leftovers
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.scenario import load_scenario
from mass_apology.model import Content
from mass_apology.wording.critic import criticise
from mass_apology.wording.reading.text import read_text
from mass_apology.wording.wording_rules import rules

pytestmark = pytest.mark.slow

LETTERS = sorted((path.parent.name, path.name.partition(".")[0]) for path in TEMPLATES.glob("*/*.informal.*"))
each_letter = pytest.mark.parametrize(("name", "language"), LETTERS)
with_facts = pytest.mark.parametrize("optional", [True, False], ids=["all", "required"])


@cache
def writer(name: str, *, optional: bool) -> Writer:
    header = ("email", "name", "gender", *load_scenario(name, [TEMPLATES]).columns)
    informal = replace(campaign(name, optional=optional), register="informal")
    return Writer(informal, folder=TEMPLATES, directories=[TEMPLATES], header=header)


def letter(name: str, language: str, *, optional: bool, rows: int = 1) -> Content:
    return writer(name, optional=optional).content(delivery(name, language, optional=optional, rows=rows))


def test_there_is_one() -> None:
    assert ("website-overload", "en") in LETTERS


@each_letter
def test_an_informal_letter_stands_beside_a_formal_one_and_is_fit(name: str, language: str) -> None:
    assert (TEMPLATES / name / f"{language}.md").is_file()
    assert load_scenario(name, [TEMPLATES]).informal
    assert [each.code for each in writer(name, optional=True).language_findings([language])] == []


@each_letter
@with_facts
def test_it_is_finished_and_has_its_length(name: str, language: str, optional: bool) -> None:
    for rows in (1, 3):
        content = letter(name, language, optional=optional, rows=rows)
        whole = f"{content.subject}\n{content.text}"
        assert leftovers(content.subject, content.text) == []
        assert oddities(whole) == []
        assert len(content.subject) <= 78
        assert 60 <= words(body(content.text)) <= 280


@each_letter
@with_facts
def test_it_apologises_once_and_at_once(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    whole = " ".join(f"{content.subject}. {content.text}".split())
    assert len(re.findall(APOLOGY[language], whole, re.IGNORECASE)) == 1
    assert re.search(APOLOGY[language], first_paragraph(content.text), re.IGNORECASE)
    for spoilt in (SPOILT, BLAME):
        assert [match[0] for match in re.finditer(spoilt[language], whole, re.IGNORECASE)] == []


@each_letter
def test_it_is_another_letter_than_the_formal_one(name: str, language: str) -> None:
    formal = Writer(
        campaign(name, optional=True),
        folder=TEMPLATES,
        directories=[TEMPLATES],
        header=("email", "name", "gender", *load_scenario(name, [TEMPLATES]).columns),
    ).content(delivery(name, language, optional=True))
    informal = letter(name, language, optional=True)
    assert informal.text.partition("\n")[0] != formal.text.partition("\n")[0]
    assert "Anna Kowalska" in body(informal.text)


@each_letter
@with_facts
def test_the_critic_finds_nothing(name: str, language: str, optional: bool) -> None:
    content = letter(name, language, optional=optional)
    document = read_text(f"Subject: {content.subject}\n\n{content.text}", is_markdown=False, is_template=False)
    known = rules(language)
    assert known is not None
    assert [(each.rule, each.passage) for each in criticise(document, known, name)] == []
