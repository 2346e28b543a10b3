"""``correct``: a letter to exactly those whose accepted letter had the error, in its thread, after a typed count."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import Struct

from mass_apology.campaign import read_campaign
from mass_apology.errors import ConfirmationError
from mass_apology.flows import event_loop
from mass_apology.flows.counting import disagreement
from mass_apology.flows.following.consent import require_sound, require_writable
from mass_apology.flows.following.wave_plan import WavePlan
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.plans import plan
from mass_apology.flows.sending.run import Ended, Eyes, Run
from mass_apology.flows.suppressing import suppressed
from mass_apology.ledger.waves import Addition, Candidate, add
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.schedule import Due, Wave
from mass_apology.settings import Campaign, ScheduleSettings
from mass_apology.smtp.password import resolve as resolve_password
from mass_apology.smtp.session import probe
from mass_apology.smtp.url import parse as parse_url

AT_ONCE = ScheduleSettings(hours="00:00-24:00", weekdays="mon-sun")
"""A wrong letter is corrected at once, whatever the hour."""


class Wishes(Struct, frozen=True, kw_only=True):
    """Whom to correct, and with what."""

    template: str
    name: str = "correction"  # the wave's: run again under the same name, it goes on
    wave: str = FIRST_WAVE  # whose letters had the error
    where: str | None = None  # chooses among the customers' rows
    since: float | None = None  # Unix seconds: only letters accepted at this moment or later
    before: float | None = None  # Unix seconds: only letters accepted before it
    confirm: int | None = None


def correct(folder: Path, wishes: Wishes, eyes: Eyes) -> Ended:
    """Send it. Raises ``MassApologyError`` with nothing sent, or with what was sent recorded."""
    return event_loop.run(_correct(folder, wishes, eyes))


async def _correct(folder: Path, wishes: Wishes, eyes: Eyes) -> Ended:
    campaign = read_campaign(folder)
    require_sound(campaign)
    _require_free_name(campaign, wishes.name)
    password = resolve_password(campaign.relay.password, parse_url(campaign.relay.url))
    offer = await probe(campaign.relay, password)
    with locked_ledger(folder, campaign) as ledger, suppressed(campaign, folder) as on_the_list:
        wave_plan = WavePlan(folder, campaign, ledger, _wave(wishes), on_the_list, schedule=AT_ONCE)
        new = _affected(wave_plan, wishes)
        letters = [wave_plan.letter(candidate) for candidate in new]
        await require_writable(wave_plan, letters, eyes.stage)
        due = len(new) + plan.due(ledger.counts(wishes.name))
        if not due:
            return Ended(counts=ledger.counts(wishes.name), sent=0, seconds=0.0)
        _confirm(due, wishes, eyes, campaign)
        additions = [
            Addition(recipient=each.id, language=each.language, message_id=each.message_id) for each in letters
        ]
        add(ledger, wishes.name, additions, time.time())
        ledger.note(time.time(), f"{due} letters of the correction {wishes.name} confirmed")
        run = Run(folder, campaign, ledger, password, eyes, wave=wishes.name, template=wishes.template)
        return await run.deliver(due, offer.extensions)


def _wave(wishes: Wishes) -> Wave:
    return Wave(
        name=wishes.name,
        template=wishes.template,
        from_wave=wishes.wave,
        after=None,
        at=0.0,
        to=frozenset({Status.ACCEPTED}),
        where=wishes.where,
        unless_replied=False,
        not_after=None,
    )


def _affected(wave_plan: WavePlan, wishes: Wishes) -> list[Candidate]:
    since, before = wishes.since or 0.0, wishes.before or float("inf")
    return [
        candidate
        for candidate, decision in wave_plan.decisions(time.time())
        if isinstance(decision, Due) and since <= (candidate.accepted_at or 0.0) < before
    ]


def _require_free_name(campaign: Campaign, name: str) -> None:
    taken = {FIRST_WAVE, *(each.name for each in campaign.follow_up)}
    if name in taken:
        raise ConfirmationError(
            f"{name} is the name of another wave.", next_step="Give the correction one of its own: --name correction-2"
        )


def _confirm(due: int, wishes: Wishes, eyes: Eyes, campaign: Campaign) -> None:
    eyes.plan(None, due, campaign)
    if said := disagreement(due, wishes.confirm, eyes.count):
        raise ConfirmationError(
            f"{due} letters are to be corrected, but {said}; nothing was sent.",
            next_step=f"To send them, run the same command with --confirm {due}.",
        )
