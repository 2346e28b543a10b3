"""The wording of distinct letters as findings: what is said, where it comes from, and in how many letters."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct

from mass_apology.errors import TemplateError
from mass_apology.guards.unfinished import draft_marks, facts
from mass_apology.letter.inspecting.distinct_letters import LINES, MOST, DistinctLetter
from mass_apology.letter.inspecting.leftovers import leftovers
from mass_apology.model import Finding, Severity
from mass_apology.quantities import counted
from mass_apology.settings import AcceptedWording, Campaign
from mass_apology.wording.critic import criticise
from mass_apology.wording.finding import WordingFinding, headline
from mass_apology.wording.reading.text import read_text
from mass_apology.wording.wording_rules import Rules, own_rules, rules

CODE = "wording-"
_SHOWN = 120  # characters of a passage


class _Fault(NamedTuple):
    """One fault, in however many letters."""

    rule: str
    passage: str  # with single blanks; empty where a part is missing
    language: str


class _Told(Struct, kw_only=True):
    """What is known of one fault so far."""

    found: WordingFinding
    where: str
    letters: int = 0
    lines: tuple[int, ...] = ()


class WordingCritic:
    """Reads letters of one campaign and scenario."""

    def __init__(self, campaign: Campaign, folder: Path, scenario: str) -> None:
        """``folder`` is the campaign's, whose own rules go before the shipped ones."""
        self._campaign = campaign
        self._scenario = scenario
        self._folder = folder / "wording"
        self._rules = cache(self._rules_of)

    def faults(self, subject: str, text: str, language: str) -> list[WordingFinding]:
        """What is wrong with one letter, without what the campaign accepts; none in a language without rules."""
        known = self._rules(language)
        if known is None:
            return []
        document = read_text(f"Subject: {subject}\n\n{text}", is_markdown=False, is_template=False)
        found = criticise(document, known, self._scenario)
        return [each for each in found if not _is_accepted(each, self._campaign.wording.accepted)]

    def findings(self, letters: Mapping[str, DistinctLetter]) -> list[Finding]:
        """One finding for each fault, with the number of letters that have it and the first of their lines."""
        try:
            return [*self._told(letters), *_unread(letters)]
        except TemplateError as error:
            return [_broken_rules(error)]

    def _told(self, letters: Mapping[str, DistinctLetter]) -> Iterator[Finding]:
        told: dict[_Fault, _Told] = {}
        for letter in letters.values():
            for found in self.faults(letter.subject, letter.text, letter.language):
                if _is_guarded(found):
                    continue
                fault = _Fault(found.rule, " ".join(found.passage.split()), letter.language)
                if (one := told.get(fault)) is None:
                    one = told[fault] = _Told(found=found, where=self._where(fault, letter))
                one.letters += letter.letters
                one.lines = tuple(sorted({*one.lines, *letter.lines})[:LINES])
        yield from (_finding(fault, one) for fault, one in told.items())

    def _where(self, fault: _Fault, letter: DistinctLetter) -> str:
        """The fact, the column or else the template that the passage comes from."""
        if fault.passage:
            for path, value in facts(self._campaign.incident):
                if isinstance(value, str) and fault.passage in " ".join(value.split()):
                    return f"campaign.toml, [incident] {path}"
            for column, cell in letter.cells.items():
                if fault.passage in " ".join(cell.split()):
                    return f"{self._campaign.recipients}, line {letter.lines[0]}, column {column}"
        return f"template {self._scenario}, letter {letter.language}"

    def _rules_of(self, language: str) -> Rules | None:
        own = self._folder / f"{language}.toml"
        return own_rules(language, own) if own.is_file() else rules(language)


def _is_accepted(found: WordingFinding, accepted: Iterable[AcceptedWording]) -> bool:
    passage = " ".join(found.passage.split()).casefold()
    return any(each.rule == found.rule and each.passage.casefold() in passage for each in accepted)


def _is_guarded(found: WordingFinding) -> bool:
    """Whether a guard stops the sending for the same words already: one fault is said once, and meant once."""
    return found.rule == "unfinished" and bool(draft_marks(found.passage) or leftovers("", found.passage))


def sentences_of(found: WordingFinding, whose: str = "") -> tuple[str, str]:
    """What is wrong, with ``whose`` letters it is in, and what to do."""
    said = headline(found.title, found.passage, _SHOWN)
    advice = f"Better: {found.better}" if found.better else "Write it anew."
    return f"{said}{f' ({whose})' if whose else ''}. {found.why}", advice


def _finding(fault: _Fault, told: _Told) -> Finding:
    rows = ", ".join(map(str, told.lines)) + (", …" if told.letters > len(told.lines) else "")
    whose = f"{counted(told.letters, 'letter')}, of {'line' if len(told.lines) == 1 else 'lines'} {rows}"
    problem, advice = sentences_of(told.found, whose)
    return Finding(
        code=f"{CODE}{fault.rule}", severity=told.found.severity, where=told.where, problem=problem, advice=advice
    )


def _broken_rules(error: TemplateError) -> Finding:
    where, _, problem = error.problem.partition(": ")
    return Finding(code="wording-rules", severity=Severity.ERROR, where=where, problem=problem, advice=error.next_step)


def _unread(letters: Mapping[str, DistinctLetter]) -> Iterator[Finding]:
    if len(letters) >= MOST:
        yield Finding(
            code="wording-unread",
            severity=Severity.WARNING,
            where="the letters",
            problem=f"They differ by more than names and numbers, and the wording of the first {MOST:,} was read.",
            advice="Look at others yourself: mass-apology preview.",
        )


def accepted_findings(campaign: Campaign) -> list[Finding]:
    """What the campaign says to leave as it is, for everybody to see."""
    return [
        Finding(
            code="wording-accepted",
            severity=Severity.INFO,
            where="campaign.toml, [[wording.accepted]]",
            problem=f"Accepted wording: {each.rule}{f' in “{each.passage}”' if each.passage else ''}. {each.reason}",
            advice="Nothing needs to be done.",
        )
        for each in campaign.wording.accepted
    ]
