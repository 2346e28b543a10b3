"""The sample campaign: every customer's letters can be written, however awkward the row."""

from __future__ import annotations

import csv
import importlib.util
import json
from pathlib import Path

import pytest

from mass_apology.campaign import read_campaign
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.scenario import facts_findings, load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.model import Delivery, Severity
from mass_apology.recipients import RecipientsFile, inspect, read

SAMPLES = Path(__file__).parents[2] / "samples"
FOLDER = SAMPLES / "service-outage"


def test_the_file_is_what_its_script_makes() -> None:
    spec = importlib.util.spec_from_file_location("make_service_outage", SAMPLES / "make_service_outage.py")
    assert spec
    assert spec.loader
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    with (FOLDER / "affected.csv").open(encoding="utf-8", newline="") as file:
        assert [tuple(row) for row in csv.reader(file)] == [script.HEADER, *script.rows()]


@pytest.mark.parametrize("scenario", ["service-outage", "follow-up"])
def test_every_letter_can_be_written(scenario: str) -> None:
    campaign = read_campaign(FOLDER)
    directories = [shipped_templates()]
    assert facts_findings(load_scenario(scenario, directories), campaign.incident, ["en", "pl", "ru"]) == []
    with RecipientsFile(FOLDER / campaign.recipients) as file:
        layout = inspect(file, campaign)
        batches = list(read(file, layout, campaign))
    assert {found.severity for found in layout.findings} <= {Severity.INFO}
    people: dict[int, Delivery] = {}
    rows: dict[int, list[dict[str, str]]] = {}
    writer = Writer(campaign, folder=FOLDER, directories=directories, header=layout.header, scenario=scenario)
    for batch in batches:
        assert {found.severity for found in batch.findings} <= {Severity.INFO}
        for recipient in batch.recipients:
            rows.setdefault(recipient.identity, []).append(dict(recipient.row))
            people[recipient.identity] = Delivery(
                id=len(people),
                address=recipient.address,
                name=recipient.name,
                language=writer.language_for(recipient.language),
                time_zone=recipient.time_zone,
                lines=f"[{recipient.line}]",
                rows=json.dumps(rows[recipient.identity]),
                message_id=f"<{len(people)}@acme.example>",
            )
    assert len(people) == 2000
    assert sum(len(each) == 2 for each in rows.values()) == 50
    assert {each.language for each in people.values()} == {"en", "pl", "ru"}
    for delivery in people.values():
        assert {found.severity for found in writer.check([delivery]).findings} <= {Severity.INFO, Severity.WARNING}
