"""The facts of a campaign that a translator gets: those that its letters, follow-ups included, tell in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from mass_apology.errors import CampaignError
from mass_apology.letter.scenario import Fact, FactType
from mass_apology.letter.values import LANGUAGE, facts_for, is_language_table
from mass_apology.settings import Campaign
from mass_apology.workspace.workspace import Workspace

IN_WORDS = frozenset({FactType.SENTENCE, FactType.TEXT, FactType.URL})
"""Types of facts that may read differently in another language; moments and numbers are put in words by the letter."""


class Translatable(Struct, frozen=True, kw_only=True):
    """One fact and its translation, as campaign.toml has them."""

    key: str
    type: FactType
    required: bool
    explanation: str  # the scenario's comment; empty for a fact that only a template of one's own knows
    original: str  # in the source language; empty where it is not written yet
    translation: str  # in the table of the other language; empty where it is not there


def campaign_facts(workspace: Workspace, *further: str) -> dict[str, Fact]:
    """The facts of the campaign's template, of its follow-ups' and of ``further`` templates, by name."""
    campaign = workspace.campaign
    facts: dict[str, Fact] = {}
    for template in dict.fromkeys((campaign.template, *(each.template for each in campaign.follow_up), *further)):
        for name, fact in workspace.scenario(template).facts.items():
            known = facts.get(name)
            facts[name] = fact if known is None or (fact.required and not known.required) else known
    return facts


def translatables(workspace: Workspace, source: str, language: str) -> list[Translatable]:
    """Every fact in words, in the order of the templates; then those that only campaign.toml knows."""
    incident = workspace.campaign.incident
    declared = campaign_facts(workspace)
    originals, translations = facts_for(incident, source), _table(incident, language)
    found = [
        Translatable(
            key=name,
            type=fact.type,
            required=fact.required,
            explanation=fact.comment,
            original=_text(originals.get(name)),
            translation=_text(translations.get(name)),
        )
        for name, fact in declared.items()
        if fact.type in IN_WORDS
    ]
    own = [name for name, value in {**_table(incident, source), **translations}.items() if isinstance(value, str)]
    found += [
        Translatable(
            key=name,
            type=FactType.TEXT,
            required=False,
            explanation="",
            original=_text(originals.get(name)),
            translation=_text(translations.get(name)),
        )
        for name in dict.fromkeys(own)
        if name not in declared
    ]
    return found


def source_language(campaign: Campaign, stated: str | None, language: str) -> str:
    """The language that is translated from: as stated, else the first fallback that is another one and has facts."""
    require_language(language, "--language")
    if stated is not None:
        require_language(stated, "--from")
    told = [name for name, value in campaign.incident.items() if is_language_table(name, value) and name != language]
    usual = [each for each in campaign.languages if each != language]
    source = stated or next((each for each in usual if each in told), "") or next(iter([*told, *usual]), "en")
    if source == language:
        raise CampaignError(
            f"{language} cannot be translated into itself.",
            next_step="Name another language with --from or --language.",
        )
    return source


def require_language(tag: str, option: str) -> None:
    """Raise ``CampaignError`` where this is no language's code."""
    if not LANGUAGE.fullmatch(tag):
        raise CampaignError(
            f"{option} {tag} is no language's code.",
            next_step=f"Give one of two or three letters, such as {option} pl.",
        )


def _table(incident: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    value = incident.get(language)
    return value if is_language_table(language, value) and isinstance(value, Mapping) else {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
