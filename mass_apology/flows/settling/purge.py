"""``purge``: personal data out of a campaign that is over. Counts, hashes, reasons and suppressions stay."""

from __future__ import annotations

import time
from pathlib import Path

from msgspec import Struct

from mass_apology.campaign import read_campaign
from mass_apology.errors import ConfirmationError
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.suppressing import store_path
from mass_apology.ledger import purging
from mass_apology.moments import utc_minute
from mass_apology.settings import parse_duration
from mass_apology.suppression import Suppressions


class Purged(Struct, frozen=True, kw_only=True):
    """What was forgotten, and what a person still has to delete."""

    suppressions: int  # entries of the list that lost their address, and go on working
    files: tuple[str, ...]  # of the folder: they hold personal data, and are not ours to delete


def purge(folder: Path, older_than: str) -> Purged:
    """Forget people, where nothing has happened to a letter for ``older_than`` ("90 days").

    Raises ``ConfirmationError`` where letters are still due, or something happened since; then nothing is forgotten.
    """
    seconds = _seconds(older_than)
    campaign = read_campaign(folder)
    now = time.time()
    with locked_ledger(folder, campaign) as ledger:
        if due := purging.unfinished(ledger):
            raise ConfirmationError(
                f"{due} letters are still due; nothing was purged.", next_step="Send them, or withhold them first."
            )
        newest = purging.newest(ledger)
        if newest is not None and newest > now - seconds:
            raise ConfirmationError(
                f"The last thing happened at {utc_minute(newest)}, which is not {older_than} ago; nothing was purged.",
                next_step="Wait, or give a shorter time.",
            )
        purging.purge(ledger, now)
    with Suppressions.open(store_path(campaign, folder)) as store:
        forgotten = store.purge(now - seconds)
    return Purged(suppressions=forgotten, files=tuple(sorted(_left(folder, campaign.recipients))))


def _seconds(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise ConfirmationError(f"--older-than {error}.", next_step="Write --older-than '90 days'.") from None


def _left(folder: Path, recipients: str) -> list[str]:
    suffixes = {".csv", ".json", ".jsonl", ".html", ".mbox", ".xlsx", ".txt", ".parquet"}
    found = {path.name for path in folder.iterdir() if path.suffix in suffixes and path.name != "log.jsonl"}
    return [name for name in found | {recipients} if (folder / name).exists()]
