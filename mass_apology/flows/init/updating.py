"""``init --update``: adds to an existing campaign.toml what its file and its letters ask for since it was written.

What a person wrote stays as it is; what is added is empty, or matched by the file's own names, and has its explanation.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct

from mass_apology.campaign import FILE_NAME, edit_campaign
from mass_apology.flows.facts.translatable import campaign_facts, require_language
from mass_apology.flows.init.column_matching import USUAL, Doubt
from mass_apology.flows.init.file_survey import Survey, survey
from mass_apology.flows.init.toml_notation import remark, toml
from mass_apology.letter.scenario import Fact
from mass_apology.letter.template_files import available_languages
from mass_apology.letter.values import is_language_table
from mass_apology.settings import Campaign, ColumnType
from mass_apology.system.toml_edits import Edit, commented
from mass_apology.workspace.workspace import Workspace


class Updated(Struct, frozen=True, kw_only=True):
    """The result of ``init --update``."""

    added: tuple[str, ...]  # "[incident.lv] harm": each new key and its table
    doubts: tuple[Doubt, ...]  # parts that the person has to decide
    trouble: str  # why the file cannot be read to its end; empty where it can, and where there is none


def update(workspace: Workspace, *, languages: Sequence[str] = (), template: str | None = None) -> Updated:
    """Add what is missing; ``languages`` are wanted whatever the rows say, ``template`` is that of a correction.

    Raises ``MassApologyError`` with nothing written.
    """
    for language in languages:
        require_language(language, "--language")
    facts = campaign_facts(workspace, *((template,) if template else ()))
    found = _surveyed(workspace)
    text = (workspace.folder / FILE_NAME).read_text(encoding="utf-8-sig")
    told_in = _languages(workspace, found, languages)
    edits = [
        *(_columns(workspace.campaign, found) if found else ()),
        *(_types(workspace.campaign, found) if found else ()),
        *_facts(facts, workspace.campaign.incident, told_in, text),
    ]
    if edits:
        edit_campaign(workspace.folder, edits)
    columns = workspace.campaign.columns
    named = {*columns.released, *(part for part, column in columns.parts.items() if column)}
    return Updated(
        added=tuple(_place(edit) for edit in edits),
        doubts=tuple(each for each in found.matches.doubts if each.role not in named) if found else (),
        trouble=found.trouble if found else "",
    )


def _surveyed(workspace: Workspace) -> Survey | None:
    path, campaign = workspace.recipients_path, workspace.campaign
    if not path.exists():  # purged, or moved away after the sending
        return None
    return survey(path, workspace.scenario().columns, stated=campaign.csv)


def _languages(workspace: Workspace, found: Survey | None, wanted: Sequence[str]) -> list[str]:
    """The languages that facts are told in: those of the file's rows, of tables that are there, and the wanted ones."""
    campaign = workspace.campaign
    letters = available_languages(campaign.template, workspace.template_directories)
    fallback = next((each for each in campaign.languages if each in letters), letters[0])
    rows = [tag if tag in letters else fallback for tag in found.languages] if found else []
    tables = [name for name, value in campaign.incident.items() if is_language_table(name, value)]
    return list(dict.fromkeys([*tables, *(rows or [fallback]), *wanted]))


def _columns(campaign: Campaign, found: Survey) -> Iterator[Edit]:
    """Parts that no column plays yet, and columns of the letters that the file calls otherwise."""
    columns, header = campaign.columns, found.layout.header
    parts = columns.parts
    named = [*(parts[part] or part for part in parts), *columns.made]
    in_use = {column for name in named for column in columns.sources(name)}
    for match in found.matches.found:
        if match.role in columns.released:
            continue
        stated = parts.get(match.role)
        if in_use.intersection(match.columns) or match.columns == (USUAL.get(match.role),):
            continue
        if stated and (stated in header or stated != USUAL.get(match.role)):
            continue  # it has its column; one that the file has no more is check's to name
        yield Edit(table=("columns",), key=match.role, notation=toml(match.source), remark=tuple(remark(match.why)))
    for each in found.usable:
        if each.called not in {None, each.name} and each.fits and each.name not in columns.made:
            why = tuple(remark("The letters show it; by its name."))
            yield Edit(table=("columns",), key=each.name, notation=toml(each.called), remark=why)


def _types(campaign: Campaign, found: Survey) -> Iterator[Edit]:
    for each in found.usable:
        is_there = each.called == each.name or (each.called is not None and each.fits)
        if is_there and each.column.type is not ColumnType.TEXT and each.name not in campaign.types:
            why = tuple(remark(each.column.comment))
            yield Edit(table=("types",), key=each.name, notation=toml(each.column.type.value), remark=why)


def _facts(
    facts: Mapping[str, Fact], incident: Mapping[str, Any], languages: Sequence[str], text: str
) -> Iterator[Edit]:
    plain = {name: fact for name, fact in facts.items() if not fact.is_translated}
    translated = {name: fact for name, fact in facts.items() if fact.is_translated}
    yield from _missing(plain, incident, ("incident",), text)
    for language in languages:
        table = incident.get(language)
        own = table if is_language_table(language, table) and isinstance(table, Mapping) else {}
        told = {**incident, **own} if len(languages) == 1 else own  # one language alone needs no table of its own
        yield from _missing(translated, told, ("incident", language), text)


def _missing(facts: Mapping[str, Fact], told: Mapping[str, Any], table: tuple[str, ...], text: str) -> Iterator[Edit]:
    shown = commented(text, table)
    missing = {name: fact for name, fact in facts.items() if name not in told and name not in shown}
    # A comment is put behind the last key, before those that were put there already.
    optional = [name for name, fact in missing.items() if not fact.required]
    for name in [*(name for name in missing if name not in optional), *reversed(optional)]:
        fact = missing[name]
        needed = "required" if fact.required else "optional"
        why = tuple(remark(f"{fact.comment} ({fact.type.value}; {needed})"))
        yield Edit(table=table, key=name, notation='""', remark=why, is_comment=not fact.required)


def _place(edit: Edit) -> str:
    note = ", as a comment: it is optional" if edit.is_comment else ""
    return f"[{'.'.join(map(str, edit.table))}] {edit.key} = {edit.notation}{note}"
