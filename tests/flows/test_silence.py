"""How long customers have heard nothing, and the letter that is proposed while the cause is unknown."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from mass_apology.flows.silence import silence, unknown_cause_findings
from mass_apology.letter.scenario import load_scenario
from mass_apology.letter.template_files import shipped_templates
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign, SenderSettings

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("incident", "said"),
    [
        ({"started_at": datetime(2026, 11, 20, 9, 12, tzinfo=UTC)}, "6 hours since 2026-11-20 11:12"),
        ({"started_at": datetime(2026, 11, 20, 14, 12, tzinfo=UTC)}, "1 hour since 2026-11-20 16:12"),
        ({"started_on": date(2026, 11, 11)}, "9 days since 2026-11-11"),
        ({"started_at": datetime(2026, 11, 21, 9, 12, tzinfo=UTC)}, ""),
        ({"service": "Acme"}, ""),
    ],
)
def test_silence_is_counted_from_the_beginning(incident: dict[str, Any], said: str) -> None:
    assert silence(incident, "Europe/Tallinn", NOW.timestamp()) == said


def campaign(template: str, **incident: Any) -> Campaign:
    return Campaign(
        name="acme",
        template=template,
        recipients="affected.csv",
        sender=SenderSettings(from_="a@acme.example"),
        relay=RelaySettings(url="smtp+plain://127.0.0.1:1"),
        incident=incident,
    )


def proposed(template: str, **incident: Any) -> list[str]:
    scenario = load_scenario(template, [shipped_templates()])
    return [each.advice for each in unknown_cause_findings(campaign(template, **incident), scenario, ["en"])]


def test_the_letter_that_can_go_now_is_proposed_while_the_cause_is_not_told() -> None:
    (advice,) = proposed("service-outage", service="Acme")
    assert "mass-apology init acme-update --template status-update --recipients affected.csv" in advice
    assert proposed("service-outage", service="Acme", what_failed="We broke it.") == []
    assert proposed("status-update", service="Acme") == []
