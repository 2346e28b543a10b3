"""One run of a worker: joins what is shared, or takes up what its sender left, and closes what is over."""

from __future__ import annotations

from collections.abc import Callable
from math import inf

from mass_apology import __version__
from mass_apology.errors import CampaignError
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.follow_up.follow_up import PATIENCE
from mass_apology.flows.follow_up.wave_plan import WavePlan
from mass_apology.flows.holding import joined_ledger
from mass_apology.flows.notify.notifier import notifying
from mass_apology.flows.plan import plan
from mass_apology.flows.send.closing import Notice, close_if_over, close_if_shared
from mass_apology.flows.send.confirmed import Confirmed, confirmed_elsewhere
from mass_apology.flows.send.send import gate_of, with_reason
from mass_apology.flows.send.sending_run import Operator, RunResult, SendingRun
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.ledger import Ledger
from mass_apology.ledger.sender_state import SharedWave
from mass_apology.sending.gate import Gate
from mass_apology.workspace.source_digests import VERSION_PART
from mass_apology.workspace.workspace import Workspace


async def take_part(
    workspace: Workspace, operator: Operator, notice: Notice, is_stopped: Callable[[], bool]
) -> RunResult | None:
    """``None`` where nothing is confirmed, nothing of it is due, or others have it; what is over is closed.

    ``notice`` hears of what this machine cannot do. Raises ``MassApologyError`` with every letter that was sent
    recorded.
    """
    shared, is_due = confirmed_wave(workspace)
    if shared is None:
        return None
    if not is_due:
        close_if_over(workspace, notice)
        return None
    require_version(shared)
    ended = await _run(workspace, operator, notice, is_stopped)
    return ended and close_if_shared(workspace, ended, shared.wave, notice)


def confirmed_wave(workspace: Workspace) -> tuple[SharedWave | None, bool]:
    """What a person confirmed and is not over, ``None`` without a ledger, too; and whether letters of it are due.

    Looked at first, since whoever takes part keeps those out who plan.
    """
    store = workspace.ledger_store
    if not store.exists():
        return None, False
    with store.read(workspace.campaign.name) as records:
        shared = records.shared()
        return shared, shared is not None and plan.due(records.counts(shared.wave)) > 0


def require_version(shared: SharedWave) -> None:
    """Raise ``CampaignError`` unless the letters were confirmed with this version of the program, which shapes them."""
    theirs = shared.digest_parts.get(VERSION_PART, "")
    if theirs != __version__:
        raise CampaignError(
            f"The letters of the wave {shared.wave} were confirmed with mass-apology {theirs}, and this is "
            f"{__version__}; nothing is sent from here.",
            next_step=f"Install mass-apology {theirs} here. Or install {__version__} where the campaign's folder is, "
            "and confirm again: mass-apology send",
        )


async def _run(
    workspace: Workspace, operator: Operator, notice: Notice, is_stopped: Callable[[], bool]
) -> RunResult | None:
    campaign = workspace.campaign
    with (
        notifying(workspace, notice) as notifier,
        joined_ledger(workspace, notice=operator.notice) as joined,
        suppressed(workspace) as suppressions,
    ):
        if joined is None:
            return None
        ledger, shared = joined
        confirmed = confirmed_elsewhere(shared, plan.due(ledger.counts(shared.wave)))
        if not confirmed.count:
            return None
        access = await AskedRelay(campaign).access()
        if is_stopped():
            return None
        sending = SendingRun(workspace, ledger, operator, access, notifier)
        longest_wait = inf if confirmed.further is None else PATIENCE
        gate = _gate(workspace, ledger, confirmed, suppressions)
        ended = await sending.send(confirmed, gate, longest_wait=longest_wait)
        return ended if confirmed.further is not None else with_reason(ended, campaign)


def _gate(workspace: Workspace, ledger: Ledger, confirmed: Confirmed, suppressions: Suppressed) -> Gate:
    """That of the process where it was confirmed, with this machine's suppression list."""
    further = confirmed.further
    if further is None:
        return gate_of(workspace.campaign, suppressions)
    return WavePlan(workspace, ledger, further.wave, suppressions, schedule=further.schedule).gate()
