"""``facts import`` of an incident page: start, end, component and updates go into ``[incident]``, with their source.

What stands there already and says something else stays, and is a finding; ``overwrite`` takes the page's word.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, tzinfo
from enum import StrEnum, auto
from pathlib import Path
from typing import Any

from msgspec import Struct

from mass_apology.campaign import edit_campaign
from mass_apology.errors import InputError, shell_command
from mass_apology.flows.facts.incident_pages import PageIncident, Update, read_pages
from mass_apology.flows.init.toml_notation import toml, visible
from mass_apology.letter.scenario import FactType
from mass_apology.model import Finding, Severity
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.system.regular_file import read_regular
from mass_apology.system.time_zones import zone_named
from mass_apology.system.toml_edits import Edit
from mass_apology.workspace.workspace import Workspace

STANDARD_INPUT = "-"
LARGEST = 8 << 20  # octets of an answer
CONTRADICTS = "fact-contradicts"

_BEGINNINGS = (b"{", b"[")
_INDENT = "    "


class Outcome(StrEnum):
    """What became of one fact."""

    WRITTEN = auto()
    SAME = auto()  # campaign.toml said so already
    OVERWRITTEN = auto()
    KEPT = auto()  # campaign.toml says something else


class ImportedFact(Struct, frozen=True, kw_only=True):
    """One fact of the page."""

    key: str  # in [incident]
    value: str  # as TOML
    source: str  # "from PagerDuty PT4KHLK, created_at (pagerduty.json)"
    outcome: Outcome
    before: str = ""  # as TOML; empty where there was none


class IncidentImported(Struct, frozen=True, kw_only=True):
    """The result of ``facts import`` of an incident page."""

    page: str
    id: str
    name: str
    facts: tuple[ImportedFact, ...]
    goes_on: bool  # the page knows no end
    findings: tuple[Finding, ...]  # contradictions


class _Fact(Struct, frozen=True):
    """A fact as it would be written."""

    key: str
    value: object
    member: str  # of the JSON


def is_page(source: str) -> bool:
    """Whether this is JSON, or standard input, and so no translator's file."""
    if source == STANDARD_INPUT or Path(source).suffix == ".json":
        return True
    try:
        return read_regular(Path(source), LARGEST).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(_BEGINNINGS)
    except OSError:
        return False


def import_incident(
    workspace: Workspace, source: str, *, incident: str | None = None, overwrite: bool = False, dry_run: bool = False
) -> IncidentImported:
    """Write what the page tells into campaign.toml; with ``dry_run`` only tell it.

    ``source`` is a file, or "-"; ``incident`` chooses one by its id. Raises ``InputError`` with nothing written.
    """
    name = "Standard input" if source == STANDARD_INPUT else source
    chosen = _chosen(read_pages(_octets(source), name), incident, source)
    if chosen.start and chosen.end and chosen.end < chosen.start:
        raise InputError(
            f"{name}: the incident ended at {chosen.end:%Y-%m-%d %H:%M} UTC, before it began.",
            next_step="Correct it on the page, or write the facts into campaign.toml by hand.",
        )
    zone = zone_named(workspace.campaign.time_zone)
    given = workspace.campaign.incident
    facts, edits, findings = [], [], []
    for fact in _facts(workspace, chosen, zone):
        told = _judged(fact, given, chosen, source, zone, overwrite=overwrite)
        facts.append(told)
        if told.outcome in {Outcome.WRITTEN, Outcome.OVERWRITTEN}:
            edits.append(Edit(table=("incident",), key=fact.key, notation=told.value, source=told.source))
        elif told.outcome is Outcome.KEPT:
            findings.append(_contradiction(told))
    if edits and not dry_run:
        edit_campaign(workspace.folder, edits)
    return IncidentImported(
        page=chosen.page,
        id=chosen.id,
        name=chosen.name,
        facts=tuple(facts),
        goes_on=chosen.end is None,
        findings=tuple(findings),
    )


def _octets(source: str) -> bytes:
    try:
        if source != STANDARD_INPUT:
            return read_regular(Path(source), LARGEST)
        octets = sys.stdin.buffer.read(LARGEST + 1)
    except FileNotFoundError:
        raise InputError(f"There is no file {source}.", next_step="Save the page's answer there first.") from None
    except OSError as error:
        raise InputError(
            f"{source} cannot be read: {error.strerror or error}.", next_step="Name a file, or - for standard input."
        ) from error
    if len(octets) > LARGEST:
        raise InputError(
            f"Standard input has more than {LARGEST:,} octets.", next_step="Ask the page for one incident."
        )
    return octets


def _chosen(incidents: list[PageIncident], wanted: str | None, source: str) -> PageIncident:
    by_id = {each.id: each for each in incidents}
    if wanted is not None:
        if wanted in by_id:
            return by_id[wanted]
        raise InputError(
            ended(f"{source} has no incident {wanted}{did_you_mean(wanted, by_id)}"),
            next_step=f"It has: {_named(by_id.values())}.",
        )
    if len(by_id) > 1:
        raise InputError(
            f"{source} tells of {len(by_id)} incidents: {_named(by_id.values())}.",
            next_step=f"Say which: {shell_command('facts', 'import', source, '--incident', incidents[0].id)}",
        )
    return incidents[0]


def _named(found: Iterable[PageIncident]) -> str:
    most, incidents = 10, list(found)
    named = [f"{each.id} ({visible(each.name)[:60]})" if each.name else each.id for each in incidents[:most]]
    return ", ".join([*named, *(["…"] if len(incidents) > most else [])])


def _facts(workspace: Workspace, told: PageIncident, zone: tzinfo) -> Iterator[_Fact]:
    """The facts under the names that the template has for them: a moment, or its day."""
    known = workspace.scenario().facts
    for moment, member, name in ((told.start, told.start_from, "started"), (told.end, told.end_from, "ended")):
        if moment is not None:
            day = f"{name}_on"
            by_day = f"{name}_at" not in known and day in known and known[day].type is FactType.DATE
            yield _Fact(day, moment.astimezone(zone).date(), member) if by_day else _Fact(f"{name}_at", moment, member)
    if told.component:
        yield _Fact("service", told.component, told.component_from)
    if told.updates:
        yield _Fact("updates", told.updates, told.updates_from)


def _judged(
    fact: _Fact, given: Mapping[str, Any], told: PageIncident, source: str, zone: tzinfo, *, overwrite: bool
) -> ImportedFact:
    before = given.get(fact.key)
    if before is None or (isinstance(before, str) and not before.strip()):
        outcome, before = Outcome.WRITTEN, None
    elif _same(before, fact.value, zone):
        outcome = Outcome.SAME
    elif fact.key == "updates" and _continues(before, told.updates):
        outcome = Outcome.OVERWRITTEN
    else:
        outcome = Outcome.OVERWRITTEN if overwrite else Outcome.KEPT
    file = "standard input" if source == STANDARD_INPUT else Path(source).name
    return ImportedFact(
        key=fact.key,
        value=_notation(fact.value),
        source=visible(f"from {told.page} {told.id}, {fact.member} ({file})"),
        outcome=outcome,
        before="" if before is None else _notation(before),
    )


def _same(before: object, now: object, zone: tzinfo) -> bool:
    if isinstance(before, datetime) and isinstance(now, datetime):
        at = before if before.tzinfo else before.replace(tzinfo=zone)
        return at.replace(second=0, microsecond=0) == now.replace(second=0)  # letters tell minutes
    if isinstance(before, str) and isinstance(now, str):
        return " ".join(before.split()).casefold() == now.casefold()
    if isinstance(now, tuple):
        return before == [_as_toml(each) for each in now]
    return before == now


def _continues(before: object, updates: tuple[Update, ...]) -> bool:
    """Whether campaign.toml has the first of these updates, and the page has more by now."""
    return isinstance(before, list) and before == [_as_toml(each) for each in updates[: len(before)]]


def _as_toml(update: Update) -> dict[str, object]:
    return {"at": update.at, "status": update.status, "text": update.text}


def _notation(value: object) -> str:
    if isinstance(value, tuple):
        lines = [
            f"{_INDENT}{{ at = {toml(each.at)}, status = {toml(each.status)}, text = {toml(each.text)} }}"
            for each in value
        ]
        return "[\n" + ",\n".join(lines) + ",\n]"
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return f"[{len(value)} updates]"
    return value.isoformat() if isinstance(value, date) and not isinstance(value, datetime) else toml(value)


def _contradiction(told: ImportedFact) -> Finding:
    if told.key == "updates":
        problem = "The page's updates are others than those in campaign.toml."
    else:
        problem = f"campaign.toml says {told.before}, and the page says {told.value} ({told.source})."
    return Finding(
        code=CONTRADICTS,
        severity=Severity.WARNING,
        where=f"campaign.toml, [incident] {told.key}",
        problem=problem,
        advice="Find out which is right. To take the page's word, run the same command with --overwrite.",
    )
