"""Legal packs: every shipped letter keeps its own, and a letter that breaks one rule is found by that rule."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_library import LANGUAGES, NAMES, TEMPLATES, campaign, delivery, scenario, writer

from mass_apology.errors import TemplateError
from mass_apology.letter.inspecting.inspection import Inspection, together
from mass_apology.letter.legal.judge import FORBIDDEN, MISSING, Breach, Judge, each_once
from mass_apology.letter.legal.legal_phrases import Phrases
from mass_apology.letter.legal.pack import ANY, Ban, Demand, Pack, load_pack
from mass_apology.model import Content, Severity

PACKS = {path.stem: load_pack(path.stem, [TEMPLATES]) for path in sorted((TEMPLATES / "legal").glob("*.toml"))}
WITH_PACK = [name for name in NAMES if scenario(name).legal_pack]


def content(text: str, headings: str = "") -> Content:
    page = (
        f"<html><head><title>x</title><style>p {{ color: red }}</style></head><h2>{headings}</h2><p>{text}</p></html>"
    )
    return Content(subject="Hello", text=f"{headings}\n\n{text}\n", html=page)


def judged(pack: Pack, letter: Content, language: str = "en", facts: Mapping[str, Any] | None = None) -> list[Breach]:
    known = frozenset(facts or {})
    return list(Judge("trial", pack, known).breaches(letter, language, facts or {}, line=2))


def test_the_packs_that_the_scenarios_name_are_there() -> None:
    assert set(PACKS) == {"cpsc-recall", "dora-19", "eu261", "gdpr-34", "gpsr-36", "sla-credit"}
    assert {scenario(name).legal_pack for name in NAMES} - {""} <= set(PACKS)
    assert WITH_PACK == ["data-breach", "product-recall"]


@pytest.mark.parametrize("optional", [True, False], ids=["all", "required"])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", WITH_PACK)
@pytest.mark.parametrize("rows", [1, 3])
def test_a_shipped_letter_keeps_its_pack(name: str, language: str, optional: bool, rows: int) -> None:
    whose = writer(name, optional=optional)
    inspected = whose.check([delivery(name, language, optional=optional, rows=rows)])
    found = whose.legal_findings(inspected.breaches, [language])
    # The second remedy is the only thing that a pack asks for and the law lets go.
    excused = [each for each in found if "Art. 37(2)" in each.advice]
    assert [each for each in found if each not in excused] == []
    assert len(excused) == (name == "product-recall" and not optional)


DEMANDS = [
    pytest.param(name, language, number, id=f"{name}-{language}-{number}")
    for name in WITH_PACK
    for number in range(len(PACKS[scenario(name).legal_pack].must))
    for language in LANGUAGES
]


@pytest.mark.parametrize(("name", "language", "number"), DEMANDS)
def test_a_shipped_letter_without_what_a_rule_demands_is_found(name: str, language: str, number: int) -> None:
    """The letter is doctored: what the rule looks for is cut out of it, and nothing else."""
    pack = PACKS[scenario(name).legal_pack]
    demand = pack.must[number]
    whose = writer(name, optional=True)
    letter = whose.content(delivery(name, language, optional=True))
    incident = campaign(name, optional=True).incident
    facts = {**incident, **incident[language]}
    known = scenario(name).facts
    cut = [str(facts[fact]) for fact in demand.facts if fact in known]
    if not cut:
        phrases = Phrases((None, word) for word in demand.words[language])
        cut = [words for _, words in phrases.found(letter.html)] + [words for _, words in phrases.found(letter.subject)]
    doctored = _without(letter, cut)
    breaches = list(Judge("trial", pack, known).breaches(doctored, language, facts, line=2))
    assert number in {each.rule for each in breaches if each.code == MISSING}
    kept = list(Judge("trial", pack, known).breaches(letter, language, facts, line=2))
    assert kept == []


def _without(letter: Content, cut: list[str]) -> Content:
    plain = (each.replace("&nbsp;", " ") for each in (letter.subject, letter.text, letter.html))
    subject, text, html = (" ".join(each.split()) for each in plain)
    for words in cut:
        subject, text, html = subject.replace(words, "–"), text.replace(words, "–"), html.replace(words, "–")
    return Content(subject=subject, text=text, html=html)


BANS = [
    pytest.param(name, number, language, id=f"{name}-{number}-{language}")
    for name, pack in PACKS.items()
    for number, ban in enumerate(pack.must_not)
    for language in ban.words
]


@pytest.mark.parametrize(("name", "number", "language"), BANS)
def test_every_forbidden_phrase_is_found(name: str, number: int, language: str) -> None:
    for phrase in PACKS[name].must_not[number].words[language]:
        found = judged(PACKS[name], content(f"Well, {phrase.upper()}, so to speak."), language)
        assert number in {each.rule for each in found if each.code == FORBIDDEN}, phrase


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_speaks_the_languages_of_the_library(name: str) -> None:
    languages = {"en"} if name == "cpsc-recall" else {*LANGUAGES, "de"}
    for rule in (*PACKS[name].must, *PACKS[name].must_not):
        by_facts_alone = isinstance(rule, Demand) and rule.facts and not rule.words
        assert by_facts_alone or ANY in rule.words or languages <= set(rule.words)


FORBIDDEN_SENTENCES = [
    ("en", "We ask you to return it in a voluntary recall."),
    ("en", "As a precautionary measure, we collect it."),
    ("en", "In rare situations the handle comes off."),
    ("en", "There have been no reported accidents."),
    ("pl", "Jest to dobrowolne wycofanie produktu."),
    ("pl", "W rzadkich przypadkach uchwyt może się oderwać."),
    ("ru", "Это добровольный отзыв, и никто не пострадал."),
    ("ru", "В редких случаях ручка отламывается."),
    ("et", "Tegemist on vabatahtliku tagasikutsumisega."),
    ("lv", "Tā ir brīvprātīga atsaukšana piesardzības nolūkā."),
    ("el", "Πρόκειται για εθελοντική ανάκληση."),
    ("el", "Σε σπάνιες περιπτώσεις η λαβή αποσπάται."),
    ("de", "Der Rückruf erfolgt freiwillig und rein vorsorglich."),
]
ALLOWED_SENTENCES = [
    ("en", "Our volunteers collect it. The injury is severe."),
    ("pl", "Uchwyt może się oderwać."),
    ("ru", "Ручка может отломиться в любой момент."),
    ("de", "Bitte benutzen Sie ihn nicht mehr."),
]


@pytest.mark.parametrize(("language", "sentence"), FORBIDDEN_SENTENCES)
def test_inflected_words_are_found(language: str, sentence: str) -> None:
    assert [each for each in judged(PACKS["gpsr-36"], content(sentence), language) if each.code == FORBIDDEN]


@pytest.mark.parametrize(("language", "sentence"), ALLOWED_SENTENCES)
def test_other_words_are_let_go(language: str, sentence: str) -> None:
    assert not [each for each in judged(PACKS["gpsr-36"], content(sentence), language) if each.code == FORBIDDEN]


PACK = Pack(
    title="Trial",
    must=(
        Demand(what="a contact", source="Art. 1", facts=("contact",), words={"en": ("call us",)}),
        Demand(what="two remedies", source="Art. 2", facts=("a", "b"), least=2, words={"en": ("remedy",)}),
        Demand(what="the heading", source="Art. 3", words={"en": ("product recall",)}, heading=True),
    ),
    must_not=(Ban(why="It must not be so.", source="Art. 4", words={"en": ("rare case",)}),),
)


@pytest.mark.parametrize(
    ("text", "facts", "missing"),
    [
        ("Call us: a remedy.", {}, set()),
        ("Nothing.", {}, {0, 1}),
        ("Call +1 2.", {"contact": "+1 2", "a": "", "b": ""}, {1}),
        ("Call us.", {"contact": "+1 2"}, {0, 1}),
        ("Call +1 2. This. Or that.", {"contact": "+1 2", "a": "This.", "b": "Or\n that."}, set()),
        ("Call +1 2. This.", {"contact": "+1 2", "a": "This.", "b": "Or that."}, {1}),
        ("Remedy.", {"contact": 3}, set()),
    ],
)
def test_facts_count_before_words(text: str, facts: dict[str, Any], missing: set[int]) -> None:
    found = judged(PACK, content(text, "Product recall"), facts=facts)
    assert {each.rule for each in found} == missing


def test_a_heading_is_a_heading() -> None:
    assert 2 in {each.rule for each in judged(PACK, content("Product recall. Call us. Remedy."))}


def test_styles_and_addresses_are_not_read_and_entities_are() -> None:
    letter = content('<a href="https://rare.case/">x</a> rare&nbsp;<b>case</b>', "product recall")
    assert [each.words for each in judged(PACK, letter) if each.code == FORBIDDEN] == ["rare case"]


def test_a_breach_is_told_once_with_the_first_line_and_the_article() -> None:
    judge = Judge("trial", PACK, ())
    seen = [
        breach
        for line in (9, 4, 7)
        for breach in judge.breaches(content("Rare cases. Call us. Remedy."), "en", {}, line=line)
    ]
    missing, forbidden = sorted(judge.findings("sorry", "a.csv", seen), key=lambda each: each.code, reverse=True)
    assert len(each_once(seen)) == 2
    assert missing.problem == "The letter does not give the heading (Art. 3). Seen in the letter of a.csv, line 4."
    assert "“Rare cases”" in forbidden.problem
    assert all("no legal advice" in each.advice for each in (missing, forbidden))
    assert (missing.severity, forbidden.severity) == (Severity.WARNING, Severity.WARNING)


def test_a_language_that_the_pack_does_not_speak_is_said() -> None:
    judge = Judge("trial", PACK, ())
    assert [each.where for each in judge.unjudged("sorry", ["en", "fr"])] == ["template sorry, language fr"]
    assert list(judge.breaches(content("Rien."), "fr", {}, line=2)) == []


def test_a_pack_of_ones_own_comes_first_and_a_wrong_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "legal").mkdir()
    (tmp_path / "legal" / "gdpr-34.toml").write_text('title = "Ours"\n', encoding="utf-8")
    assert load_pack("gdpr-34", [tmp_path, TEMPLATES]).title == "Ours"
    with pytest.raises(TemplateError, match="did you mean `gdpr-34`"):
        load_pack("gdpr34", [TEMPLATES])
    with pytest.raises(TemplateError, match="no legal pack"):
        load_pack("../legal/gdpr-34", [TEMPLATES])
    (tmp_path / "legal" / "gdpr-34.toml").write_text('title = "Ours"\nmust = 3\n', encoding="utf-8")
    with pytest.raises(TemplateError, match=r"gdpr-34\.toml"):
        load_pack("gdpr-34", [tmp_path])


def shouted(word: str) -> str:
    """In capitals, where these are the same letters: those of "ı" are not."""
    return word.upper() if word.upper().casefold() == word.casefold() else word


words = st.text(st.characters(categories=("L", "N")), min_size=1, max_size=8)


@given(st.lists(words, min_size=1, max_size=4), st.lists(words, max_size=6), st.lists(words, max_size=6))
def test_a_phrase_is_found_wherever_it_stands(phrase: list[str], before: list[str], after: list[str]) -> None:
    text = " \n".join((*before, *map(shouted, phrase), *after))
    assert "it" in {label for label, _ in Phrases([("it", " ".join(phrase))]).found(text)}


def test_short_words_are_whole_words() -> None:
    phrases = Phrases([("it", "in rare")])
    assert list(phrases.found("In rare cases")) == [("it", "In rare")]
    assert list(phrases.found("inner rarely")) == []


def test_breaches_come_back_from_other_processes() -> None:
    breach = Breach(code=MISSING, language="en", rule=1, line=7)
    inspected = Inspection(breaches=[breach])
    returned = msgspec.msgpack.decode(msgspec.msgpack.encode(inspected), type=Inspection)
    earlier = Inspection(breaches=[msgspec.structs.replace(breach, line=3)])
    assert [each.line for each in together((returned, earlier)).breaches] == [3]


def test_the_pack_of_the_page_is_one() -> None:
    page = (TEMPLATES.parent / "docs" / "templates.md").read_text(encoding="utf-8")
    (block,) = [each for each in re.findall(r"```toml\n(.*?)```", page, re.S) if "[[must]]" in each]
    pack = msgspec.convert(tomllib.loads(block), Pack)
    assert judged(pack, content("You are liable for it: €2.")) == [
        Breach(code=FORBIDDEN, language="en", rule=0, words="liable for", line=2)
    ]
