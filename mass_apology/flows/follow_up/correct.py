"""``correct``: a letter to exactly those whose accepted letter had the error, in its thread, after a typed count."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping

from mass_apology.errors import ConfirmationError
from mass_apology.flows import event_loop
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.follow_up.affected import (
    CorrectOptions,
    affected,
    changed_customers,
    require_affected,
    require_known_digest,
    require_known_wave,
    wave_of,
)
from mass_apology.flows.follow_up.consent import require_writable
from mass_apology.flows.follow_up.wave_plan import WavePlan
from mass_apology.flows.holding import sending_ledger
from mass_apology.flows.notify.notifier import Notifier, notifying
from mass_apology.flows.notify.occasions import end_of_run
from mass_apology.flows.operator import disagreement
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.guarding import require_overridden
from mass_apology.flows.plan.size_limit import size_findings
from mass_apology.flows.send.closing import close_if_shared, is_told_by_the_last
from mass_apology.flows.send.confirmed import Confirmed, Further, resendable
from mass_apology.flows.send.sending_run import (
    Operator,
    RunResult,
    SendingRun,
)
from mass_apology.flows.send.stopped_letters import withhold_barred
from mass_apology.flows.suppressing import suppressed
from mass_apology.guards import AGAIN
from mass_apology.ledger import Ledger
from mass_apology.ledger.recorded import digest_of
from mass_apology.model import FIRST_WAVE
from mass_apology.quantities import counted
from mass_apology.schedule import is_resend_wave, is_wave_name, waves
from mass_apology.settings import Campaign, ScheduleSettings
from mass_apology.workspace.workspace import Workspace

AT_ONCE = ScheduleSettings(hours="00:00-24:00", weekdays="mon-sun")
"""A wrong letter is corrected at once, whatever the hour."""


def correct(workspace: Workspace, options: CorrectOptions, operator: Operator) -> RunResult:
    """Send it. Raises ``MassApologyError`` with nothing sent, or with what was sent recorded."""
    with notifying(workspace, operator.notice) as notifier:
        ended = event_loop.run(_correct(workspace, options, operator, notifier))
        if not is_told_by_the_last(ended):
            notifier.tell(end_of_run(ended), options.name, sent=ended.sent)
    return close_if_shared(workspace, ended, options.name, operator.notice)


async def _correct(workspace: Workspace, options: CorrectOptions, operator: Operator, notifier: Notifier) -> RunResult:
    campaign = workspace.campaign
    _require_free_name(campaign, options.name)
    relay = AskedRelay(campaign)
    with (
        sending_ledger(workspace, override=options.override, notice=operator.notice) as ledger,
        suppressed(workspace) as suppressions,
    ):
        parts = workspace.letter_parts(options.template)
        require_known_wave(ledger, options)
        require_known_digest(ledger, options)
        changes = await changed_customers(workspace, ledger, operator.stage) if options.changed else None
        wave_plan = WavePlan(workspace, ledger, wave_of(options), suppressions, schedule=AT_ONCE, changes=changes)
        new = affected(wave_plan, options)
        letters = wave_plan.letters(new)
        largest = await require_writable(wave_plan, letters, operator.stage)
        require_affected(new, ledger, options)
        withhold_barred(ledger, options.name, suppressions)
        resend = resendable(ledger, options.name, wave_plan.gate()) if options.resend_in_doubt else ()
        due = len(new) + plan.due(ledger.counts(options.name)) + len(resend)
        if not due:
            _require_the_same_letter(ledger, options, parts)
            _require_nothing_expected(options, operator)
            return RunResult(counts=ledger.counts(options.name), sent=0, seconds=0.0)
        offered = await relay.extensions()
        too_large = size_findings(
            wave_plan.largest_letter(largest), campaign.recipients, offered, options.override, command=AGAIN
        )
        require_overridden(too_large, "Nothing was sent")
        operator.notice([*too_large, *wave_plan.language_findings(Counter(map(wave_plan.asked, new)))])
        languages = Counter(ledger.waves.languages(options.name, resend)) + Counter(each.language for each in letters)
        _confirm(due, plan.Remaining(languages=languages, set_aside=0), options, operator, campaign)
        theirs = [changes[each.recipient] for each in new] if changes is not None else []
        confirmed = Confirmed(
            wave=options.name,
            template=options.template,
            subject_line=options.subject,
            parts=parts,
            count=due,
            resend=resend,
            further=Further(wave=wave_of(options), schedule=AT_ONCE),
        )
        wave_plan.add(ledger, letters, time.time(), largest=largest, changes=theirs)
        ledger.note(time.time(), f"{counted(due, 'letter')} of the correction {options.name} confirmed")
        access = await relay.access()
        return await SendingRun(workspace, ledger, operator, access, notifier).send(confirmed, wave_plan.gate())


def _require_the_same_letter(ledger: Ledger, options: CorrectOptions, parts: Mapping[str, str]) -> None:
    """Everybody has the correction of this name: of another letter that would be no news to anybody."""
    known = [edition.digest for edition in ledger.editions() if edition.wave == options.name]
    if known and digest_of(parts) not in known:
        raise ConfirmationError(
            f"The correction {options.name} went to everybody it is for, and was made from something else than "
            f"{options.template} as it is now; nothing was sent.",
            next_step=f"To send this letter too, give it a name of its own: --name {options.name}-2",
        )


def _require_nothing_expected(options: CorrectOptions, operator: Operator) -> None:
    if options.confirm is not None and (said := disagreement(0, options.confirm, operator.count)):
        raise ConfirmationError(
            f"0 letters are to be corrected, but {said}; nothing was sent.",
            next_step="See where each letter is: mass-apology status",
        )


def _require_free_name(campaign: Campaign, name: str) -> None:
    if not is_wave_name(name):
        raise ConfirmationError(
            f"{name!r} is no name of a wave: it is words of a-z and 0-9 with '-' between, 60 characters at most.",
            next_step="Write, for example: --name correction-2",
        )
    taken = {FIRST_WAVE, *(each.name for each in waves(campaign.follow_up))}
    if name in taken or is_resend_wave(name):
        raise ConfirmationError(
            f"{name} is the name of another wave.", next_step="Give the correction one of its own: --name correction-2"
        )


def _confirm(
    due: int, remaining: plan.Remaining, options: CorrectOptions, operator: Operator, campaign: Campaign
) -> None:
    operator.plan(remaining, due, campaign)
    if said := disagreement(due, options.confirm, operator.count):
        raise ConfirmationError(
            f"{counted(due, 'letter is', 'letters are')} to be corrected, but {said}; nothing was sent.",
            next_step=f"To send them, run the same command with --confirm {due}.",
        )
