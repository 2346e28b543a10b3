"""Findings about a plan's letters as a whole: their languages, wording, links, codes, clocks, legal contents."""

from __future__ import annotations

from collections.abc import Iterator

from msgspec.structs import replace

from mass_apology import preflight
from mass_apology.flows.plan import greeting_nobody, later_waves, whose_clock
from mass_apology.flows.plan.guarding import Guards
from mass_apology.flows.plan.plan_record import PlanRecord
from mass_apology.flows.plan.wording_findings import WordingCritic, accepted_findings
from mass_apology.flows.silence import unknown_cause_findings
from mass_apology.letter.letter_writer import Writer
from mass_apology.letter.scenario import purpose_findings, purpose_of
from mass_apology.model import Finding
from mass_apology.preflight import Findings
from mass_apology.workspace.workspace import Workspace


def with_letters_findings(record: PlanRecord, workspace: Workspace, writer: Writer, guards: Guards) -> PlanRecord:
    """The record with these findings, and without the texts that only they need."""
    letters = _Letters(record, workspace, writer, guards)
    found = Findings(record.groups)
    found.add(letters.findings())
    return replace(record, groups=found.groups(), links=letters.links, inspected=replace(record.inspected, distinct={}))


class _Letters:
    """The letters of one plan."""

    def __init__(self, record: PlanRecord, workspace: Workspace, writer: Writer, guards: Guards) -> None:
        self._record = record
        self._workspace = workspace
        self._campaign = workspace.campaign
        self._scenario = workspace.scenario()
        self._writer = writer
        self._guards = guards
        self._languages = tuple(record.counts.languages)
        self.links = writer.links(self._languages)

    def findings(self) -> Iterator[Finding]:
        """All of them."""
        yield from unknown_cause_findings(self._campaign, self._scenario, self._languages)
        yield from later_waves.findings(self._workspace, self._languages)
        yield from self._guards.apply_overrides(self._language_findings())
        yield from self._letters_findings()

    def _language_findings(self) -> list[Finding]:
        campaign = self._campaign
        safety = purpose_of(campaign, self._scenario) == "safety"
        unit = "row" if self._record.counts.merged else "letter"
        found = preflight.fallback_findings(dict(self._record.asked), campaign.template, unit=unit, safety=safety)
        return [*found, *purpose_findings(campaign, self._scenario)]

    def _letters_findings(self) -> Iterator[Finding]:
        campaign, languages, inspected = self._campaign, self._languages, self._record.inspected
        yield from self._writer.language_findings(languages)
        yield from self._guards.apply_overrides(self._writer.legal_findings(inspected.breaches, languages))
        by_language = {language: self._writer.links((language,)) for language in languages}
        yield from preflight.remedies_findings(campaign.remedies, by_language, campaign.template)
        if campaign.codes is not None:
            without = later_waves.without_code(self._workspace, languages)
            yield from preflight.unshown_codes_findings(without, campaign.template)
        header, unnamed = self._record.header, self._record.unnamed
        yield from whose_clock.findings(campaign, header, inspected.unplaced)
        yield from greeting_nobody.findings(campaign, header, letters=self._record.counts.letters, unnamed=unnamed)
        yield from self._writer.unsubscribing_findings()
        critic = WordingCritic(campaign, self._workspace.folder, campaign.template)
        yield from critic.findings(inspected.distinct)
        yield from accepted_findings(campaign)
