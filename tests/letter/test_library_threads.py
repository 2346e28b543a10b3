"""Letters that follow another one: the follow-up fits whatever went before, and a correction says that it is one."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pytest
from msgspec.structs import replace
from test_library import LANGUAGES, NAMES, TEMPLATES, body, campaign, delivery, facts, oddities, scenario

from mass_apology.letter.inspecting.leftovers import leftovers
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.markup.source import REPLY, letter_path, read_letter
from mass_apology.letter.scenario import facts_findings
from mass_apology.letter.template_files import available_languages
from mass_apology.model import Content, Severity
from mass_apology.settings import SubjectLine

pytestmark = pytest.mark.slow

FOLLOW_UP = "follow-up"
NAMED = ("service", "product")
DATED = ("started_at", "happened_on")
EARLIER = tuple(name for name in NAMES if scenario(name).follow_up == FOLLOW_UP)
CORRECTIONS = {
    "el": "Διόρθωση",
    "en": "Correction",
    "et": "Parandus",
    "lv": "Labojums",
    "pl": "Sprostowanie",
    "ru": "Исправление",
}


def follow_ups(incident: dict[str, Any]) -> dict[str, Content]:
    """The follow-up about this incident in each language; it is finished, and no half sentence is in it."""
    told = replace(campaign(FOLLOW_UP, optional=False), incident=incident)
    writer = Writer(told, folder=TEMPLATES, directories=[TEMPLATES], header=("email",))
    written = {each: writer.content(delivery(FOLLOW_UP, each, optional=False)) for each in LANGUAGES}
    for content in written.values():
        whole = f"{content.subject}\n{content.text}"
        assert (leftovers(content.subject, content.text), oddities(whole)) == ([], [])
        assert re.findall(r"\(\s*\)|„”|^[:,]", whole) == []
    return written


def about(content: Content) -> str:
    """The paragraph that says what the letter is about."""
    return " ".join(body(content.text).split("\n\n")[1].split())


@pytest.mark.parametrize("given", list(itertools.product([True, False], repeat=4)))
def test_a_follow_up_names_what_is_given(given: tuple[bool, ...]) -> None:
    chosen = {name for name, is_given in zip((*NAMED, *DATED), given, strict=True) if is_given}
    every = facts(FOLLOW_UP, LANGUAGES, optional=True)
    absent = {*NAMED, *DATED} - chosen
    for content in follow_ups({name: value for name, value in every.items() if name not in absent}).values():
        named = [(every[name] in content.subject, every[name] in about(content)) for name in NAMED]
        assert named == [(name in chosen, name in chosen) for name in NAMED]
        assert ("2026" in about(content)) == bool(chosen.intersection(DATED))
        assert content.subject.lstrip("¿")[0].isupper()


@pytest.mark.parametrize("name", EARLIER)
def test_a_follow_up_fits_what_went_before(name: str) -> None:
    """A campaign has to add no more than what has been done since."""
    earlier, own = (facts(each, LANGUAGES, optional=False) for each in (name, FOLLOW_UP))
    incident = own | earlier | {language: own[language] | earlier[language] for language in LANGUAGES}
    found = facts_findings(scenario(FOLLOW_UP), incident, LANGUAGES)
    assert [each for each in found if each.severity is Severity.ERROR] == []
    for language, content in follow_ups(incident).items():
        assert all(earlier[fact] in about(content) for fact in NAMED if fact in earlier)
        assert own[language]["done"] in " ".join(content.text.split())


def test_there_are_letters_to_follow() -> None:
    assert {"service-outage", "wrong-charge", "product-recall"} <= set(EARLIER)
    assert not {FOLLOW_UP, "correction", "data-breach", "not-our-fault", "status-update"} & set(EARLIER)


def test_a_correction_says_so_before_the_subject_of_the_letter_before() -> None:
    told = campaign("correction", optional=False)
    writer = Writer(told, folder=TEMPLATES, directories=[TEMPLATES], header=("email",), subject_line=SubjectLine.PREFIX)
    for language, word in CORRECTIONS.items():
        whom = delivery("correction", language, optional=False)
        after = replace(whom, thread="<0@acme.example>", thread_subject="Acme API: what happened")
        assert writer.content(after).subject == f"{word}: Acme API: what happened"


@pytest.mark.parametrize("name", [each for each in NAMES if each != "correction"])
def test_every_other_letter_is_a_reply(name: str) -> None:
    for language in available_languages(name, [TEMPLATES]):
        assert read_letter(letter_path(name, language, [TEMPLATES])).prefix == REPLY
