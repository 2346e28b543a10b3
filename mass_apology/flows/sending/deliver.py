"""One run of ``send``: the plan, its confirmation, and the letters of the first wave on their way."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.campaign import read_campaign
from mass_apology.errors import ConfirmationError
from mass_apology.flows import event_loop
from mass_apology.flows.counting import disagreement
from mass_apology.flows.following.wave_plan import is_open, timetable
from mass_apology.flows.holding import sending_ledger
from mass_apology.flows.plans import guarding, plan
from mass_apology.flows.plans.approving import require_approval
from mass_apology.flows.plans.steps import Check
from mass_apology.flows.sending.run import Ended, Eyes, Run
from mass_apology.ledger import Ledger
from mass_apology.model import FIRST_WAVE, Delivery, Extensions, Status
from mass_apology.settings import Campaign
from mass_apology.smtp.password import relay_password
from mass_apology.smtp.session import probe


class Wishes(Struct, frozen=True, kw_only=True):
    """What the person asked ``send`` for."""

    confirm: int | None = None
    skip_bad_rows: bool = False
    resend_in_doubt: bool = False
    withhold_missing: bool = False
    override: tuple[str, ...] = ()  # codes of guards against accidents that are not to stop it


def run(folder: Path, wishes: Wishes, eyes: Eyes) -> Ended:
    """Send what is due of the campaign in ``folder``; a plain function, for it brings its own event loop.

    Raises ``MassApologyError`` with nothing sent, or with what was sent recorded.
    """
    return event_loop.run(_run(folder, wishes, eyes))


async def _run(folder: Path, wishes: Wishes, eyes: Eyes) -> Ended:
    campaign = read_campaign(folder)
    _refuse_when_late(campaign, wishes)
    password = relay_password(campaign.relay)
    offer = await probe(campaign.relay, password)  # a relay that cannot be used is known before anyone is asked
    with sending_ledger(folder, campaign, override=wishes.override, begin=True, notice=eyes.notice) as ledger:
        due = await _plan(folder, campaign, ledger, offer.extensions, wishes, eyes)
        if not due:
            return Ended(counts=ledger.counts(FIRST_WAVE), sent=0, seconds=0.0)
        run = Run(folder, campaign, ledger, password, eyes, may_go=_hours(campaign))
        return _explained(await run.deliver(due, offer.extensions), campaign)


def _hours(campaign: Campaign) -> Callable[[Delivery], bool] | None:
    """Whether a letter may arrive now, where the schedule is for first letters too; by default they do not wait."""
    if not campaign.schedule.first_letter:
        return None
    open_hours = timetable(campaign.schedule, campaign.time_zone)
    return lambda letter: is_open(open_hours, campaign, letter, time.time())


def _explained(ended: Ended, campaign: Campaign) -> Ended:
    if ended.due and not ended.reason and campaign.schedule.first_letter:
        return replace(ended, reason="What is left may not arrive at this hour, or was stopped; [schedule] says when.")
    return ended


def _refuse_when_late(campaign: Campaign, wishes: Wishes) -> None:
    if campaign.not_after and campaign.not_after.timestamp() < time.time() and guarding.LATE not in wishes.override:
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


async def _plan(
    folder: Path, campaign: Campaign, ledger: Ledger, offered: Extensions, wishes: Wishes, eyes: Eyes
) -> int:
    """Bring the ledger's plan up to date and have it confirmed; the number of letters due."""
    doubted = ledger.counts(FIRST_WAVE)[Status.IN_DOUBT] if wishes.resend_in_doubt else 0
    await _bring_up_to_date(folder, campaign, ledger, offered, wishes, eyes, doubted)
    if doubted:  # only now: letters whose sending was not confirmed stay in doubt
        ledger.resend_in_doubt(time.time())
    return plan.due(ledger.counts(FIRST_WAVE))


async def _bring_up_to_date(  # noqa: PLR0913, PLR0917 (what a plan depends on)
    folder: Path,
    campaign: Campaign,
    ledger: Ledger,
    offered: Extensions,
    wishes: Wishes,
    eyes: Eyes,
    doubted: int,
) -> None:
    """The plan, shown and confirmed, becomes the ledger's; ``doubted`` letters are to be sent besides."""
    parts = plan.digest_parts(folder, campaign)
    if not plan.is_stale(folder, campaign, parts, ledger):
        due = plan.due(ledger.counts(FIRST_WAVE)) + doubted
        eyes.plan(None, due, campaign)
        if due:
            _confirm(due, wishes, eyes)
        return
    terms = plan.Terms(skip_bad_rows=wishes.skip_bad_rows, override=wishes.override, offered=offered)
    async with plan.drafted(folder, campaign, parts, ledger.key, terms, observe=eyes.stage) as draft:
        outlook = draft.outlook(ledger)
        due = outlook.due + doubted
        eyes.plan(draft.check, due, campaign, outlook)
        plan.require_sendable(draft.check, outlook, withhold_missing=wishes.withhold_missing)
        approved = require_approval(folder, campaign, parts, draft.check.letters)
        if due:
            _confirm(due, wishes, eyes)
        # Before the commit: after a crash in between, a plan that is the ledger's would never be spoken of again.
        _take_down(folder, campaign, draft.check, approved, wishes, ledger)
        draft.commit(ledger)


def _take_down(folder: Path, campaign: Campaign, check: Check, approved: str, wishes: Wishes, ledger: Ledger) -> None:
    """What somebody may ask about later, and what other campaigns have to know."""
    said = f"plan {check.code} of {check.letters} letters confirmed. {approved}".strip()
    if wishes.override:
        said += f" Overridden: {', '.join(wishes.override)}."
    ledger.note(time.time(), said)
    guarding.remember_sent(folder, campaign, check.letters)


def _confirm(due: int, wishes: Wishes, eyes: Eyes) -> None:
    """Nothing leaves without the number of letters that are really due, typed or given."""
    if said := disagreement(due, wishes.confirm, eyes.count):
        raise ConfirmationError(
            f"{due} letters are due, but {said}; nothing was sent.",
            next_step=f"Look at the plan above; to send it, run: mass-apology send --confirm {due}",
        )
