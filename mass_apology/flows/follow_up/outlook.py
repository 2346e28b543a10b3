"""What all follow-ups come to as things stand: who gets what and when, and what is expected of the waves after them."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.flows.continuity.outside import compare_ledger, require_ledger
from mass_apology.flows.follow_up.consent import require_follow_ups
from mass_apology.flows.follow_up.wave_plan import BATCH, WavePlan
from mass_apology.flows.follow_up.wave_renaming import renaming_findings
from mass_apology.flows.plan.plan import changed_parts
from mass_apology.flows.suppressing import suppressed
from mass_apology.ledger.further_waves import Armed, Candidate
from mass_apology.model import Finding, Status
from mass_apology.preflight import Asked
from mass_apology.schedule import Calendar, Day, Decision, Due, LeftOut, waves
from mass_apology.workspace.workspace import Workspace


class WaveOutlook(Struct, frozen=True, kw_only=True):
    """One wave, as things stand."""

    name: str
    template: str
    letters: int  # that are planned already, or due now or later
    planned: int  # of these: those that are in the ledger
    expected: int  # further letters, if all that are due before them are accepted when they are due
    armed: int | None  # the number agreed to; None where nobody has
    changed: tuple[str, ...]  # what differs from what was agreed to
    findings: tuple[Finding, ...]  # about the letters' languages, and whether it may have gone under another name


class Outlook(Struct, frozen=True, kw_only=True):
    """All waves, as things stand."""

    campaign: str
    waves: tuple[WaveOutlook, ...]
    days: tuple[Day, ...]
    expected: tuple[Day, ...]  # of the letters that are expected
    left_out: tuple[LeftOut, ...]
    notes: tuple[tuple[str, int], ...]  # what was not understood of where people are, with the number of letters
    findings: tuple[Finding, ...]  # where the ledger knows less than what lies outside it


def outlook(workspace: Workspace, *, now: float | None = None) -> Outlook:
    """Who would get what, and when. Only reads."""
    campaign = workspace.campaign
    require_follow_ups(campaign)
    require_ledger(workspace)
    findings = compare_ledger(workspace).findings
    with (
        workspace.ledger_store.read(campaign.name) as ledger,
        suppressed(workspace) as suppressions,
    ):
        plans = [WavePlan(workspace, ledger, wave, suppressions) for wave in waves(campaign.follow_up)]
        ahead = _Ahead(plans, time.time() if now is None else now)
        for plan in plans:
            ahead.look(plan)
        consents = ledger.waves.armed()
        found = [
            ahead.wave_outlook(
                plan,
                planned=ledger.waves.planned(plan.wave.name),
                consent=consents.get(plan.wave.name),
                parts=workspace.wave_parts(plan.wave.template),
            )
            for plan in plans
        ]
        found = [
            replace(
                each,
                findings=(*renaming_findings(ledger, campaign, plan.wave, _holding(consents, each)), *each.findings),
            )
            for each, plan in zip(found, plans, strict=True)
        ]
    return Outlook(
        campaign=campaign.name,
        waves=tuple(found),
        days=tuple(ahead.calendar.days()),
        expected=tuple(ahead.expected.days()),
        left_out=tuple(ahead.calendar.left_out()),
        notes=tuple(ahead.calendar.notes()),
        findings=findings,
    )


def _holding(consents: Mapping[str, Armed], wave: WaveOutlook) -> Armed | None:
    """The consent to the wave, where it still holds."""
    return None if wave.changed else consents.get(wave.name)


class _Ahead:
    """Adds up what is due, and what would be due in the waves after that."""

    def __init__(self, plans: Sequence[WavePlan], now: float) -> None:
        self.calendar = Calendar()
        self.expected = Calendar()
        self._now = now
        self._due: Counter[str] = Counter()
        self._expected: Counter[str] = Counter()
        self._asked: defaultdict[str, Counter[Asked]] = defaultdict(Counter)
        self._after: defaultdict[str, list[WavePlan]] = defaultdict(list)  # by the wave before
        for plan in plans:
            self._after[plan.wave.from_wave].append(plan)

    def look(self, plan: WavePlan) -> None:
        """Everybody of whom the ledger can tell whether they get a letter of this wave."""
        name = plan.wave.name
        accepted: list[Candidate] = []
        for candidate, decision in plan.decisions(self._now):
            self.calendar.add(name, decision)
            if isinstance(decision, Due):
                self._due[name] += 1
                self._asked[name][plan.asked(candidate)] += 1
            self._take(accepted, name, candidate, decision)
        self._expect(name, accepted)

    def wave_outlook(
        self, plan: WavePlan, *, planned: int, consent: Armed | None, parts: Mapping[str, str]
    ) -> WaveOutlook:
        wave = plan.wave
        return WaveOutlook(
            name=wave.name,
            template=wave.template,
            letters=self._due[wave.name] + planned,
            planned=planned,
            expected=self._expected[wave.name],
            armed=consent.letters if consent else None,
            changed=changed_parts(consent.digest_parts, parts) if consent else (),
            findings=tuple(plan.language_findings(self._asked[wave.name])),
        )

    def _take(self, accepted: list[Candidate], wave: str, candidate: Candidate, decision: Decision) -> None:
        """Keep somebody as if their letter of the wave were accepted when it is due, a batch at a time."""
        if not (self._after[wave] and isinstance(decision, Due)):
            return
        accepted.append(
            replace(candidate, status=Status.ACCEPTED, accepted_at=decision.at, next_delivery=None, next_status=None)
        )
        if len(accepted) == BATCH:
            self._expect(wave, accepted)
            accepted.clear()

    def _expect(self, wave: str, accepted: Sequence[Candidate]) -> None:
        for plan in self._after[wave] if accepted else ():
            name = plan.wave.name
            further: list[Candidate] = []
            for candidate, decision in plan.decided(accepted, self._now):
                if isinstance(decision, Due):
                    self.expected.add(name, decision)
                    self._expected[name] += 1
                    self._asked[name][plan.asked(candidate)] += 1
                self._take(further, name, candidate, decision)
            self._expect(name, further)
