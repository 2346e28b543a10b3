"""One run of ``send``: the plan, its confirmation, and the letters of the first wave on their way."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.campaign import read_campaign
from mass_apology.errors import ConfirmationError
from mass_apology.flows import event_loop
from mass_apology.flows.holding import sending_ledger
from mass_apology.flows.operator import disagreement
from mass_apology.flows.plan import guarding, plan
from mass_apology.flows.plan.approve import require_approval
from mass_apology.flows.plan.plan_steps import Check
from mass_apology.flows.plan.size_limit import require_taken, size_findings
from mass_apology.flows.send.confirmed import Confirmed, may_be_resent
from mass_apology.flows.send.sending_run import (
    Access,
    Ended,
    Operator,
    Run,
)
from mass_apology.flows.send.stopped_letters import may_be_written_to_again, withhold_stopped
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.ledger import Ledger
from mass_apology.model import FIRST_WAVE, Delivery, Extensions, read_rows
from mass_apology.quantities import counted
from mass_apology.recipients import RecipientsFile
from mass_apology.schedule.timetable import timetable
from mass_apology.sending.gate import (
    Gate,
    hours,
    in_the_file,
    suppression,
)
from mass_apology.settings import Campaign
from mass_apology.smtp.password import relay_password
from mass_apology.smtp.session import probe


class SendOptions(Struct, frozen=True, kw_only=True):
    """What the person asked ``send`` for."""

    confirm: int | None = None
    skip_bad_rows: bool = False
    resend_in_doubt: bool = False
    withhold_missing: bool = False
    override: tuple[str, ...] = ()  # codes of guards against accidents that are not to stop it


def run(folder: Path, options: SendOptions, operator: Operator) -> Ended:
    """Send what is due of the campaign in ``folder``; a plain function, for it brings its own event loop.

    Raises ``MassApologyError`` with nothing sent, or with what was sent recorded.
    """
    return event_loop.run(_run(folder, options, operator))


async def _run(folder: Path, options: SendOptions, operator: Operator) -> Ended:
    campaign = read_campaign(folder)
    _refuse_when_late(campaign, options)
    password = relay_password(campaign.relay)
    offer = await probe(campaign.relay, password)  # a relay that cannot be used is known before anyone is asked
    with (
        sending_ledger(folder, campaign, override=options.override, begin=True, notice=operator.notice) as ledger,
        suppressed(campaign, folder) as on_the_list,
    ):
        withhold_stopped(ledger, FIRST_WAVE, on_the_list)
        gate = _gate(campaign, on_the_list)
        confirmed = await _Confirmation(folder, campaign, ledger, gate, offer.extensions, options, operator).get(
            on_the_list
        )
        if not confirmed.count:
            return Ended(counts=ledger.counts(FIRST_WAVE), sent=0, seconds=0.0)
        access = Access(password=password, extensions=offer.extensions)
        ended = await Run(folder, campaign, ledger, operator, access).deliver(confirmed, gate)
    return _explained(ended, campaign)


def _gate(campaign: Campaign, on_the_list: Suppressed) -> Gate:
    """What is asked of first letters; by default they do not wait for the schedule's hours."""
    rules = [suppression(on_the_list), in_the_file]
    if campaign.schedule.first_letter:
        rules.append(hours(timetable(campaign.schedule, campaign.time_zone), partial(_country_of, campaign)))
    return Gate(rules)


def _country_of(campaign: Campaign, letter: Delivery) -> str:
    """The country that the recipient's row names; empty where it does not."""
    return read_rows(letter.rows)[0].get(campaign.columns.country, "")


def _explained(ended: Ended, campaign: Campaign) -> Ended:
    if ended.due and not ended.reason and campaign.schedule.first_letter:
        return replace(ended, reason="What is left may not arrive at this hour, or was stopped; [schedule] says when.")
    return ended


def _refuse_when_late(campaign: Campaign, options: SendOptions) -> None:
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
    """Brings the ledger's plan up to date and has a person agree to what is due."""

    def __init__(  # noqa: PLR0913, PLR0917 (what a plan depends on)
        self,
        folder: Path,
        campaign: Campaign,
        ledger: Ledger,
        gate: Gate,
        offered: Extensions,
        options: SendOptions,
        operator: Operator,
    ) -> None:
        self._folder = folder
        self._campaign = campaign
        self._ledger = ledger
        self._gate = gate
        self._offered = offered
        self._options = options
        self._operator = operator

    async def get(self, on_the_list: Suppressed) -> Confirmed:
        """What was agreed to. Raises ``ConfirmationError`` where it was not; then the ledger is as it was."""
        with plan.recipients_file(self._folder, self._campaign) as file:
            parts = plan.digest_parts(self._folder, self._campaign, file)
            if plan.is_stale(self._folder, self._campaign, parts, self._ledger) or self._is_somebody_back(on_the_list):
                return await self._of_a_new_plan(file, parts)
        resend = self._may_be_resent(())
        due = plan.due(self._ledger.counts(FIRST_WAVE)) + len(resend)
        self._operator.plan(None, due, self._campaign)
        if due:
            self._require_taken()
        return self._agreed(due, resend, parts)

    def _is_somebody_back(self, on_the_list: Suppressed) -> bool:
        """Whether a new plan would have people who were suppressed when the last one was made. It needs the file."""
        there = (self._folder / self._campaign.recipients).exists()
        return there and may_be_written_to_again(self._ledger, FIRST_WAVE, on_the_list)

    async def _of_a_new_plan(self, file: RecipientsFile, parts: Mapping[str, str]) -> Confirmed:
        """The plan, shown and confirmed, becomes the ledger's."""
        options, campaign, ledger = self._options, self._campaign, self._ledger
        terms = plan.Terms(skip_bad_rows=options.skip_bad_rows, override=options.override, offered=self._offered)
        async with plan.drafted_from(
            file, self._folder, campaign, parts, ledger.key, terms, on_progress=self._operator.stage
        ) as draft:
            outlook = draft.outlook(ledger)
            resend = self._may_be_resent(draft.leaving())
            due = outlook.due + len(resend)
            self._operator.plan(draft.check, due, campaign, outlook)
            plan.require_sendable(draft.check, outlook, withhold_missing=options.withhold_missing)
            approved = require_approval(self._folder, campaign, parts, draft.check.letters)
            confirmed = self._agreed(due, resend, parts)
            # Before the commit: after a crash in between, a plan that is the ledger's would never be spoken of again.
            self._take_down(draft.check, file, approved)
            draft.commit(ledger)
        return confirmed

    def _require_taken(self) -> None:
        """The plan still holds, but the relay may be another one since, or take less."""
        largest = self._ledger.largest_letter(FIRST_WAVE)
        found = size_findings(largest, self._campaign.recipients, self._offered, self._options.override)
        require_taken(found)
        self._operator.notice(found)

    def _may_be_resent(self, leaving: Collection[int]) -> tuple[int, ...]:
        """Letters in doubt, where they are asked for; without those of recipients who leave the file just now."""
        if not self._options.resend_in_doubt:
            return ()
        return may_be_resent(self._ledger, FIRST_WAVE, self._gate, leaving)

    def _agreed(self, due: int, resend: tuple[int, ...], parts: Mapping[str, str]) -> Confirmed:
        """Nothing leaves without the number of letters that are really due, typed or given; nobody types a 0."""
        expects = due or self._options.confirm is not None
        if expects and (said := disagreement(due, self._options.confirm, self._operator.count)):
            raise ConfirmationError(
                f"{counted(due, 'letter is', 'letters are')} due, but {said}; nothing was sent.",
                next_step=f"Look at the plan above; to send it, run: mass-apology send --confirm {due}"
                if due
                else "See where each letter is: mass-apology status",
            )
        return Confirmed(
            wave=FIRST_WAVE,
            template=self._campaign.template,
            parts=plan.without_the_file(parts),
            count=due,
            resend=resend,
        )

    def _take_down(self, check: Check, file: RecipientsFile, approved: str) -> None:
        """What somebody may ask about later, and what other campaigns have to know."""
        said = f"plan {check.code} of {counted(check.letters, 'letter')} confirmed. {approved}".strip()
        if self._options.override:
            said += f" Overridden: {', '.join(self._options.override)}."
        self._ledger.note(time.time(), said)
        guarding.remember_sent(self._folder, self._campaign, file, check.letters)
