"""The end of a wave that several processes sent: the last of them tells of it, once, wherever its sender is now."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from mass_apology.flows.notify.notifier import notifying
from mass_apology.flows.notify.occasions import Occasion, end_of_run, end_of_wave
from mass_apology.flows.send.confirmed import confirmed_elsewhere
from mass_apology.flows.send.sending_run import RunResult
from mass_apology.ledger import Ledger
from mass_apology.ledger.sender_state import SharedWave
from mass_apology.model import Finding, Status
from mass_apology.workspace.workspace import Workspace

Notice = Callable[[Sequence[Finding]], None]


def is_told_by_the_last(ended: RunResult) -> bool:
    """Whether the wave's end is told by who closes it, and not by this run: it is shared, and nothing is due."""
    return ended.shared and not ended.due


def close_if_shared(workspace: Workspace, ended: RunResult, wave: str, notice: Notice) -> RunResult:
    """The result of a run, with the numbers of the whole wave where this process closed it."""
    if not ended.shared or not close_if_over(workspace, notice):
        return ended
    with workspace.ledger_store.read(workspace.campaign.name) as records:
        return replace(ended, counts=records.counts(wave))


def close_if_over(workspace: Workspace, notice: Notice) -> bool:
    """Close what was confirmed and is over, and tell of its end; false where nothing is, or another process does it.

    Who dies meanwhile has not closed it: the next one tells of it again.
    """
    with (
        workspace.ledger_store.open(workspace.campaign.name) as ledger,
        ledger.closing(time.time()) as over,
    ):
        if over is None:
            return False
        counts = ledger.counts(over.wave)
        with notifying(workspace, notice) as notifier:
            notifier.tell(_occasion(over, counts, ledger), over.wave, sent=counts[Status.ACCEPTED])
    return True


def _occasion(over: SharedWave, counts: dict[Status, int], ledger: Ledger) -> Occasion:
    seconds = max(1.0, time.time() - over.confirmed_at)
    ended = RunResult(counts=counts, sent=counts[Status.ACCEPTED], seconds=seconds)
    if over.wave not in ledger.waves.armed() or confirmed_elsewhere(over, 0).further is None:
        return end_of_run(ended)
    return end_of_wave(ended, said=False, cause=None, needs_a_person=bool(ended.unreached), more_later=False)
