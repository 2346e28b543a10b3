"""Opens a campaign's ledger: locked by this process, or shared with the process that sends."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager, suppress

from mass_apology.errors import LedgerError
from mass_apology.flows.continuity.outside import Comparison, require_complete, require_ledger
from mass_apology.flows.continuity.recording import Recording
from mass_apology.flows.suppressing import list_path_and_size
from mass_apology.guards.lost_ledger import ELSEWHERE
from mass_apology.ledger import Ledger
from mass_apology.ledger.sender_state import SharedWave
from mass_apology.model import Finding
from mass_apology.workspace.workspace import Workspace


@contextmanager
def locked_ledger(workspace: Workspace, *, begin: bool = False) -> Iterator[Ledger]:
    """The campaign's ledger, locked by this process, with the traces of a crash settled.

    Raises ``LedgerError`` if there is none. ``begin`` makes one instead; commands after the first letters do not set
    it, because a new ledger would hide that the old one was lost.
    """
    store = workspace.ledger_store
    if not begin:
        require_ledger(workspace)
    open_ledger = store.open if store.exists() else store.create
    with open_ledger(workspace.campaign.name) as ledger, _kept_on_disk(ledger):
        ledger.acquire(time.time())
        try:
            # Of a process that was killed just after its commit: nobody else comes by it.
            store.delete_plans()
            ledger.recover(time.time())
            yield ledger
        finally:
            with suppress(LedgerError):  # report the first failure; the lock of a dead process is taken over
                ledger.release()


@contextmanager
def shared_ledger(workspace: Workspace) -> Iterator[Ledger]:
    """The campaign's ledger without the lock, for feedback and consents: also while another process sends.

    If no sender is alive, the traces of a crash are settled first. Raises ``LedgerError`` if there is no ledger.
    """
    require_ledger(workspace)
    with workspace.ledger_store.open(workspace.campaign.name) as ledger:
        ledger.recover_unless_held(time.time())
        yield ledger


@contextmanager
def sending_ledger(
    workspace: Workspace,
    *,
    override: Collection[str] = (),
    begin: bool = False,
    notice: Callable[[Sequence[Finding]], None],
) -> Iterator[Ledger]:
    """``locked_ledger`` for commands that send; keeps this machine's record of sent letters meanwhile.

    ``override`` are codes of guards that must not stop it. ``notice`` gets their findings, and one if the record cannot
    be kept. Raises ``ConfirmationError`` if the ledger was lost, copied or restored.
    """
    comparison = require_complete(workspace, override)
    with (
        locked_ledger(workspace, begin=begin) as ledger,
        _recorded(workspace, ledger, comparison, notice),
    ):
        yield ledger


@contextmanager
def joined_ledger(
    workspace: Workspace, *, notice: Callable[[Sequence[Finding]], None]
) -> Iterator[tuple[Ledger, SharedWave] | None]:
    """The campaign's ledger for a process that takes part in what another one shares, or goes on with what one
    confirmed and left; ``None`` where there is nothing of either kind.

    As ``sending_ledger``.
    """
    comparison = require_complete(workspace, ())
    require_ledger(workspace)
    with workspace.ledger_store.open(workspace.campaign.name) as ledger, _kept_on_disk(ledger):
        shared = ledger.join()
        is_taken_up = False
        if shared is None:
            shared = ledger.take_up(time.time())
            is_taken_up = shared is not None
        if shared is None:
            yield None
            return
        try:
            if is_taken_up:
                ledger.recover(time.time())
            with _recorded(workspace, ledger, comparison, notice):
                yield ledger, shared
        finally:
            with suppress(LedgerError):
                ledger.release()


@contextmanager
def _recorded(
    workspace: Workspace, ledger: Ledger, comparison: Comparison, notice: Callable[[Sequence[Finding]], None]
) -> Iterator[None]:
    if ledger.continuity.other_server():  # also where that became so since it was compared
        if ELSEWHERE not in {finding.code for finding in comparison.findings}:
            raise LedgerError(
                f"{workspace.ledger_store.place} has changed its server just now.",
                next_step="Run the command again: it says what to do.",
            )
        ledger.continuity.trust_server(time.time())  # at once, for workers
    for finding in comparison.findings:
        ledger.note(time.time(), f"{finding.code} was overridden: {finding.problem}")
    if not workspace.is_unpacked:  # whose list is no successor of the one that the letters were confirmed by
        ledger.continuity.use_suppressions(*list_path_and_size(workspace))
    recording = Recording(workspace, ledger, comparison)
    ledger.on_durable(recording.durable)
    notice([*comparison.findings, *recording.findings()])
    try:
        yield
    finally:
        with suppress(LedgerError):  # a ledger that cannot be written has raised before
            recording.settle()


@contextmanager
def _kept_on_disk(ledger: Ledger) -> Iterator[None]:
    """If the file was deleted or replaced meanwhile, save the recorded data, and raise that instead of other errors."""
    try:
        yield
    finally:
        ledger.require_kept()
