"""A campaign's ledger: held by this process alone, or written to beside the one that sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mass_apology.campaign import LEDGER_NAME
from mass_apology.errors import LedgerError
from mass_apology.flows.continuity.outside import require_ledger, whole
from mass_apology.flows.continuity.recording import Recording
from mass_apology.flows.suppressing import list_and_entries
from mass_apology.ledger import Control, Ledger
from mass_apology.ledger.sqlite.on_disk import is_there, overwritten
from mass_apology.ledger.sqlite.origin import use_suppressions
from mass_apology.ledger.sqlite.staging_file import delete_abandoned
from mass_apology.model import Finding
from mass_apology.settings import Campaign


@contextmanager
def locked_ledger(folder: Path, campaign: Campaign, *, begin: bool = False) -> Iterator[Ledger]:
    """The campaign's ledger, ours alone, with the traces of a crash settled.

    Raises ``LedgerError`` where there is none. Only with ``begin`` one is made then: whatever follows the first letters
    has nothing to do without it, and must not hide that it was lost.
    """
    path = folder / LEDGER_NAME
    if not begin:
        require_ledger(folder, campaign)
    open_ledger = Ledger.open if is_there(path) else Ledger.create
    with open_ledger(path, campaign.name) as ledger, _kept_on_disk(ledger):
        ledger.acquire(time.time())
        try:
            delete_abandoned(path)  # a plan whose process was killed just after its commit: nobody else comes by it
            ledger.recover(time.time())
            ledger.request(Control.RUN)  # what was asked of an earlier run is over
            yield ledger
        finally:
            with suppress(LedgerError):  # the first failure is the one to tell; a lock of a dead process is taken over
                ledger.release()


@contextmanager
def shared_ledger(folder: Path, campaign: Campaign) -> Iterator[Ledger]:
    """The campaign's ledger, for what comes back and for consents: also while another process sends.

    Nobody's lock is taken. Where no sender lives, the traces of a crash are settled first. Raises ``LedgerError`` where
    there is no ledger.
    """
    require_ledger(folder, campaign)
    with Ledger.open(folder / LEDGER_NAME, campaign.name) as ledger:
        ledger.recover_unless_held(time.time())
        yield ledger


@contextmanager
def sending_ledger(
    folder: Path,
    campaign: Campaign,
    *,
    override: Collection[str] = (),
    begin: bool = False,
    notice: Callable[[Sequence[Finding]], None],
) -> Iterator[Ledger]:
    """``locked_ledger`` for what sends: only where the ledger knows all that lies outside it.

    ``override`` are codes of guards that are not to stop it; ``notice`` is told of those, and where what leaves cannot
    be remembered outside. Raises ``ConfirmationError`` where the ledger was lost, copied or set back.
    """
    outside = whole(folder, campaign, override)
    with locked_ledger(folder, campaign, begin=begin) as ledger:
        for finding in outside.findings:
            ledger.note(time.time(), f"{finding.code} was overridden: {finding.problem}")
        use_suppressions(ledger, *list_and_entries(campaign, folder))
        recording = Recording(folder, ledger, outside)
        ledger.on_durable(recording.durable)
        notice([*outside.findings, *recording.findings()])
        try:
            yield ledger
        finally:
            with suppress(LedgerError):  # a ledger that cannot be written has said so already
                recording.settle()


@contextmanager
def _kept_on_disk(ledger: Ledger) -> Iterator[None]:
    """Where the file was deleted or replaced meanwhile, save what was recorded, and say so instead of anything else."""
    try:
        yield
    finally:
        if ledger.overwritten:
            raise overwritten(ledger.path)
        if problem := ledger.lost_sight():
            raise _saved(ledger, problem)


def _saved(ledger: Ledger, problem: str) -> LedgerError:
    saved = ledger.save()
    if saved == ledger.path:
        return LedgerError(
            f"{problem} It was written anew with all that was recorded.",
            next_step="See where the campaign stands: mass-apology status. To go on, run the same command again.",
        )
    return LedgerError(
        f"{problem} All that was recorded is in {saved}.",
        next_step=f"Move away what stands at {ledger.path} now, with its -wal and -shm; move {saved.name} to its "
        "place; then run the same command again.",
    )
