"""``init``: makes the campaign's folder with campaign.toml and a copy of the customer file."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.campaign import FILE_NAME
from mass_apology.errors import CampaignError, OutputError, shell_command
from mass_apology.flows.init.campaign_writer import CampaignDraft, campaign_toml, written_in
from mass_apology.flows.init.column_matching import Doubt, Match
from mass_apology.flows.init.file_survey import Usable, survey
from mass_apology.flows.init.questions import Ask, Given, answers, chosen_columns, chosen_sheet
from mass_apology.flows.silence import silence
from mass_apology.letter.scenario import Scenario, load_scenario
from mass_apology.letter.template_files import available_languages, shipped_templates
from mass_apology.settings import CsvSettings
from mass_apology.system.bounded_toml import parse_toml
from mass_apology.system.temporary_files import hidden_beside, temporary_folder
from mass_apology.system.toml_edits import edited

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", re.ASCII)


NOTHING_GIVEN = Given()


class InitResult(Struct, frozen=True, kw_only=True):
    """The result of ``init``."""

    folder: Path
    recipients: str  # name of the copied file
    matches: tuple[Match, ...]  # columns and their roles
    doubts: tuple[Doubt, ...]  # roles that the person has to decide
    shown: tuple[str, ...]  # columns that the letters can show
    style: tuple[str, ...]  # how the file writes numbers and dates, as phrases
    style_doubts: tuple[str, ...]  # what of it can be read in two ways, as sentences
    unused: tuple[str, ...]  # columns that nothing uses
    languages: tuple[str, ...]  # of the letters that will be sent to its rows
    trouble: str  # errors of the file, as sentences; empty without any
    sheets: tuple[str, ...]  # of a workbook that has several, where none was chosen: the first is read
    said: Mapping[str, str]  # what options and answers put into campaign.toml: place → value in TOML
    silence: str = ""  # how long ago it began, as a phrase, where that was said
    note: str = ""  # what was taken for granted, as sentences


def init(
    name: str, template: str, recipients_file: Path, given: Given = NOTHING_GIVEN, ask: Ask | None = None
) -> InitResult:
    """Make the folder ``name`` here, with a copy of the file and a campaign.toml to fill in.

    ``given`` and the answers of ``ask`` are written into it; every question is asked before anything is made.

    Raises ``MassApologyError`` if the template or the file cannot be used; nothing is left behind then.
    """
    shipped = (shipped_templates(),)
    letters = available_languages(template, shipped)
    scenario = load_scenario(template, shipped)
    return make_campaign(name, template, scenario, letters, recipients_file, given=given, ask=ask)


def make_campaign(  # noqa: PLR0913 (what a campaign is made of)
    name: str,
    template: str,
    scenario: Scenario,
    letters: tuple[str, ...],
    recipients_file: Path,
    *,
    given: Given,
    ask: Ask | None,
    files: Mapping[str, Path] = MappingProxyType({}),
) -> InitResult:
    """The same for a template that is described already; ``files`` are further ones to copy, by their names."""
    if not _NAME.fullmatch(name):
        raise CampaignError(
            f"{name!r} cannot be a campaign's name.",
            next_step="Use letters, digits, '.', '_' and '-': it becomes a folder and part of every Message-ID.",
        )
    folder = Path(name)
    _refuse_existing(folder)
    found = survey(recipients_file, scenario.columns, stated=CsvSettings(sheet=given.sheet))
    if (sheet := chosen_sheet(found, given, ask)) != given.sheet:
        given = replace(given, sheet=sheet)
        found = survey(recipients_file, scenario.columns, stated=CsvSettings(sheet=sheet))
    if chosen := chosen_columns(found, given, ask):
        found = survey(recipients_file, scenario.columns, chosen, CsvSettings(sheet=given.sheet))
    draft = CampaignDraft(
        name=name, template=template, file=recipients_file.name, letters=letters, scenario=scenario, survey=found
    )
    edits = answers(scenario, given, ask)
    _make(folder, edited(campaign_toml(draft), edits), {recipients_file.name: recipients_file, **files})
    said = {".".join(map(str, (*edit.table, edit.key))): edit.notation for edit in edits}
    return InitResult(
        folder=folder,
        recipients=recipients_file.name,
        matches=found.matches.found,
        doubts=found.matches.doubts,
        shown=tuple(_shown(each) for each in found.usable if each.called == each.name or (each.called and each.fits)),
        style=tuple(f'{key} "{value}", as in {cell}' for key, (value, cell) in found.style.found.items()),
        style_doubts=tuple(found.style.doubts.values()),
        unused=found.unused,
        languages=tuple(written_in(draft)),
        trouble=found.trouble,
        sheets=found.layout.sheets,
        said=said,
        silence=silence(_incident(said), "UTC", time.time()),
    )


def _incident(said: Mapping[str, str]) -> dict[str, Any]:
    """The facts among the values in TOML that were put into campaign.toml."""
    facts = {place.removeprefix("incident."): value for place, value in said.items() if place.startswith("incident.")}
    return {name: parse_toml(f"value = {value}")["value"] for name, value in facts.items()}


def _shown(usable: Usable) -> str:
    return usable.name if usable.called == usable.name else f"{usable.name} ({usable.called})"


def _refuse_existing(folder: Path) -> None:
    if folder.exists():
        raise OutputError(
            f"{folder} exists already.",
            next_step=f"Choose another name, or work on: {shell_command('check', '-C', folder)}",
        )


def _make(folder: Path, text: str, files: Mapping[str, Path]) -> None:
    """Fill a hidden folder, and give it its name when it is whole."""
    try:
        made = temporary_folder(hidden_beside(folder))
        try:
            (made / FILE_NAME).write_text(text, encoding="utf-8")
            for name, path in files.items():
                (made / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, made / name)
                (made / name).chmod(0o600)
            _refuse_existing(folder)
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be made: {error.strerror or error}.",
            next_step="Make room or rights here, then run it again.",
        ) from error
