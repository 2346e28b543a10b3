"""``templates``: the situations there are letters for, and what their letters look like."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from mass_apology.errors import OutputError, TemplateError
from mass_apology.letter.scenario import FactType, Scenario, load_scenario
from mass_apology.letter.templates import available_languages, shipped_templates
from mass_apology.letter.writer import Writer
from mass_apology.model import Content, Delivery
from mass_apology.settings import Campaign, ColumnType, RelaySettings, SenderSettings

CELLS: Mapping[ColumnType, str] = {
    ColumnType.TEXT: "A-17",
    ColumnType.INT: "192",
    ColumnType.DECIMAL: "12.50",
    ColumnType.DATE: "2026-11-20",
    ColumnType.DATETIME: "2026-11-20T09:12Z",
}
"""What stands in the example customer's columns."""

CURRENCY = "EUR"


class Situation(Struct, frozen=True, kw_only=True):
    """One template of the library, or of the campaign's own folder."""

    name: str
    title: str
    purpose: str
    languages: tuple[str, ...]
    legal_pack: str
    own: bool  # the campaign's own


def situations(folder: Path, language: str) -> list[Situation]:
    """All templates, told in ``language`` where they are, else in English."""
    own = folder / "templates"
    directories = (own, shipped_templates())
    found: dict[str, Situation] = {}
    for directory in directories:
        for path in sorted(directory.iterdir()) if directory.is_dir() else ():
            if path.is_dir() and path.name != "layouts" and path.name not in found:
                found[path.name] = _situation(path.name, directories, language, own=directory == own)
    return sorted(found.values(), key=lambda each: each.name)


def show(folder: Path, name: str, language: str) -> Content:
    """The letter of a template, written with its example data. Raises ``TemplateError``."""
    directories = (folder / "templates", shipped_templates())
    languages = available_languages(name, directories)
    if language not in languages:
        raise TemplateError(
            f"The template {name} has no letter in {language!r}.", next_step=f"It has {', '.join(languages)}."
        )
    scenario = load_scenario(name, directories)
    campaign = _example_campaign(name, scenario, language)
    writer = Writer(campaign, folder=folder, directories=directories, header=tuple(scenario.columns))
    return writer.content(_example_customer(scenario, language))


def copy(folder: Path, name: str, source: str) -> Path:
    """Begin a template of one's own in the campaign's folder, from one that there is.

    Raises ``OutputError`` where there is one of that name, ``TemplateError`` where the source is not known.
    """
    directories = (folder / "templates", shipped_templates())
    available_languages(source, directories)
    made = folder / "templates" / name
    if made.exists():
        raise OutputError(f"{made} exists already.", next_step="Choose another name, or edit it.")
    origin = next(directory / source for directory in directories if (directory / source).is_dir())
    try:
        shutil.copytree(origin, made)
    except OSError as error:
        raise OutputError(
            f"{made} cannot be made: {error.strerror or error}.", next_step="Make room or rights here."
        ) from error
    return made


def _situation(name: str, directories: tuple[Path, ...], language: str, *, own: bool) -> Situation:
    scenario = load_scenario(name, directories)
    return Situation(
        name=name,
        title=scenario.title.get(language) or scenario.title.get("en", ""),
        purpose=scenario.purpose.get(language) or scenario.purpose.get("en", ""),
        languages=available_languages(name, directories),
        legal_pack=scenario.legal_pack,
        own=own,
    )


def _example_campaign(name: str, scenario: Scenario, language: str) -> Campaign:
    plain: dict[str, Any] = {
        fact: each.example for fact, each in scenario.facts.items() if each.type is not FactType.SENTENCE
    }
    told = {
        fact: each.example[language]
        for fact, each in scenario.facts.items()
        if each.type is FactType.SENTENCE and language in each.example
    }
    return Campaign(
        name="example",
        template=name,
        recipients="affected.csv",
        sender=SenderSettings(from_="Anna Kowalska <anna@acme.example>", company="Acme", phone="+48 22 555 01 23"),
        relay=RelaySettings(url="-"),
        languages=(language,),
        types={column: each.type for column, each in scenario.columns.items()},
        incident=plain | {language: told},
    )


def _example_customer(scenario: Scenario, language: str) -> Delivery:
    cells = {
        column: CURRENCY if column == "currency" else CELLS[each.type] for column, each in scenario.columns.items()
    }
    return Delivery(
        id=1,
        address="customer@example.org",
        name="Maria Ozola" if language == "lv" else "Maria Smith",
        language=language,
        time_zone="Europe/Riga",
        lines="[2]",
        rows=msgspec.json.encode([cells]).decode(),
        message_id="<example@acme.example>",
    )
