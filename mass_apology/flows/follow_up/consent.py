"""A person's consent to waves: what would go, looked at, rendered and agreed to by its number."""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence

from mass_apology.errors import ConfirmationError
from mass_apology.flows.continuity.outside import require_complete
from mass_apology.flows.follow_up.wave_plan import WavePlan
from mass_apology.flows.follow_up.wave_renaming import renaming_findings
from mass_apology.flows.holding import shared_ledger
from mass_apology.flows.operator import OnProgress, disagreement, user_name
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.guarding import require_overridden
from mass_apology.flows.suppressing import suppressed
from mass_apology.ledger import Records
from mass_apology.ledger.further_waves import Armed
from mass_apology.letter.render_pool import RenderPool, processes_for
from mass_apology.model import DUE, NO_LETTER, Delivery, Finding, LargestLetter, Severity, Status, largest_of
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.preflight import Findings
from mass_apology.quantities import are, counted
from mass_apology.schedule import Decision, Due, Not, Reason, Wave, waves
from mass_apology.settings import Campaign
from mass_apology.workspace.workspace import Workspace

BATCH = 1000


async def agree(  # noqa: PLR0913 (what a consent has to do with)
    workspace: Workspace,
    name: str,
    count: Callable[[int], str],
    *,
    confirm: int | None,
    on_progress: OnProgress,
    notice: Callable[[Sequence[Finding]], None] = lambda _: None,
    override: Collection[str] = (),
) -> Armed:
    """Arm one wave: every letter is rendered, and the number of letters is typed or given.

    ``notice`` is told what a person should know before typing it; ``override`` are codes of guards that are not to stop
    it.

    Raises ``ConfirmationError`` where a letter cannot be written, or where the number is another; then nothing is
    armed.
    """
    campaign = workspace.campaign
    wave = wave_named(campaign, name)
    parts = dict(workspace.wave_parts(wave.template))  # before anything is looked at: what changes later was not seen
    notice(require_complete(workspace, override).findings)
    with shared_ledger(workspace) as ledger, suppressed(workspace) as suppressions:
        renamed = renaming_findings(ledger, campaign, wave, None, override)
        require_overridden(renamed, "It is not armed")
        wave_plan = WavePlan(workspace, ledger, wave, suppressions)
        decisions = list(wave_plan.decisions(time.time()))
        whom = [who for who, decision in decisions if isinstance(decision, Due)]
        due = wave_plan.letters(whom)
        await require_writable(wave_plan, due, on_progress)
        letters = len(due) + ledger.waves.planned(wave.name)
        if not letters:
            raise ConfirmationError(
                f"Nobody is to get the wave {name} yet, so there is nothing to agree to; it is not armed.",
                next_step="A wave is armed once letters of the wave before are accepted. Look at: "
                "mass-apology follow-up --plan",
            )
        notice(
            [
                *renamed,
                *wave_plan.language_findings(Counter(map(wave_plan.asked, whom))),
                *_still_sending(ledger, wave),
                *_left_out(wave, [decision for _, decision in decisions]),
            ]
        )
        if said := disagreement(letters, confirm, count):
            raise ConfirmationError(
                f"The wave {name} is of {counted(letters, 'letter')}, but {said}; it is not armed.",
                next_step=f"Look at: mass-apology follow-up --plan. To arm it: "
                f"mass-apology follow-up --arm {name} --confirm {letters}",
            )
        if changed := plan.changed_parts(parts, workspace.reopened().wave_parts(wave.template)):
            raise ConfirmationError(
                f"{' and '.join(changed)} changed while the number was asked for; the wave {name} is not armed.",
                next_step=f"Look at what it says now, then run again: mass-apology follow-up --arm {name}",
            )
        consent = Armed(wave=name, at=time.time(), by=user_name(), letters=letters, digest_parts=parts)
        ledger.waves.arm(consent, overridden=[each.code for each in renamed])
    return consent


def _still_sending(ledger: Records, wave: Wave) -> Iterator[Finding]:
    """The wave before goes on, so that this one is of more letters in the end than are counted now."""
    counts = ledger.counts(wave.from_wave)
    on_the_way = sum(counts[status] for status in (*DUE, Status.HANDING_OVER))
    if on_the_way:
        yield Finding(
            code="wave-before-unfinished",
            severity=Severity.WARNING,
            where=f"follow-up {wave.name}",
            problem=f"{counted(on_the_way, 'letter')} of the wave {wave.from_wave} {are(on_the_way)} still due or on "
            "the way: who gets such a letter is not counted here yet.",
            advice=f"Once they are sent, arm it again for all: mass-apology follow-up --arm {wave.name}",
        )


def _left_out(wave: Wave, decisions: Sequence[Decision]) -> Iterator[Finding]:
    """Who gets none because they have answered: a person who arms the wave must know that they wait for something."""
    left_out = sum(isinstance(decision, Not) and decision.reason is Reason.REPLIED for decision in decisions)
    if left_out:
        yield Finding(
            code="replied-left-out",
            severity=Severity.INFO,
            where=f"follow-up {wave.name}",
            problem=f"{counted(left_out, 'person', 'people')} who replied {are(left_out)} left out (unless_replied).",
            advice="See that each gets an answer. Who waits for one: mass-apology answers",
        )


async def require_writable(wave_plan: WavePlan, letters: list[Delivery], on_progress: OnProgress) -> LargestLetter:
    """Render all of these letters, and say which is the largest.

    Raises ``ConfirmationError`` where one cannot be written. Facts that are missing are told before, all of them: a
    letter that is rendered stops at the first.
    """
    if lacking := wave_plan.fact_errors(letters):
        raise ConfirmationError(
            f"The wave {wave_plan.wave.name} cannot go. {' '.join(map(_told, lacking))}",
            next_step="Write these facts into campaign.toml (the template's scenario.toml explains them), then run it "
            "again.",
        )
    findings = Findings()
    largest = NO_LETTER
    processes = processes_for(len(letters), os.cpu_count() or 1)
    async with RenderPool(wave_plan.recipe, processes=processes) as render_pool:
        for start in range(0, len(letters), BATCH):
            found = await render_pool.check(letters[start : start + BATCH])
            findings.add(found.findings)
            largest = largest_of((largest, found.largest))
            on_progress("rendering letters", min(start + BATCH, len(letters)), len(letters))
    errors = [group for group in findings.groups() if group.severity is Severity.ERROR]
    if errors:
        hopeless = counted(sum(group.count for group in errors), "letter")
        raise ConfirmationError(
            f"{hopeless} of the wave {wave_plan.wave.name} cannot go. {_told(errors[0].examples[0])}",
            next_step="Mend the template, the fact in campaign.toml or the customer's row, then run it again.",
        )
    return largest


def wave_named(campaign: Campaign, name: str) -> Wave:
    """The campaign's wave of this name. Raises ``ConfirmationError`` where there is none."""
    require_follow_ups(campaign)
    by_name = {wave.name: wave for wave in waves(campaign.follow_up)}
    if name not in by_name:
        raise ConfirmationError(
            ended(f"There is no follow-up {name} in campaign.toml{did_you_mean(name, by_name)}"),
            next_step=f"There are: {', '.join(by_name)}.",
        )
    return by_name[name]


def require_follow_ups(campaign: Campaign) -> None:
    """Raise ``ConfirmationError`` where the campaign has none."""
    if not campaign.follow_up:
        raise ConfirmationError(
            "This campaign has no follow-ups.",
            next_step="Describe one in campaign.toml: [[follow_up]] with template and after (docs/follow-ups.md).",
        )


def _told(finding: Finding) -> str:
    return f"{finding.where}: {finding.problem}"
