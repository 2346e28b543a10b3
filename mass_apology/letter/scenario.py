"""``scenario.toml`` beside the letters: the facts they tell, and whether a campaign's ``[incident]`` gives them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal

from msgspec import Struct, field

from mass_apology.errors import TemplateError
from mass_apology.letter.markup import source
from mass_apology.letter.markup.sandbox import link
from mass_apology.letter.values import Fields, facts_for, is_language_table, suggestion
from mass_apology.model import Finding, Severity
from mass_apology.near_misses import nearest
from mass_apology.settings import Campaign, ColumnType, Register
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.type_errors import converted

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
_SENTENCE_END = (".", "!", "?")
_CLOSING_MARKS = "\"'”“»’)]"


class FactType(StrEnum):
    """What a fact of the incident holds."""

    TEXT = "text"  # a name or number that reads the same in every language
    SENTENCE = "sentence"  # a whole sentence, one for each language that is written to
    DATETIME = "datetime"  # with its offset: 2026-11-20T09:12:00Z
    DATE = "date"  # 2026-11-20
    NUMBER = "number"
    CHOICE = "choice"  # one of the fact's ``choices``, by which the letter's wording differs
    URL = "url"  # an address to link to: https:, mailto: or tel:


# Exact types: a moment is a date, too, for Python, and true a number.
_UNQUOTED: Mapping[FactType, tuple[str, frozenset[type]]] = MappingProxyType(
    {
        FactType.DATETIME: ("a moment such as 2026-11-20T09:12:00Z", frozenset({datetime})),
        FactType.DATE: ("a date such as 2026-11-20", frozenset({date})),
        FactType.NUMBER: ("a number such as 192", frozenset({int, float, Decimal})),
    }
)


class Fact(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One fact that the letters tell."""

    type: FactType
    comment: str  # what to write there, as a line in campaign.toml
    example: Any  # a value; for what each language says its own way, a table of one for each
    required: bool = False
    promised: str = ""  # of a date: what the letters promise by then, as a phrase: "the money back"
    choices: tuple[str, ...] = ()  # of a choice: its values
    by_language: bool = False  # a text that each language says its own way, as every sentence is

    @property
    def is_translated(self) -> bool:
        """Whether it stands in the tables of the languages."""
        return self.by_language or self.type is FactType.SENTENCE

    def example_in(self, language: str) -> Any:
        """The example in a language, else in English; "" where there is neither."""
        if not isinstance(self.example, Mapping):
            return self.example
        return self.example.get(language) or self.example.get("en", "")


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
    informal: bool = True  # whether an informal letter is fit; not after a breach or a charge, say
    campaign_purpose: Literal["safety", "service", "marketing"] = "service"  # where campaign.toml gives no `purpose`


class Gap(Struct, frozen=True, kw_only=True):
    """A fact that letters in a language cannot be written without."""

    fact: str
    language: str


def load_scenario(scenario: str, directories: Sequence[Path]) -> Scenario:
    """Read the scenario's file. ``TemplateError`` names what it says that cannot be used."""
    path = source.scenario_path(scenario, directories)
    if path is None:
        return Scenario()
    try:
        told = parse_toml(source.read(path))
        _check_tables(told)
        return converted(told, Scenario)
    except ValueError as error:
        raise TemplateError(f"{path}: {error}.", next_step="Correct the file.") from error


def _check_tables(told: Mapping[str, Any]) -> None:
    """Raise ``ValueError`` with the name of the fact or column that is wrong, which msgspec leaves out."""
    for table, kind in (("facts", Fact), ("columns", Column)):
        entries = told.get(table)
        for name, entry in entries.items() if isinstance(entries, dict) else ():
            try:
                converted(entry, kind)
            except ValueError as error:
                raise ValueError(f"[{table}.{name}]: {error}") from error


def purpose_of(campaign: Campaign, scenario: Scenario) -> str:
    """What the campaign's letters are for, in the words of ``Campaign.purpose``: its own word, else its scenario's."""
    return campaign.purpose or scenario.campaign_purpose


def purpose_findings(campaign: Campaign, scenario: Scenario) -> list[Finding]:
    """A campaign that takes its letters for less urgent than their scenario does."""
    if campaign.purpose in (None, "safety") or scenario.campaign_purpose != "safety":
        return []
    return [
        Finding(
            code="purpose-contradicts",
            severity=Severity.WARNING,
            where="campaign.toml, purpose",
            problem=f'It is "{campaign.purpose}", though the template {campaign.template} is about safety: customers '
            "who asked for no letters would not hear of the danger.",
            advice='Take the line out, or write: purpose = "safety"',
        )
    ]


def register_of(campaign: Campaign, scenario: Scenario) -> Register:
    """How the scenario's letters may speak: as the campaign wants, where it fits."""
    return campaign.register if scenario.informal else "formal"


def register_findings(campaign: Campaign, name: str, scenario: Scenario) -> list[Finding]:
    """An informal campaign about something that a customer takes seriously."""
    if campaign.register == register_of(campaign, scenario):
        return []
    return [
        Finding(
            code="register-unfit",
            severity=Severity.ERROR,
            where="campaign.toml, register",
            problem=f"An informal letter is not fit for the template {name}: customers were harmed, or are in danger.",
            advice='Take the line out, or write: register = "formal"',
        )
    ]


def incident_fields(scenario: Scenario, incident: Mapping[str, Any], language: str) -> Fields:
    """``incident`` as one language's templates see it; the scenario's facts that are not given are empty."""
    return Fields(facts_for(incident, language), known=frozenset(scenario.facts))


def facts_findings(scenario: Scenario, incident: Mapping[str, Any], languages: Sequence[str]) -> list[Finding]:
    """Everything that is wrong with ``[incident]`` for the languages that are written to.

    A fact whose text is empty counts as one that is not given: ``init`` writes the required ones so.
    """
    given = _filled(incident, scenario.facts)
    missing: dict[str, list[str]] = {}  # table → the facts that it lacks
    untranslated: dict[str, list[str]] = {}
    for name, fact in scenario.facts.items():
        told = {language for language in languages if name in facts_for(given, language)}
        if fact.type is FactType.SENTENCE and len(languages) > 1 and told:
            for table in _tables(language for language in languages if name not in _table(given, language)):
                untranslated.setdefault(table, []).append(name)
        elif fact.required:
            absent = [language for language in languages if language not in told]
            for table in _where_missing(fact, incident, absent, languages):
                missing.setdefault(table, []).append(name)
    return [
        *_unknown(scenario, given),
        *_missing(scenario, missing),
        *_untranslated(untranslated),
        *(found for name, fact in scenario.facts.items() for found in _wrong(name, fact, given)),
    ]


def gaps(scenario: Scenario, incident: Mapping[str, Any], languages: Sequence[str]) -> Iterator[Gap]:
    """What ``facts_findings`` has errors about: facts that are missing, not translated or not what they should be."""
    given = _filled(incident, scenario.facts)
    for name, fact in scenario.facts.items():
        told = {language: facts_for(given, language).get(name) for language in languages}
        is_translated = fact.type is FactType.SENTENCE and len(languages) > 1
        is_needed = fact.required or (is_translated and any(value is not None for value in told.values()))
        for language, value in told.items():
            is_elsewhere = is_translated and name not in _table(given, language)
            if is_needed if value is None or is_elsewhere else fact_problem(fact.type, value, fact.choices):
                yield Gap(fact=name, language=language)


def _unknown(scenario: Scenario, incident: Mapping[str, Any]) -> Iterator[Finding]:
    """Facts that look misspelt. Others may be for a later wave or for a template of the user's own."""
    given = {name for _where, name, _value in _given(incident)}
    free = set(scenario.facts) - given
    for where, name, _value in _given(incident):
        if name not in scenario.facts and nearest(name, free):
            problem = f"The template knows no fact `{name}`{suggestion(name, free)}"
            yield _finding("fact-unknown", where, problem, "Correct the name, or delete it.", Severity.WARNING)


def _filled(incident: Mapping[str, Any], known: Collection[str]) -> dict[str, Any]:
    """The incident without known facts whose text is empty."""
    return {
        name: _filled(value, known) if is_language_table(name, value) else value
        for name, value in incident.items()
        if not (name in known and isinstance(value, str) and not value.strip())
    }


def _where_missing(
    fact: Fact, incident: Mapping[str, Any], absent: Sequence[str], languages: Sequence[str]
) -> Sequence[str]:
    """The tables that a missing fact belongs into: a sentence into each language's, where there are such tables."""
    by_language = len(languages) > 1 or any(_table(incident, language) for language in languages)
    if len(absent) < len(languages) or (fact.type is FactType.SENTENCE and by_language):
        return _tables(absent)
    return ["[incident]"] if absent else []


def _missing(scenario: Scenario, missing: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    for where, names in _alike(missing):
        if len(names) == 1:
            problem = f"The fact `{names[0]}` is missing."
            advice = f"Write it there: {scenario.facts[names[0]].comment}"
        else:
            problem = f"{len(names)} facts are missing: {_named(names)}."
            advice = "Write them there. The template's scenario.toml says of each what to write."
        yield _finding("fact-missing", where, problem, advice)


def _untranslated(untranslated: Mapping[str, Sequence[str]]) -> Iterator[Finding]:
    """A sentence outside the languages' tables would stand in the middle of letters in another language."""
    for where, names in _alike(untranslated):
        said = f"The sentence {_named(names)} is" if len(names) == 1 else f"The sentences {_named(names)} are"
        yield _finding("fact-untranslated", where, f"{said} not given in that language.", "Write it there.")


def _alike(tables: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Tables that lack the same facts together, so that a campaign in many languages gets few findings."""
    together: dict[tuple[str, ...], list[str]] = {}
    for table, names in tables.items():
        together.setdefault(tuple(names), []).append(table)
    return ((", ".join(where), names) for names, where in together.items())


def _named(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _tables(languages: Iterable[str]) -> list[str]:
    return [f"[incident.{language}]" for language in languages]


def _wrong(name: str, fact: Fact, incident: Mapping[str, Any]) -> Iterator[Finding]:
    for where, given, value in _given(incident):
        if given != name:
            continue
        if problem := fact_problem(fact.type, value, fact.choices):
            yield _finding("fact-invalid", f"{where} {name}", f"The fact {problem}", fact.comment)
        elif fact.type is FactType.SENTENCE and not is_finished(value):
            problem = "The sentence does not end with a full stop."
            yield _finding("fact-unfinished", f"{where} {name}", problem, "Write a whole sentence.", Severity.WARNING)


def fact_problem(kind: FactType, value: Any, choices: Collection[str] = ()) -> str:
    """What is wrong with a fact, as the end of a sentence; "" for nothing."""
    if kind in _UNQUOTED:
        return _unquoted_problem(kind, value)
    if not isinstance(value, str) or not value.strip():
        return "is not a text."
    if control := _CONTROL.search(value):
        return f"holds the control character {control[0]!r}."
    if kind is FactType.CHOICE and value not in choices:
        return f"is none of {', '.join(f'`{each}`' for each in choices)}."
    return _url_problem(value) if kind is FactType.URL else ""


def is_finished(sentence: str) -> bool:
    """Whether it ends as a sentence does, and does not break off: "We changed it and then …"."""
    spoken = sentence.rstrip().rstrip(_CLOSING_MARKS)
    return spoken.endswith(_SENTENCE_END) and not spoken.endswith("...")


def _unquoted_problem(kind: FactType, value: Any) -> str:
    what, types = _UNQUOTED[kind]
    if isinstance(value, str):
        return f"is a text; write {what}, without quotation marks."
    if isinstance(value, datetime) and kind is FactType.DATETIME and value.tzinfo is None:
        return "does not say its time zone; write it like 2026-11-20T09:12:00Z."
    return "" if type(value) in types else f"is not {what}."


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
