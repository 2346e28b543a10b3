"""What one customer gets: an amount or a code of their own, thanks for a report, and a choice between remedies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from msgspec.structs import replace

from mass_apology.flows.templates.example_campaign import example_campaign, example_customer, example_facts
from mass_apology.languages import SHIPPED
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.scenario import facts_findings, load_scenario
from mass_apology.letter.template_files import shipped_templates

pytestmark = pytest.mark.slow

TEMPLATES = shipped_templates()
LANGUAGES = tuple(each.code for each in SHIPPED)
GESTURES = tuple(
    sorted(
        path.parent.name for path in TEMPLATES.glob("*/scenario.toml") if "[facts.credit]" in path.read_text("utf-8")
    )
)
REPORTED = tuple(
    sorted(
        path.parent.name
        for path in TEMPLATES.glob("*/scenario.toml")
        if "[columns.reported]" in path.read_text("utf-8")
    )
)


def make_writer(name: str, language: str, **facts: object) -> Writer:
    scenario = load_scenario(name, [TEMPLATES])
    incident = example_facts(scenario, (language,)) | facts
    campaign = replace(example_campaign(name, scenario, (language,), incident), remedies={})
    return Writer(campaign, folder=Path(), directories=[TEMPLATES], header=[*scenario.columns, "gender"])


usual_writer = cache(make_writer)


def written(name: str, language: str, rows: Sequence[Mapping[str, str]], *, code: str = "", **facts: object) -> str:
    writer = make_writer(name, language, **facts) if facts else usual_writer(name, language)
    text = writer.content(example_customer(language, rows, name="Anna Ozola", code=code)).text
    return " ".join(text.split()).replace("\u00a0", " ")


def test_every_letter_with_a_gesture_can_say_its_amount_and_its_code() -> None:
    assert len(GESTURES) >= 12


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", GESTURES)
def test_each_customer_reads_their_own_amount_and_code(name: str, language: str) -> None:
    row = {"credit": "12.50", "currency": "EUR", "code": "OWN-17"}
    small, large = (written(name, language, [{**row, "credit": amount}]) for amount in ("12.50", "1250.00"))
    assert "12.50" in small or "12,50" in small
    assert "1,250.00" in large or "250,00" in large
    assert "OWN-17" in small
    assert "OWN-17" not in written(name, language, [row], code="ALLOTTED-1")
    assert "ALLOTTED-1" in written(name, language, [row], code="ALLOTTED-1")
    without = written(name, language, [{"plan": "pro"}])
    assert not {"12.50", "12,50"} & set(without.replace("€", " ").split())
    assert "OWN-17" not in without


def test_what_several_accounts_get_is_added_up_for_each_currency() -> None:
    rows = [
        {"credit": "12.50", "currency": "EUR"},
        {"credit": "7.50", "currency": "EUR"},
        {"credit": "10.00", "currency": "GBP"},
        {"currency": "EUR"},
    ]
    text = written("service-outage", "en", rows)
    assert "Your credit: €20.00. Your credit: £10.00." in text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", REPORTED)
def test_who_reported_it_is_thanked(name: str, language: str) -> None:
    told, silent = (written(name, language, [{"reported": cell}]) for cell in ("yes", "no"))
    assert len(told) > len(silent)
    assert written(name, language, [{"plan": "pro"}]) == silent


@pytest.mark.parametrize("language", LANGUAGES)
def test_late_emails_are_no_parcels(language: str) -> None:
    parcels, silent, emails = (
        written("late-delivery", language, [{"plan": "pro"}], **told)
        for told in ({"delivered": "parcels"}, {"delivered": ""}, {"delivered": "emails"})
    )
    assert parcels == silent != emails


@pytest.mark.parametrize("language", LANGUAGES)
def test_of_two_remedies_both_are_shown_or_none(language: str) -> None:
    scenario = load_scenario("late-delivery", [TEMPLATES])
    first, second = (scenario.facts[name].example_in(language) for name in ("remedy_a", "remedy_b"))
    text = written("late-delivery", language, [{"plan": "pro"}])
    assert first in text
    assert second in text
    table = {
        name: value for name, value in example_facts(scenario, (language,))[language].items() if name != "remedy_b"
    }
    assert first not in written("late-delivery", language, [{"plan": "pro"}], **{language: table})


@pytest.mark.parametrize(("given", "found"), [("emails", []), ("letters", ["fact-invalid"]), (3, ["fact-invalid"])])
def test_a_choice_is_one_of_its_values(given: object, found: list[str]) -> None:
    scenario = load_scenario("late-delivery", [TEMPLATES])
    incident = example_facts(scenario, ("en",)) | {"delivered": given}
    findings = facts_findings(scenario, incident, ["en"])
    assert [each.code for each in findings] == found
    assert all("`parcels`, `emails`" in each.problem or "not a text" in each.problem for each in findings)
