"""Before the facts are there, letters tell the scenario's examples, marked; what is given already stays."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from mass_apology.flows.templates.example_campaign import example_campaign, example_customer, example_row
from mass_apology.letter.example_facts import with_examples
from mass_apology.letter.example_values import MARK, ExampleMoment, ExampleNumber, stand_in
from mass_apology.letter.inspecting.leftovers import Kind, leftovers
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.scenario import Fact, FactType, Gap, Scenario, facts_findings, gaps, load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Severity

pytestmark = pytest.mark.slow

SCENARIO = Scenario(
    facts={
        "service": Fact(type=FactType.TEXT, comment="", example="Acme API", required=True),
        "at": Fact(type=FactType.DATETIME, comment="", example=datetime(2026, 11, 20, 9, tzinfo=UTC), required=True),
        "on": Fact(type=FactType.DATE, comment="", example=date(2026, 11, 20)),
        "cause": Fact(type=FactType.SENTENCE, comment="", example={"en": "It broke.", "pl": "Zepsuło się."}),
        "harm": Fact(type=FactType.SENTENCE, comment="", example={"en": "It hurt."}, required=True),
    }
)
NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("incident", "languages", "expected"),
    [
        ({}, ["en"], {("service", "en"), ("at", "en"), ("harm", "en")}),
        ({"service": " ", "at": NOW, "harm": "Ouch."}, ["en"], {("service", "en")}),
        ({"service": "A", "at": "yesterday", "harm": "Ouch."}, ["en"], {("at", "en")}),
        ({"service": "A", "at": NOW, "harm": "Ouch."}, ["en", "pl"], {("harm", "en"), ("harm", "pl")}),
        (
            {"service": "A", "at": NOW, "en": {"harm": "Ouch.", "cause": "It fell."}, "pl": {"harm": "Oj."}},
            ["en", "pl"],
            {("cause", "pl")},
        ),
        ({"service": "A", "at": NOW, "harm": "Ouch.", "on": "soon"}, ["en"], {("on", "en")}),
        ({"service": "A", "at": NOW, "harm": "Ouch.", "on": NOW.date()}, ["en"], set()),
    ],
)
def test_gaps_are_what_a_check_has_errors_about(
    incident: dict[str, Any], languages: list[str], expected: set[tuple[str, str]]
) -> None:
    found = list(gaps(SCENARIO, incident, languages))
    assert {(each.fact, each.language) for each in found} == expected
    errors = [each for each in facts_findings(SCENARIO, incident, languages) if each.severity is Severity.ERROR]
    assert bool(errors) == bool(expected)
    filled = with_examples(incident, SCENARIO.facts, found)
    assert {each.fact for each in gaps(SCENARIO, filled, languages)} <= {"at", "on"}  # whose types are examples


def test_what_is_given_stays_and_the_campaign_is_not_changed() -> None:
    incident = {"service": "My shop", "pl": {"cause": "Nic."}}
    found = [Gap(fact="cause", language="en"), Gap(fact="harm", language="pl"), Gap(fact="at", language="en")]
    filled = with_examples(incident, SCENARIO.facts, found)
    assert filled["service"] == "My shop"
    assert filled["en"] == {"cause": f"[{MARK}: It broke.]"}
    assert filled["pl"] == {"cause": "Nic.", "harm": f"[{MARK}: It hurt.]"}
    assert incident == {"service": "My shop", "pl": {"cause": "Nic."}}


@pytest.mark.parametrize(
    ("kind", "example", "expected"),
    [
        ("datetime", datetime(2026, 11, 20, 9, tzinfo=UTC), ExampleMoment),
        ("number", 192, ExampleNumber),
        ("number", 2.5, ExampleNumber),
    ],
)
def test_examples_stay_examples_in_other_processes(kind: str, example: object, expected: type) -> None:
    there = pickle.loads(pickle.dumps(stand_in(kind, example)))  # noqa: S301 (our own)
    assert type(there) is expected
    assert there == (Decimal(str(example)) if kind == "number" else example)


@pytest.mark.parametrize("template", sorted(path.parent.name for path in shipped_templates().glob("*/scenario.toml")))
def test_every_shipped_letter_can_be_written_without_a_fact_and_is_marked(template: str, tmp_path: Any) -> None:
    directories = (shipped_templates(),)
    scenario = load_scenario(template, directories)
    languages = ["en", "pl", "ru"]
    lacking = list(gaps(scenario, {}, languages))
    campaign = example_campaign(template, scenario, languages, with_examples({}, scenario.facts, lacking))
    row = example_row(scenario)
    writer = Writer(campaign, folder=tmp_path, directories=directories, header=[*row, "gender"])
    for language in languages:
        content = writer.content(example_customer(language, [row], name="Anna Nowak"))
        words = " ".join(content.text.split())
        facts = [scenario.facts[each.fact] for each in lacking if each.language == language]
        assert facts
        for fact in facts:
            if fact.type is FactType.SENTENCE:
                assert f"[{MARK}: {fact.example[language]}]" in words.replace("\xa0", " ")
        assert MARK in words
        assert MARK in " ".join(content.html.split())
        assert [each.kind for each in leftovers(content.subject, content.text)][:1] == [Kind.EXAMPLE]
