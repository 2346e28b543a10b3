"""What the follow-ups of a campaign lack, told while there is still time: none of it keeps the first letter back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from mass_apology.errors import TemplateError
from mass_apology.letter.scenario import facts_findings, load_scenario
from mass_apology.letter.templates import available_languages
from mass_apology.model import Finding, Severity
from mass_apology.schedule import waves
from mass_apology.settings import Campaign


def findings(campaign: Campaign, directories: Sequence[Path], languages: Sequence[str]) -> Iterator[Finding]:
    """What is missing for the follow-ups in the languages that the first letter is written in, as warnings."""
    for wave in waves(campaign.follow_up):
        where = f"follow-up {wave.name}, template {wave.template}"
        try:
            scenario = load_scenario(wave.template, directories)
            there = available_languages(wave.template, directories)
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


def _finding(code: str, where: str, problem: str, advice: str) -> Finding:
    return Finding(code=code, severity=Severity.WARNING, where=where, problem=problem, advice=advice)
