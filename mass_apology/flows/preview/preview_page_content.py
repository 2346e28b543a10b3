"""Writes finished letters as the preview page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

from msgspec.structs import replace

from mass_apology.flows.output import new_file
from mass_apology.flows.plan.wording_findings import CODE, WordingCritic, sentences_of
from mass_apology.flows.preview.finished_letters import Finished
from mass_apology.flows.preview.letter_choice import Kind
from mass_apology.flows.preview.reading_back import Mail, read_back
from mass_apology.flows.preview.shown_letters import Shown
from mass_apology.letter.inspecting.leftovers import leftovers
from mass_apology.model import Finding
from mass_apology.pages.preview_page import (
    Head,
    Letter,
    LetterFinding,
    preview_page,
)
from mass_apology.settings import Campaign
from mass_apology.system.timestamps import utc_minute
from mass_apology.wording.finding import WordingFinding


class Page:
    """Collects the letters of one page."""

    def __init__(
        self, campaign: Campaign, shown: Shown, critic: WordingCritic, *, made_at: float, notes: Sequence[str]
    ) -> None:
        self._critic = critic
        self._head = Head(
            campaign=campaign.name,
            template=shown.template,
            wave=shown.wave,
            code=shown.code,
            made_at=utc_minute(made_at),
            letters=shown.at_check or shown.total,
            notes=tuple(notes),
            lacking=shown.examples,
        )
        self._letters: list[Letter] = []

    def add(self, letters: Sequence[Finished], kinds: Sequence[Kind]) -> None:
        """Add letters, each with its kind."""
        self._letters += [_letter(letter, kind, self._critic) for letter, kind in zip(letters, kinds, strict=True)]

    def write(self, path: Path, *, force: bool) -> None:
        """Write the page. Raises ``OutputError``."""
        with new_file(path, force=force) as file:
            file.writelines(preview_page(self._head, _without_common_conditions(self._letters)))


def _without_common_conditions(letters: Sequence[Letter]) -> Iterator[Letter]:
    """The letters without conditions that hold for all letters of their language, which distinguish none."""
    shared: dict[str, set[str]] = {}
    for letter in letters:
        shared.setdefault(letter.language, set(letter.variant)).intersection_update(letter.variant)
    for letter in letters:
        own = tuple(each for each in letter.variant if each not in shared[letter.language])
        yield replace(letter, variant=own)


def _letter(letter: Finished, kind: Kind, critic: WordingCritic) -> Letter:
    mail, delivery = read_back(letter.message.data), letter.delivery
    wording = critic.faults(mail.subject, mail.text, delivery.language)
    return Letter(
        number=letter.number,
        line=delivery.first_line,
        name=delivery.name,
        address=delivery.address,
        language=delivery.language,
        domain=delivery.address.rpartition("@")[2],
        segments=kind.segments,
        variant=kind.variant,
        subject=mail.subject,
        text=mail.text,
        html=mail.html or _as_page(mail.text),
        source=letter.message.data.decode().replace("\r\n", "\n"),
        images=mail.images,
        findings=(*(_finding(each, mail) for each in letter.findings), *map(_of_wording, wording)),
    )


def _as_page(text: str) -> str:
    """What a mail program shows of a letter in plain text alone."""
    return f'<pre style="white-space: pre-wrap">{escape(text)}</pre>'


def _finding(finding: Finding, mail: Mail) -> LetterFinding:
    """The finding, with the words of the letter that the page marks."""
    left = [word for each in leftovers(mail.subject, mail.text) if each.kind == finding.code for word in each.words]
    return LetterFinding(
        severity=finding.severity,
        code=finding.code,
        problem=finding.problem,
        advice=finding.advice,
        marks=tuple(left),
    )


def _of_wording(found: WordingFinding) -> LetterFinding:
    """The finding, with its passage marked: as the text has it, and without line ends as the HTML has it."""
    problem, advice = sentences_of(found)
    return LetterFinding(
        severity=found.severity,
        code=f"{CODE}{found.rule}",
        problem=problem,
        advice=advice,
        marks=tuple(dict.fromkeys((found.passage, " ".join(found.passage.split())))) if found.passage else (),
    )
