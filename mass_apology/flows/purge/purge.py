"""``purge``: removes personal data from the ledger, the log, this machine's record and the suppression list."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from msgspec import Struct

from mass_apology import high_water
from mass_apology.errors import ConfirmationError, OutputError
from mass_apology.flows.follow_up.wave_plan import WavePlan
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.operator import disagreement
from mass_apology.flows.purge.purged_log import purge_log
from mass_apology.flows.purge.remaining_files import remaining_files
from mass_apology.flows.suppressing import suppressed
from mass_apology.ledger import Ledger
from mass_apology.quantities import counted
from mass_apology.schedule import Due, waves
from mass_apology.settings import parse_duration
from mass_apology.suppression import Suppressions
from mass_apology.system.timestamps import utc_minute
from mass_apology.workspace.workspace import Workspace


class PurgeOptions(Struct, frozen=True, kw_only=True):
    """The options of ``purge``, as given on the command line."""

    older_than: str  # time without any event in the campaign, as "90 days"
    confirm: int | None = None  # the number of people; without it the person is asked to type it
    all_suppressions: bool = False  # also purge old suppressions made by other campaigns and by hand


class Purged(Struct, frozen=True, kw_only=True):
    """The result of ``purge``."""

    people: int  # people that the ledger named, rows set aside included
    suppressions: int  # suppressions that lost their address and stay in effect
    suppressions_kept: int  # suppressions that keep their address: of other campaigns, or made by hand
    files: tuple[str, ...]  # files of the folder that may hold personal data and that only the person may delete


def purge(workspace: Workspace, options: PurgeOptions, ask: Callable[[int], str]) -> Purged:
    """Forget the people of a campaign, after their number was typed or given; ``ask`` returns the typed text.

    Raises ``ConfirmationError``, with nothing forgotten, if the number is wrong, a letter is due or in doubt, an armed
    follow-up has letters to send, or the last event is too recent. Raises ``OutputError`` if this machine's record of
    the people cannot be written; another purge finishes the work.
    """
    seconds = _seconds(options.older_than)
    campaign = workspace.campaign
    now = time.time()
    with locked_ledger(workspace) as ledger:
        _require_finished(workspace, ledger, now)
        _require_old(ledger, now - seconds, options.older_than)
        people = ledger.purging.named()
        if people:
            _confirm(people, options, ask)
        ledger.purging.purge(now)
        purge_log(workspace.log_path)
        _purge_high_water(ledger)
        workspace.ledger_store.delete_plans(kept=True)
    with Suppressions.open(workspace.suppression_list) as store:
        forgotten = store.forget(campaign.name, older_than=now - seconds if options.all_suppressions else None)
        kept = store.named()
    return Purged(
        people=people, suppressions=forgotten, suppressions_kept=kept, files=remaining_files(workspace.folder)
    )


def _purge_high_water(ledger: Ledger) -> None:
    """Remove the people of this ledger, and of those that it replaced, from this machine's record."""
    for name in (ledger.continuity.origin.ledger, *ledger.continuity.replaced()):
        if problem := high_water.forget_people(name):
            raise OutputError(problem, next_step="Make that folder writable, then run the same purge again.")


def _require_finished(workspace: Workspace, ledger: Ledger, now: float) -> None:
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
    for name, letters in _still_armed(workspace, ledger, now):
        raise ConfirmationError(
            f"The follow-up {name} is armed and has {counted(letters, 'letter')} to send yet; nothing was purged.",
            next_step="Let it send them, or take the [[follow_up]] out of campaign.toml.",
        )


def _still_armed(workspace: Workspace, ledger: Ledger, now: float) -> Iterator[tuple[str, int]]:
    """Armed waves with letters that are due now or later, and their number."""
    agreed = ledger.waves.armed()
    if not agreed or ledger.is_purged:
        return
    with suppressed(workspace) as suppressions:
        for wave in waves(workspace.campaign.follow_up):
            if wave.name in agreed:
                plan = WavePlan(workspace, ledger, wave, suppressions)
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
    if problem := disagreement(people, options.confirm, ask):
        raise ConfirmationError(
            f"The ledger tells of {counted(people, 'person', 'people')}, but {problem}; nothing was purged.",
            next_step=f"To forget them for good, run the same command with --confirm {people}.",
        )


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfirmationError(f"--older-than {error}.", next_step="Write --older-than '90 days'.") from None
