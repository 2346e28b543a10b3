"""What a template needs of a campaign, and whether the campaign gives it."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from letter_files import write

from mass_apology.errors import TemplateError
from mass_apology.letter.scenario import Fact, FactType, Scenario, facts_findings, incident_fields, load_scenario
from mass_apology.model import Severity
from mass_apology.settings import ColumnType

MOMENT = datetime(2026, 11, 20, 9, 12, tzinfo=UTC)


def fact(kind: FactType, *, required: bool = False) -> Fact:
    return Fact(type=kind, required=required, comment="Write it.", example="")


SCENARIO = Scenario(
    facts={
        "service": fact(FactType.TEXT, required=True),
        "repair": fact(FactType.SENTENCE, required=True),
        "credit": fact(FactType.SENTENCE),
        "started_at": fact(FactType.DATETIME),
        "due_on": fact(FactType.DATE),
        "affected": fact(FactType.NUMBER),
        "url": fact(FactType.URL),
    }
)
GOOD: dict[str, Any] = {"service": "API", "repair": "We did."}


def codes(incident: dict[str, Any], *languages: str) -> list[tuple[str, str]]:
    return [(found.code, found.where) for found in facts_findings(SCENARIO, incident, languages or ("en",))]


def test_nothing_is_said_about_good_facts() -> None:
    full = {"started_at": MOMENT, "due_on": date(2026, 12, 1), "affected": 3, "url": "https://a.example", "own": ["x"]}
    assert codes(GOOD | full) == []
    assert codes({"service": "API", "en": {"repair": "We did."}, "pl": {"repair": "Tak."}}, "en", "pl") == []


@pytest.mark.parametrize(
    ("facts", "code", "where"),
    [
        ({"service": ""}, "fact-missing", "campaign.toml, [incident]"),
        ({"service": " ", "started_at": ""}, "fact-missing", "campaign.toml, [incident]"),
        ({"service": 3}, "fact-invalid", "campaign.toml, [incident] service"),
        ({"service": "a\x1eb"}, "fact-invalid", "campaign.toml, [incident] service"),
        ({"started_at": datetime(2026, 11, 20)}, "fact-invalid", "campaign.toml, [incident] started_at"),  # noqa: DTZ001 (that is the point)
        ({"started_at": "2026-11-20"}, "fact-invalid", "campaign.toml, [incident] started_at"),
        ({"due_on": MOMENT}, "fact-invalid", "campaign.toml, [incident] due_on"),
        ({"affected": True}, "fact-invalid", "campaign.toml, [incident] affected"),
        ({"url": "javascript:x"}, "fact-invalid", "campaign.toml, [incident] url"),
        ({"repair": "We did"}, "fact-unfinished", "campaign.toml, [incident] repair"),
        ({"repair": "We did it and then …"}, "fact-unfinished", "campaign.toml, [incident] repair"),
        ({"repair": "We did it and..."}, "fact-unfinished", "campaign.toml, [incident] repair"),
        ({"en": {"repair": 3}}, "fact-invalid", "campaign.toml, [incident.en] repair"),
        ({"credits": "Ten."}, "fact-unknown", "campaign.toml, [incident]"),
        ({"pl": {"credid": "Ten."}}, "fact-unknown", "campaign.toml, [incident.pl]"),
    ],
)
def test_wrong_facts_are_found_where_they_stand(facts: dict[str, Any], code: str, where: str) -> None:
    assert codes(GOOD | facts) == [(code, where)]


def test_a_sentence_may_end_in_a_quotation() -> None:
    assert codes(GOOD | {"repair": "The page now says “from 9 to 5.”"}) == []


def problems(incident: dict[str, Any], *languages: str) -> list[tuple[str, str]]:
    found = facts_findings(SCENARIO, incident, languages)
    return [(each.where.removeprefix("campaign.toml, "), each.problem) for each in found]


def test_all_facts_that_a_table_lacks_are_named_at_once() -> None:
    assert problems({}, "en") == [("[incident]", "2 facts are missing: `service`, `repair`.")]
    assert problems({"repair": "We did.", "en": {"service": "API"}}, "en") == []
    tables = {"en": {"repair": "We did.", "service": "API"}, "pl": {"repair": "Tak."}}
    assert problems(tables, "en", "pl") == [("[incident.pl]", "The fact `service` is missing.")]


def test_what_init_writes_is_missing_where_it_stands() -> None:
    begun = {"service": "", "started_at": "", "en": {"repair": ""}, "pl": {"repair": "", "credit": ""}}
    assert problems(begun, "en", "pl") == [
        ("[incident]", "The fact `service` is missing."),
        ("[incident.en], [incident.pl]", "The fact `repair` is missing."),
    ]
    assert problems({"service": "API", "en": {"repair": ""}}, "en") == [
        ("[incident.en]", "The fact `repair` is missing.")
    ]
    begun["en"] = {"repair": "We did."}
    assert problems(begun | {"service": "API"}, "en", "pl") == [
        ("[incident.pl]", "The sentence `repair` is not given in that language.")
    ]


@pytest.mark.parametrize("name", ["started_at", "due_on", "affected"])
def test_quotation_marks_around_what_is_no_text_are_pointed_out(name: str) -> None:
    ((_, problem),) = problems(GOOD | {name: "2026-11-20T09:12:00Z"}, "en")
    assert problem.endswith("without quotation marks.")


def test_a_sentence_is_needed_in_every_language() -> None:
    assert codes(GOOD, "en", "pl") == [("fact-untranslated", "campaign.toml, [incident.en], [incident.pl]")]
    told = GOOD | {"pl": {"repair": "Tak."}, "en": {"repair": "Yes.", "credit": "Ten."}}
    assert codes(told, "en", "pl") == [("fact-untranslated", "campaign.toml, [incident.pl]")]


def test_only_doubts_are_warnings() -> None:
    found = facts_findings(SCENARIO, {"service": 3, "repair": "We did", "credits": "x"}, ["en"])
    assert {each.code: each.severity for each in found} == {
        "fact-unknown": Severity.WARNING,
        "fact-unfinished": Severity.WARNING,
        "fact-invalid": Severity.ERROR,
    }


def test_optional_facts_are_empty_fields() -> None:
    fields = incident_fields(SCENARIO, GOOD | {"pl": {"repair": "Tak."}}, "pl")
    assert (fields.service, fields.repair, fields.credit) == ("API", "Tak.", "")


def test_a_template_may_do_without_the_file(tmp_path: Path) -> None:
    write(tmp_path, "x")
    assert load_scenario("sorry", [tmp_path]) == Scenario()


def test_a_scenarios_columns(tmp_path: Path) -> None:
    write(tmp_path, "x")
    text = '[columns.minutes_down]\ntype = "int"\ncomment = "Minutes."\n'
    (tmp_path / "sorry" / "scenario.toml").write_text(text, encoding="utf-8")
    assert load_scenario("sorry", [tmp_path]).columns["minutes_down"].type is ColumnType.INT


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("x = ", "at its end: a value is missing here"),
        ("colour = 'red'", "`$.colour` is no key"),
        ("[facts.a]\ntype = 'colour'\ncomment = ''\nexample = ''", "`$.type` is 'colour', which is none of text"),
    ],
)
def test_a_scenario_with_a_mistake(tmp_path: Path, text: str, problem: str) -> None:
    write(tmp_path, "x")
    (tmp_path / "sorry" / "scenario.toml").write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError, match=re.escape(problem)) as caught:
        load_scenario("sorry", [tmp_path])
    assert "scenario.toml" in caught.value.problem
