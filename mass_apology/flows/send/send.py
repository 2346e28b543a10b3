"""``send``: plans the first wave, has a person confirm the number of letters, and sends them."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import ConfirmationError
from mass_apology.flows import event_loop
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.holding import sending_ledger
from mass_apology.flows.notify.notifier import Notifier, notifying
from mass_apology.flows.notify.occasions import end_of_run
from mass_apology.flows.operator import disagreement
from mass_apology.flows.plan import guarding, plan
from mass_apology.flows.plan.approve import require_approval
from mass_apology.flows.plan.plan_check import Check, extended, without_relays
from mass_apology.flows.plan.size_limit import size_findings
from mass_apology.flows.send.closing import close_if_shared, is_told_by_the_last
from mass_apology.flows.send.confirmed import Confirmed, resendable
from mass_apology.flows.send.sending_run import (
    Operator,
    RunResult,
    SendingRun,
)
from mass_apology.flows.send.stopped_letters import has_unsuppressed, withhold_barred
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.ledger import Ledger
from mass_apology.model import FIRST_WAVE, Extensions, StopCause, first_cell
from mass_apology.quantities import counted
from mass_apology.recipients import RecipientsFile
from mass_apology.schedule.timetable import timetable
from mass_apology.sending.gate import (
    Gate,
    file_rule,
    relay_rule,
    schedule_rule,
    suppression_rule,
)
from mass_apology.settings import Campaign
from mass_apology.workspace.workspace import Workspace


class SendOptions(Struct, frozen=True, kw_only=True):
    """The options of ``send``, as given on the command line."""

    confirm: int | None = None  # the number of letters; without it the person is asked to type it
    skip_bad_rows: bool = False  # send to the good rows although others cannot be used
    resend_in_doubt: bool = False  # send letters in doubt again
    withhold_missing: bool = False  # withhold planned letters whose recipients are not in the file any more
    override: tuple[str, ...] = ()  # codes of guards against accidents that must not stop it


def run(workspace: Workspace, options: SendOptions, operator: Operator) -> RunResult:
    """Send the due letters of the campaign, in an event loop of its own.

    Raises ``MassApologyError`` with nothing sent, or with every letter that was sent recorded.
    """
    with notifying(workspace, operator.notice) as notifier:
        ended = event_loop.run(_run(workspace, options, operator, notifier))
        if not is_told_by_the_last(ended):
            notifier.tell(end_of_run(ended), FIRST_WAVE, sent=ended.sent)
    return close_if_shared(workspace, ended, FIRST_WAVE, operator.notice)


async def _run(workspace: Workspace, options: SendOptions, operator: Operator, notifier: Notifier) -> RunResult:
    campaign = workspace.campaign
    _require_in_time(campaign, options)
    relay = AskedRelay(campaign)
    with (
        sending_ledger(workspace, override=options.override, begin=True, notice=operator.notice) as ledger,
        suppressed(workspace) as suppressions,
    ):
        withhold_barred(ledger, FIRST_WAVE, suppressions)
        gate = gate_of(campaign, suppressions)
        confirmed = await _Confirmation(workspace, ledger, gate, relay, options, operator).get(suppressions)
        if not confirmed.count:
            return RunResult(counts=ledger.counts(FIRST_WAVE), sent=0, seconds=0.0)
        access = await relay.access()
        ended = await SendingRun(workspace, ledger, operator, access, notifier).send(confirmed, gate)
    return with_reason(ended, campaign)


def gate_of(campaign: Campaign, suppressions: Suppressed) -> Gate:
    """The gate of the first wave; by default these letters do not wait for the schedule's hours."""
    rules = [suppression_rule(suppressions), file_rule, relay_rule([relay.name for relay in campaign.relays])]
    if campaign.schedule.first_letter:
        country_in = first_cell(campaign.columns.country or "")
        hours = timetable(campaign.schedule, campaign.time_zone)
        rules.append(schedule_rule(hours, lambda letter: country_in(letter.rows)))
    return Gate(rules)


def with_reason(ended: RunResult, campaign: Campaign) -> RunResult:
    """The result, with what held letters back where nothing else says it."""
    if ended.due and not ended.reason and campaign.schedule.first_letter:
        said = "The rest may not arrive at this hour, or was held back; [schedule] says when."
        return replace(ended, reason=said, cause=StopCause.HOURS)
    return ended


def _require_in_time(campaign: Campaign, options: SendOptions) -> None:
    if campaign.not_after and campaign.not_after.timestamp() < time.time() and guarding.LATE not in options.override:
        raise ConfirmationError(
            f"not_after in campaign.toml, {campaign.not_after}, has passed; nothing was sent.",
            next_step="Read the letter once more: is it still true? Then move it, or run: "
            f"mass-apology send --override {guarding.LATE}",
        )
    if campaign.finish_by and campaign.finish_by.timestamp() <= time.time():
        raise ConfirmationError(
            f"finish_by in campaign.toml, {campaign.finish_by}, has passed; nothing was sent.",
            next_step="Move it or take it out, then run: mass-apology send",
        )


class _Confirmation:
    """Brings the ledger's plan up to date and has a person confirm the letters due.

    The relay is asked before the confirmation, and after all that is wrong here was told.
    """

    def __init__(
        self,
        workspace: Workspace,
        ledger: Ledger,
        gate: Gate,
        relay: AskedRelay,
        options: SendOptions,
        operator: Operator,
    ) -> None:
        self._workspace = workspace
        self._campaign = workspace.campaign
        self._ledger = ledger
        self._gate = gate
        self._relay = relay
        self._options = options
        self._operator = operator

    async def get(self, suppressions: Suppressed) -> Confirmed:
        """The confirmed letters. Raises ``ConfirmationError`` if they are not confirmed, with the ledger unchanged."""
        with self._workspace.recipients_file() as file:
            parts = plan.digest_parts(self._workspace, file)
            if plan.is_stale(self._workspace, parts, self._ledger) or self._has_unsuppressed(suppressions):
                return await self._confirm_new_plan(file, parts)
        resend = self._resendable(())
        due = plan.due(self._ledger.counts(FIRST_WAVE)) + len(resend)
        offered = await self._relay.extensions() if due else None
        remaining = plan.remaining(self._ledger, FIRST_WAVE, self._campaign, resend)
        self._operator.plan(replace(remaining, unusable=self._relay.unusable), due, self._campaign)
        if offered is not None:
            self._require_taken(offered)
        return self._confirm(due, resend, parts)

    def _has_unsuppressed(self, suppressions: Suppressed) -> bool:
        """Whether a new plan could reach people who were suppressed at the last one; it needs the recipients file."""
        there = self._workspace.recipients_path.exists()
        return there and has_unsuppressed(self._ledger, FIRST_WAVE, suppressions)

    async def _confirm_new_plan(self, file: RecipientsFile, parts: Mapping[str, str]) -> Confirmed:
        """Make a new plan, show it, have it confirmed, and commit it to the ledger."""
        options, campaign, ledger = self._options, self._campaign, self._ledger
        terms = plan.Terms(skip_bad_rows=options.skip_bad_rows, override=options.override)
        async with plan.drafted_from(
            file, self._workspace, parts, ledger.key, terms, on_progress=self._operator.stage
        ) as draft:
            outlook = draft.outlook(ledger)
            resend = self._resendable(draft.leaving())
            due = outlook.due + len(resend)
            check = await self._with_size(draft.check) if draft.check.sendable and due else draft.check
            self._operator.plan(check, due, campaign, outlook)
            plan.require_sendable(check, outlook, withhold_missing=options.withhold_missing)
            approved = require_approval(self._workspace, parts, draft.check.letters)
            confirmed = self._confirm(due, resend, parts)
            # Before the commit: after a crash between the two, the committed plan would never be recorded.
            self._record(draft.check, file, approved)
            draft.commit(ledger)
        return confirmed

    async def _with_size(self, check: Check) -> Check:
        """The check, with what the relay's limit means for its largest letter."""
        offered = await self._relay.extensions()
        found = size_findings(check.largest_letter, check.recipients, offered, self._options.override)
        check = without_relays(check, self._campaign, self._relay.unusable)
        return extended(check, [*self._relay.findings, *found])

    def _require_taken(self, offered: Extensions) -> None:
        """Check the largest letter of the valid plan against the relay's present limit: the relay may have changed."""
        largest = self._ledger.largest_letter(FIRST_WAVE)
        found = size_findings(largest, self._campaign.recipients, offered, self._options.override)
        guarding.require_overridden(found, "Nothing was sent")
        self._operator.notice([*self._relay.findings, *found])

    def _resendable(self, leaving: Collection[int]) -> tuple[int, ...]:
        """Letters in doubt to send again, if the options ask for it, without recipients that left the file."""
        if not self._options.resend_in_doubt:
            return ()
        return resendable(self._ledger, FIRST_WAVE, self._gate, leaving)

    def _confirm(self, due: int, resend: tuple[int, ...], parts: Mapping[str, str]) -> Confirmed:
        """Require the exact number of letters due, typed or given. If none is due, nothing has to be typed."""
        expects = due or self._options.confirm is not None
        if expects and (problem := disagreement(due, self._options.confirm, self._operator.count)):
            raise ConfirmationError(
                f"{counted(due, 'letter is', 'letters are')} due, but {problem}; nothing was sent.",
                next_step=f"Look at the plan above; to send it, run: mass-apology send --confirm {due}"
                if due
                else "See where each letter is: mass-apology status",
            )
        return Confirmed(
            wave=FIRST_WAVE,
            template=self._campaign.template,
            parts=plan.without_recipients_part(parts),
            count=due,
            resend=resend,
        )

    def _record(self, check: Check, file: RecipientsFile, approved: str) -> None:
        """Note the confirmation in the ledger, and remember it for the guards of other campaigns."""
        note = f"plan {check.code} of {counted(check.letters, 'letter')} confirmed. {approved}".strip()
        if self._options.override:
            note += f" Overridden: {', '.join(self._options.override)}."
        self._ledger.note(time.time(), note)
        guarding.remember_sent(self._workspace, file, check.letters)
