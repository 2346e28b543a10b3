"""``purge``: personal data out of a campaign that is over; statuses, digests and the effect of suppressions stay."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from msgspec import Struct

from mass_apology import high_water
from mass_apology.campaign import LOG_NAME, read_campaign
from mass_apology.errors import ConfirmationError, OutputError
from mass_apology.flows.follow_up.wave_plan import WavePlan
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.operator import disagreement
from mass_apology.flows.purge.purged_log import purge_log
from mass_apology.flows.purge.remaining_files import remaining_files
from mass_apology.flows.suppressing import store_path, suppressed
from mass_apology.ledger import Ledger
from mass_apology.quantities import counted
from mass_apology.schedule import Due, waves
from mass_apology.settings import Campaign, parse_duration
from mass_apology.suppression import Suppressions
from mass_apology.system.timestamps import utc_minute


class PurgeOptions(Struct, frozen=True, kw_only=True):
    """What the person asked ``purge`` for."""

    older_than: str  # nothing may have happened to a letter for so long: "90 days"
    confirm: int | None = None  # the number of people, given beforehand
    all_suppressions: bool = False  # also entries of the list that other campaigns and people made, if they are so old


class Purged(Struct, frozen=True, kw_only=True):
    """What was forgotten, and what a person still has to see to."""

    people: int  # that the ledger told of, rows that were set aside included
    suppressions: int  # entries of the list that lost their address, and go on working
    suppressions_kept: int  # entries that keep it: other campaigns', and those made by hand
    files: tuple[str, ...]  # of the folder: they may hold personal data, and are not ours to delete


def purge(folder: Path, options: PurgeOptions, ask: Callable[[int], str]) -> Purged:
    """Forget people, after the typed or given number of them; ``ask`` gets what the person types.

    Raises ``ConfirmationError`` where another number is given, where a letter is due or in doubt, where an armed
    follow-up has letters to send, or where something happened too recently; then nothing is forgotten. Raises
    ``OutputError`` where this machine's record of the people cannot be written; purging again finishes it.
    """
    seconds = _seconds(options.older_than)
    campaign = read_campaign(folder)
    now = time.time()
    with locked_ledger(folder, campaign) as ledger:
        _require_finished(folder, campaign, ledger, now)
        _require_old(ledger, now - seconds, options.older_than)
        people = ledger.purging.named()
        if people:
            _confirm(people, options, ask)
        ledger.purging.purge(now)
        purge_log(folder / LOG_NAME)
        _purge_record(ledger)
    with Suppressions.open(store_path(campaign, folder)) as store:
        forgotten = store.forget(campaign.name, older_than=now - seconds if options.all_suppressions else None)
        kept = store.named()
    return Purged(people=people, suppressions=forgotten, suppressions_kept=kept, files=remaining_files(folder))


def _purge_record(ledger: Ledger) -> None:
    """By what this machine remembers, nobody of this ledger, or of one that it took the place of, is known any more."""
    for name in (ledger.continuity.origin.ledger, *ledger.continuity.replaced()):
        if said := high_water.forget_people(name):
            raise OutputError(said, next_step="Make that folder writable, then run the same purge again.")


def _require_finished(folder: Path, campaign: Campaign, ledger: Ledger, now: float) -> None:
    unfinished = ledger.purging.unfinished()
    if unfinished.due:
        raise ConfirmationError(
            f"{counted(unfinished.due, 'letter is', 'letters are')} still due; nothing was purged.",
            next_step="Send them, or take their rows out of the file and run: mass-apology send --withhold-missing",
        )
    if unfinished.in_doubt:
        raise ConfirmationError(
            f"{counted(unfinished.in_doubt, 'letter is', 'letters are')} in doubt, and afterwards nobody could "
            "clear that up; nothing was purged.",
            next_step="Ask the relay's log: mass-apology reconcile --log mail.log. Or send them again: "
            "mass-apology send --resend-in-doubt",
        )
    for name, letters in _still_armed(folder, campaign, ledger, now):
        raise ConfirmationError(
            f"The follow-up {name} is armed and has {counted(letters, 'letter')} to send yet; nothing was purged.",
            next_step="Let it send them, or take the [[follow_up]] out of campaign.toml.",
        )


def _still_armed(folder: Path, campaign: Campaign, ledger: Ledger, now: float) -> Iterator[tuple[str, int]]:
    """Waves that somebody agreed to, and how many letters are due yet, now or later."""
    agreed = ledger.waves.armed()
    if not agreed or ledger.is_purged:
        return
    with suppressed(campaign, folder) as on_the_list:
        for wave in waves(campaign.follow_up):
            if wave.name in agreed:
                plan = WavePlan(folder, campaign, ledger, wave, on_the_list)
                letters = sum(isinstance(decision, Due) for _, decision in plan.decisions(now))
                if letters:
                    yield wave.name, letters


def _require_old(ledger: Ledger, before: float, older_than: str) -> None:
    newest = ledger.purging.newest()
    if newest is not None and newest > before:
        raise ConfirmationError(
            f"The last thing happened at {utc_minute(newest)}, which is not {older_than} ago; nothing was purged.",
            next_step="Wait, or give a shorter time.",
        )


def _confirm(people: int, options: PurgeOptions, ask: Callable[[int], str]) -> None:
    if said := disagreement(people, options.confirm, ask):
        raise ConfirmationError(
            f"The ledger tells of {counted(people, 'person', 'people')}, but {said}; nothing was purged.",
            next_step=f"To forget them for good, run the same command with --confirm {people}.",
        )


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfirmationError(f"--older-than {error}.", next_step="Write --older-than '90 days'.") from None
