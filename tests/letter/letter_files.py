"""Template files for tests, and letters rendered from them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mass_apology.letter.markup.source import read_source
from mass_apology.letter.scenario import Fact, Scenario, incident_fields
from mass_apology.letter.template_files import Template, compile_letter, shipped_templates
from mass_apology.letter.values import Fields
from mass_apology.model import Content

INCIDENT = {
    "service": "Acme API",
    "status_url": "https://status.acme.example/?a=1&b=2",
    "started_at": datetime(2026, 11, 20, 9, 12, tzinfo=UTC),
}
SENDER = {"name": "Anna Kowalska", "address": "anna@acme.example"}
LAYOUT = "<html><body>{{ body }}</body></html>"


def write(folder: Path, body: str, subject: str = "Hello", language: str = "en", layout: str = LAYOUT) -> Path:
    """A scenario `sorry` with one letter, whose body begins on line 3, and a bare layout; the letter's path."""
    for name, text in ((f"sorry/{language}.md", f"Subject: {subject}\n\n{body}"), ("layouts/bare.html", layout)):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder / "sorry" / f"{language}.md"


def load(scenario: str, language: str, *, directories: Sequence[Path], layout: str, **made_from: Any) -> Template:
    """Read and compile one letter."""
    written = read_source(scenario, language, directories=directories, layout=layout)
    return compile_letter(written, language, **made_from)


def template(folder: Path, language: str = "en", **facts: Any) -> Template:
    """The compiled letter of `sorry`; the fact `credit` and the sender's `role` are known and empty."""
    return load(
        "sorry",
        language,
        directories=[folder],
        layout="bare",
        incident=Fields(INCIDENT | facts, known=["credit"]),
        sender=Fields(SENDER, known=["role", "url"]),
    )


def render(
    made: Template,
    customer: Mapping[str, object] | None = None,
    rows: Sequence[Mapping[str, object]] = (),
    name: str = "Ann",
    time_zone: str = "",
) -> Content:
    """A letter; the columns `note` and `plan` are known."""
    fields = Fields(customer or {}, known=["note", "plan"])
    every = [Fields(row, known=["note", "plan"]) for row in rows] or [fields]
    return made.render(customer=fields, rows=every, name=name, gender="", time_zone=time_zone)


def letter(folder: Path, body: str, **given: Any) -> Content:
    """The letter whose template has this body."""
    write(folder, body)
    return render(template(folder), **given)


def inner_html(content: Content) -> str:
    """What stands in the bare layout."""
    found = re.search(r"<body>(.*)</body>", content.html, re.S)
    assert found
    return found[1].strip()


def example(fact: Fact, language: str) -> Any:
    """The fact's example in a language."""
    return fact.example_in(language)


def shipped(name: str, scenario: Scenario, language: str, *, optional: bool) -> Template:
    """A shipped letter with the examples of all its facts, or of the required ones only."""
    facts = {fact: example(each, language) for fact, each in scenario.facts.items() if optional or each.required}
    more = {"role": "Head", "company": "Acme", "phone": "+48 22 555 01 23", "url": "https://acme.example"}
    return load(
        name,
        language,
        directories=[shipped_templates()],
        layout="plain",
        incident=incident_fields(scenario, facts, language),
        sender=Fields(SENDER | more if optional else SENDER, known=more),
    )
