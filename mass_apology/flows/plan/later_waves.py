"""Finds what follow-ups lack, such as a template or a fact, before the first letter; only warnings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from mass_apology.errors import TemplateError
from mass_apology.letter.markup.printed import prints
from mass_apology.letter.markup.source import layout_paths, read
from mass_apology.letter.scenario import facts_findings
from mass_apology.letter.template_files import available_languages, letter_texts
from mass_apology.model import Finding, Severity
from mass_apology.schedule import waves
from mass_apology.workspace.workspace import Workspace


def findings(workspace: Workspace, languages: Sequence[str]) -> Iterator[Finding]:
    """Warnings about missing letters and facts of the follow-ups, in the languages of the first letter."""
    campaign = workspace.campaign
    for wave in waves(campaign.follow_up):
        where = f"follow-up {wave.name}, template {wave.template}"
        try:
            scenario = workspace.scenario(wave.template)
            there = available_languages(wave.template, workspace.template_directories)
        except TemplateError as error:
            yield _finding("follow-up-template", where, error.problem, error.next_step)
            continue
        absent = [language for language in languages if language not in there]
        if absent:
            problem = (
                f"There is no letter in {', '.join(absent)}: those customers will be written to in another language."
            )
            yield _finding("follow-up-language", where, problem, "Write it, or accept the fallback along `languages`.")
        for found in facts_findings(scenario, campaign.incident, languages):
            if found.severity is Severity.ERROR:
                yield replace(
                    found, code=f"follow-up-{found.code}", severity=Severity.WARNING, where=f"{where}: {found.where}"
                )


def without_code(workspace: Workspace, languages: Sequence[str]) -> list[str]:
    """The languages in which no letter shows ``{{ code }}``, neither the first one nor a follow-up."""
    campaign, directories = workspace.campaign, workspace.template_directories
    templates = (campaign.template, *(wave.template for wave in waves(campaign.follow_up)))
    layout = [read(path) for path in layout_paths(campaign.layout, directories) if path]
    if any(prints(text, "code") for text in layout):
        return []
    return [
        language
        for language in languages
        if not any(prints(text, "code") for name in templates for text in _texts(name, language, directories))
    ]


def _texts(template: str, language: str, directories: Sequence[Path]) -> list[str]:
    try:
        return [text for _, text in letter_texts(template, [language], directories)]
    except TemplateError:  # ``findings`` reports the missing letter
        return []


def _finding(code: str, where: str, problem: str, advice: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, where=where, problem=problem, advice=advice)
