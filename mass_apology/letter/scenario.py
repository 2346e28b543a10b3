"""``scenario.toml`` beside the letters: the facts they tell, and whether a campaign's ``[incident]`` gives them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from mass_apology.errors import TemplateError
from mass_apology.letter.markup import source
from mass_apology.letter.markup.sandbox import link
from mass_apology.letter.values import Fields, facts_for, is_language_table, suggestion
from mass_apology.model import Finding, Severity
from mass_apology.settings import ColumnType

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SENTENCE_END = (".", "!", "?", "…")


class FactType(StrEnum):
    """What a fact of the incident holds."""

    TEXT = "text"  # a name or number that reads the same in every language
    SENTENCE = "sentence"  # a whole sentence, one for each language that is written to
    DATETIME = "datetime"  # with its offset: 2026-11-20T09:12:00Z
    DATE = "date"  # 2026-11-20
    NUMBER = "number"
    URL = "url"  # an address to link to: https:, mailto: or tel:


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact that the letters tell."""

    type: FactType
    comment: str  # what to write there, as a line in campaign.toml
    example: Any  # a value; for a sentence, a table of one for each language
    required: bool = False


class Column(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One column of the recipients file that the letters can use."""

    comment: str
    type: ColumnType = ColumnType.TEXT
    required: bool = False


class Scenario(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a template is for and what it needs. A user's own template may do without the file."""

    title: Mapping[str, str] = field(default_factory=dict)  # by language
    purpose: Mapping[str, str] = field(default_factory=dict)  # by language: a sentence
    facts: Mapping[str, Fact] = field(default_factory=dict)
    columns: Mapping[str, Column] = field(default_factory=dict)
    legal_pack: str = ""  # the pack of legal rules that applies; empty for none
    follow_up: str = ""  # the template that is sent some days later; empty for none


def load_scenario(scenario: str, directories: Sequence[Path]) -> Scenario:
    """Read the scenario's file. ``TemplateError`` names what it says that cannot be used."""
    path = source.scenario_path(scenario, directories)
    if path is None:
        return Scenario()
    try:
        return msgspec.convert(tomllib.loads(source.read(path)), Scenario)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise TemplateError(f"{path}: {error}.", next_step="Correct the file.") from error


def incident_fields(scenario: Scenario, incident: Mapping[str, Any], language: str) -> Fields:
    """``incident`` as one language's templates see it; the scenario's facts that are not given are empty."""
    return Fields(facts_for(incident, language), known=frozenset(scenario.facts))


def facts_findings(scenario: Scenario, incident: Mapping[str, Any], languages: Sequence[str]) -> list[Finding]:
    """Everything that is wrong with ``[incident]`` for the languages that are written to."""
    found = list(_unknown(scenario, incident))
    for name, fact in scenario.facts.items():
        told = {language for language in languages if name in facts_for(incident, language)}
        if fact.type is FactType.SENTENCE and len(languages) > 1 and told:
            found += _untranslated(name, incident, languages)
        else:
            found += _missing(name, fact, incident, languages)
        found += _wrong(name, fact, incident)
    return found


def _unknown(scenario: Scenario, incident: Mapping[str, Any]) -> Iterator[Finding]:
    """Facts that look misspelt. Others may be for a later wave or for a template of the user's own."""
    given = {name for _where, name, _value in _given(incident)}
    free = set(scenario.facts) - given
    for where, name, _value in _given(incident):
        if name not in scenario.facts and get_close_matches(name, free, n=1):
            problem = f"The template knows no fact `{name}`{suggestion(name, free)}"
            yield _finding("fact-unknown", where, problem, "Correct the name, or delete it.", Severity.WARNING)


def _untranslated(name: str, incident: Mapping[str, Any], languages: Sequence[str]) -> Iterator[Finding]:
    """A sentence outside the languages' tables would stand in the middle of letters in another language."""
    for language in languages:
        if name in _table(incident, language):
            continue
        problem = f"The sentence `{name}` is not given in the language `{language}`."
        yield _finding("fact-untranslated", f"[incident.{language}]", problem, f"Write `{name}` there.")


def _missing(name: str, fact: Fact, incident: Mapping[str, Any], languages: Sequence[str]) -> Iterator[Finding]:
    absent = [language for language in languages if name not in facts_for(incident, language)]
    if absent and fact.required:
        told = sorted(set(languages) - set(absent))
        for where in [f"[incident.{language}]" for language in absent] if told else ["[incident]"]:
            yield _finding("fact-missing", where, f"The fact `{name}` is missing.", f"Write it there: {fact.comment}")


def _wrong(name: str, fact: Fact, incident: Mapping[str, Any]) -> Iterator[Finding]:
    for where, given, value in _given(incident):
        if given != name:
            continue
        if problem := _problem(fact.type, value):
            yield _finding("fact-invalid", f"{where} {name}", f"The fact {problem}", fact.comment)
        elif fact.type is FactType.SENTENCE and not value.rstrip().endswith(_SENTENCE_END):
            problem = "The sentence does not end with a full stop."
            yield _finding("fact-unfinished", f"{where} {name}", problem, "Write a whole sentence.", Severity.WARNING)


def _problem(kind: FactType, value: Any) -> str:
    """What is wrong with a fact, as the end of a sentence; "" for nothing."""
    if kind is FactType.DATETIME:
        return _moment_problem(value)
    if kind is FactType.DATE:
        is_date = isinstance(value, date) and not isinstance(value, datetime)
        return "" if is_date else "is not a date such as 2026-11-20."
    if kind is FactType.NUMBER:
        is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
        return "" if is_number else "is not a number."
    if not isinstance(value, str) or not value.strip():
        return "is not a text."
    if control := _CONTROL.search(value):
        return f"holds the control character {control[0]!r}."
    return _url_problem(value) if kind is FactType.URL else ""


def _moment_problem(value: Any) -> str:
    if not isinstance(value, datetime):
        return "is not a moment such as 2026-11-20T09:12:00Z."
    return "" if value.tzinfo else "does not say its time zone; write it like 2026-11-20T09:12:00Z."


def _url_problem(value: str) -> str:
    try:
        link(value)
    except ValueError as error:
        return f"cannot be linked to: {error}"
    return ""


def _given(incident: Mapping[str, Any]) -> Iterator[tuple[str, str, Any]]:
    """Every fact with the table that it stands in."""
    for name, value in incident.items():
        if is_language_table(name, value):
            yield from ((f"[incident.{name}]", inner, each) for inner, each in value.items())
        else:
            yield "[incident]", name, value


def _table(incident: Mapping[str, Any], language: str) -> Mapping[str, Any]:
    value = incident.get(language)
    return value if isinstance(value, Mapping) and is_language_table(language, value) else {}


def _finding(code: str, where: str, problem: str, advice: str, severity: Severity = Severity.ERROR) -> Finding:
    return Finding(code=code, severity=severity, where=f"campaign.toml, {where}", problem=problem, advice=advice)
