"""Makes a campaign and customers from a scenario's examples, for letters that are shown or tested."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from mass_apology.columns import EXAMPLES
from mass_apology.letter.scenario import FactType, Scenario
from mass_apology.model import Delivery
from mass_apology.relay_settings import RelaySettings
from mass_apology.settings import Campaign, ColumnSettings, SenderSettings

CHOSEN_AT = "https://acme.example/choose/{token}"
CODE = "A1B2-C3D4"
CURRENCY = "EUR"
GENDER = "gender"  # an example customer's column


def example_facts(scenario: Scenario, languages: Sequence[str], *, optional: bool = True) -> dict[str, Any]:
    """``[incident]`` with the examples of all facts, or only of required ones; words in a table per language."""
    chosen = {name: fact for name, fact in scenario.facts.items() if optional or fact.required}
    plain = {name: fact.example for name, fact in chosen.items() if not isinstance(fact.example, Mapping)}
    worded = {name: fact.example for name, fact in chosen.items() if isinstance(fact.example, Mapping)}
    tables = {
        language: {name: each[language] for name, each in worded.items() if language in each} for language in languages
    }
    return plain | tables


def example_campaign(
    template: str, scenario: Scenario, languages: Sequence[str], incident: Mapping[str, Any], *, optional: bool = True
) -> Campaign:
    """A campaign with these facts; ``optional`` adds the sender's optional fields, and remedies."""
    known = SenderSettings(from_="Anna Kowalska <anna@acme.example>", company="Acme", phone="+48 22 555 01 23")
    return Campaign(
        name="example",
        template=template,
        recipients="",  # no file
        sender=known if optional else SenderSettings(from_=known.from_),
        relay=RelaySettings(url="-"),
        languages=tuple(languages),
        columns=ColumnSettings(gender=GENDER),
        types={column: each.type for column, each in scenario.columns.items()},
        incident=incident,
        remedies=dict.fromkeys(_sentences(scenario), CHOSEN_AT) if optional else {},
    )


def example_row(scenario: Scenario) -> dict[str, str]:
    """A row with every column that the letters can show."""
    return {
        column: CURRENCY if column == "currency" else EXAMPLES[each.type] for column, each in scenario.columns.items()
    }


def example_customer(
    language: str, rows: Sequence[Mapping[str, str]], *, name: str = "", time_zone: str = "", code: str = ""
) -> Delivery:
    """A customer with these rows."""
    return Delivery(
        id=1,
        address="customer@example.org",
        name=name,
        language=language,
        time_zone=time_zone,
        lines=msgspec.json.encode(list(range(2, 2 + len(rows)))).decode(),
        rows=msgspec.json.encode(rows).decode(),
        message_id="<example@acme.example>",
        code=code,
    )


def _sentences(scenario: Scenario) -> list[str]:
    return [name for name, fact in scenario.facts.items() if fact.type is FactType.SENTENCE]
