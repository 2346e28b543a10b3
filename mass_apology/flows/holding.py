"""A campaign's ledger: held by this process alone, or written to beside the one that sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from mass_apology.errors import LedgerError
from mass_apology.flows.continuity.outside import require_ledger, whole
from mass_apology.flows.continuity.recording import Recording
from mass_apology.flows.ledger_store import ledger_store
from mass_apology.flows.suppressing import list_and_entries
from mass_apology.ledger import Control, Ledger
from mass_apology.model import Finding
from mass_apology.settings import Campaign


@contextmanager
def locked_ledger(folder: Path, campaign: Campaign, *, begin: bool = False) -> Iterator[Ledger]:
    """The campaign's ledger, ours alone, with the traces of a crash settled.

    Raises ``LedgerError`` where there is none. Only with ``begin`` one is made then: whatever follows the first letters
    has nothing to do without it, and must not hide that it was lost.
    """
    store = ledger_store(folder)
    if not begin:
        require_ledger(folder, campaign)
    open_ledger = store.open if store.exists() else store.create
    with open_ledger(campaign.name) as ledger, _kept_on_disk(ledger):
        ledger.acquire(time.time())
        try:
            # Of a process that was killed just after its commit: nobody else comes by it.
            store.delete_abandoned_plans()
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
    with ledger_store(folder).open(campaign.name) as ledger:
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
        ledger.continuity.use_suppressions(*list_and_entries(campaign, folder))
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
        ledger.require_kept()
