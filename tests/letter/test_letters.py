"""The shipped letters: what an apology must hold and must not, in every language, with all facts and with few."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import pytest
from letter_files import shipped

from mass_apology.letter.scenario import FactType, facts_findings, load_scenario
from mass_apology.letter.template_files import Template, available_languages, shipped_templates
from mass_apology.letter.values import Fields
from mass_apology.model import Content

LANGUAGES = ("en", "pl", "ru")  # those whose wording is looked at here; test_library looks at all
SCENARIOS = {name: load_scenario(name, [shipped_templates()]) for name in ("service-outage", "follow-up")}
LETTERS = {
    (name, language, optional): shipped(name, scenario, language, optional=optional)
    for name, scenario in SCENARIOS.items()
    for language in LANGUAGES
    for optional in (True, False)
}
SORRY = {"en": r"\bsorry\b|\bapolog", "pl": r"przeprasza|przepros", "ru": r"извинени"}
FORBIDDEN = {
    "en": r"\bif\b|\bbut\b|inconvenien|glitch|\bissues?\b|\bminor\b|\bbrief|\bsmall\b|only a few"
    r"|mistakes were|never again|never happen again|\bunfortunate|\bregret\b|\bmay have\b|any .* caused"
    r"|provider|supplier|forgive",
    "pl": r"jeśli|jeżeli|\bale\b|niedogodno|ewentualn|drobn|niewielk|popełniono|nigdy więcej|niestety"
    r"|dostawc[ay] zewn|wybacz|usterk",
    "ru": r"\bесли\b|\bно\b|неудобств|возможные|технически. причин|были допущены|никогда больше|к сожалению"
    r"|небольш|простите|незначительн",
}
PERSON = {"en": r"\bwe\b", "pl": r"\w+liśmy\b|\bmy\b", "ru": r"\bмы\b"}


def written(made: Template, *, full: bool = True, rows: int = 1) -> Content:
    row = Fields({"minutes_down": 192} if full else {})
    name = "Ольга-Мария O'Neil & Sons" if full else ""
    zone = "Europe/Warsaw" if full else ""
    return made.render(customer=row, rows=[row] * rows, name=name, gender="f" if full else "", time_zone=zone)


@pytest.fixture(params=sorted(LETTERS), ids=lambda key: f"{key[0]}-{key[1]}-{'all' if key[2] else 'required'}")
def each(request: pytest.FixtureRequest) -> tuple[str, str, bool]:
    key: tuple[str, str, bool] = request.param
    return key


def test_every_scenario_has_every_language() -> None:
    for name in SCENARIOS:
        assert set(available_languages(name, [shipped_templates()])) >= set(LANGUAGES)


def test_a_letter_is_clean(each: tuple[str, str, bool]) -> None:
    content = written(LETTERS[each], full=each[2])
    for part in (content.subject, content.text):
        assert "  " not in part
        assert not re.search(r"\bNone\b|\bnan\b|undefined|\{\{|\}\}|\{%|%\}|jx\d|\*\*|\]\(|\\|<|XXX", part)
        assert not re.search(r"[ \t]\n|\n\n\n|\.\.|,,| [,.;:!?]", part)
    assert content.text.endswith("\n")
    assert not content.text.startswith("\n")
    assert not re.search(r"\{\{|\{%|jx\d|<p[^>]*>\s*</p>|None|undefined", content.html)


def test_a_letter_says_as_much_as_it_should(each: tuple[str, str, bool]) -> None:
    text = written(LETTERS[each], full=each[2]).text
    body = text.split("\n--\n")[0]
    assert 90 <= len(re.findall(r"[\w'’@.+-]*\w", body)) <= 260  # with every optional sentence


def test_lines_are_wrapped(each: tuple[str, str, bool]) -> None:
    text = written(LETTERS[each], full=each[2]).text
    assert max(map(len, text.splitlines())) <= 80


def test_a_letter_says_nothing_that_spoils_an_apology(each: tuple[str, str, bool]) -> None:
    _, language, _ = each
    content = written(LETTERS[each], full=each[2])
    assert not re.search(FORBIDDEN[language], f"{content.subject}\n{content.text}", re.I)


def test_responsibility_is_taken_in_the_first_paragraph(each: tuple[str, str, bool]) -> None:
    _, language, _ = each
    text = written(LETTERS[each], full=each[2]).text
    assert re.search(PERSON[language], text.split("\n\n")[1], re.I)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("optional", [True, False])
def test_the_apology_is_made_once_and_first(language: str, optional: bool) -> None:
    content = written(LETTERS["service-outage", language, optional], full=optional)
    assert len(re.findall(SORRY[language], content.subject + content.text, re.I)) == 1
    assert re.search(SORRY[language], content.text.split("\n\n")[1], re.I)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", SCENARIOS)
def test_every_fact_is_told(name: str, language: str) -> None:
    content = written(LETTERS[name, language, True])
    told = re.sub(r"\s+", " ", content.text)
    for fact in SCENARIOS[name].facts.values():
        if fact.type not in {FactType.DATETIME, FactType.DATE, FactType.NUMBER, FactType.CHOICE}:
            value = fact.example_in(language)
            assert value in told
            assert value in unescape(re.sub(r"\s+", " ", content.html))
    assert "Anna Kowalska" in told


@pytest.mark.parametrize(
    ("language", "times", "down", "longest"),
    [
        ("en", "From 10:12 to 13:24 CET,", "without service for 3 hours and 12 minutes.", "up to 3 hours"),
        (
            "pl",
            "Od godz. 10:12 do godz. 13:24 usługa",
            "Przerwa na Państwa koncie trwała 3 godziny i 12 minut.",
            "Najdłuższa przerwa",
        ),
        ("ru", "С 10:12 до 13:24 CET сервис", "учётной записи длился 3 часа и 12 минут.", "Самый долгий перерыв"),
    ],
)
def test_times_and_harm_are_the_recipients_own(language: str, times: str, down: str, longest: str) -> None:
    made = LETTERS["service-outage", language, True]
    text = re.sub(r"\s+", " ", written(made).text)
    assert times in text
    assert down in text
    assert longest in re.sub(r"\s+", " ", written(made, rows=2).text)
    assert "0 minut" not in re.sub(r"\s+", " ", written(made, full=False).text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_outage_over_midnight_names_both_days(language: str) -> None:
    made = LETTERS["service-outage", language, True]
    row = Fields({})
    text = made.render(customer=row, rows=[row], name="", gender="", time_zone="Pacific/Auckland").text
    assert len(re.findall(r"\b2[01]\b", text)) >= 3


class _Wellformed(HTMLParser):
    """Every element is closed, in order."""

    void = frozenset({"meta", "br", "hr", "img"})

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in {"href", "src", "background"}]
        if tag not in self.void:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_is_accessible_and_calls_nobody(each: tuple[str, str, bool]) -> None:
    content = written(LETTERS[each], full=each[2])
    parser = _Wellformed()
    parser.feed(content.html)
    assert parser.open == []
    assert all(
        address.startswith(("https://status.acme.example", "https://acme.example", "tel:+48", "mailto:"))
        for address in parser.addresses
    )
    assert not re.search(r"url\(|@import|<link|<script|<img", content.html)
    assert f'<html lang="{each[1]}" dir="ltr"' in content.html
    assert content.html.count("<table") == content.html.count('role="presentation"')
    assert "@media (prefers-color-scheme: dark)" in content.html
    assert "@media (max-width: 480px)" in content.html
    assert f"<title>{content.subject}</title>" in content.html.replace("\u00a0", " ")
    assert len(content.html.encode()) <= 6 * 1024


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_examples_are_facts_that_can_be_used(name: str) -> None:
    scenario = SCENARIOS[name]
    plain = {fact: each.example for fact, each in scenario.facts.items() if not each.is_translated}
    tables = {
        language: {fact: each.example[language] for fact, each in scenario.facts.items() if each.is_translated}
        for language in LANGUAGES
    }
    assert facts_findings(scenario, plain | tables, LANGUAGES) == []
    assert set(scenario.title) == set(scenario.purpose) >= set(LANGUAGES)


def test_the_follow_up_of_a_scenario_exists() -> None:
    for scenario in SCENARIOS.values():
        assert scenario.follow_up in {"", *SCENARIOS}
