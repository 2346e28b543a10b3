"""``worker``: takes part in what ``send`` confirmed on any machine, and goes on where another process has ended."""

from __future__ import annotations

import asyncio
import time
from contextlib import closing, suppress

from mass_apology.errors import CampaignError, FencedOut, LedgerError
from mass_apology.flows import event_loop
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.holding import joined_ledger
from mass_apology.flows.notify.notifier import Notifier, notifying
from mass_apology.flows.plan import plan
from mass_apology.flows.send.confirmed import Confirmed
from mass_apology.flows.send.send import gate_of, with_reason
from mass_apology.flows.send.sending_run import Operator, RunResult, SendingRun
from mass_apology.flows.suppressing import suppressed
from mass_apology.ledger import Ledger
from mass_apology.ledger.doorbell import Doorbell
from mass_apology.ledger.sender_state import SharedWave
from mass_apology.model import FIRST_WAVE
from mass_apology.workspace.workspace import Workspace

POLL = 2.0  # seconds between two looks for letters, where nobody tells of any
PATIENCE = 60.0  # seconds for which the database may be away


def run(workspace: Workspace, operator: Operator, *, once: bool) -> RunResult | None:
    """Take part until a signal ends it; with ``once`` until there is nothing to do. What the last run came to, if any.

    Raises ``MassApologyError`` with every letter that was sent recorded.
    """
    if workspace.campaign.ledger.url is None:
        raise CampaignError(
            "The ledger of this campaign is a file, which one process sends from at a time.",
            next_step="Keep it in a database: [ledger] url in campaign.toml",
        )
    with notifying(workspace, operator.notice) as notifier:
        return event_loop.run(_Work(workspace, operator, notifier).run(once=once))


class _Work:
    """One process's part."""

    def __init__(self, workspace: Workspace, operator: Operator, notifier: Notifier) -> None:
        self._workspace = workspace
        self._operator = operator
        self._notifier = notifier

    async def run(self, *, once: bool) -> RunResult | None:
        """Run after run; each takes part anew."""
        with closing(self._workspace.ledger_store.doorbell()) as doorbell:
            return await self._runs(doorbell, once=once)

    async def _runs(self, doorbell: Doorbell, *, once: bool) -> RunResult | None:
        last: RunResult | None = None
        failing_since: float | None = None
        while True:
            ended: RunResult | None = None
            try:
                ended = await self._take_part()
                failing_since = None
            except FencedOut:
                pass  # this process stood still: it takes part anew
            except LedgerError:  # a server that is restarted, most likely
                failing_since = failing_since or time.monotonic()
                if time.monotonic() - failing_since > PATIENCE:
                    raise
                await asyncio.sleep(POLL)
                continue
            last = ended or last
            if ended is not None and (ended.interrupted or ended.cause is not None):
                return ended
            if once and ended is None:
                return last
            with suppress(LedgerError):  # the next look tells
                await asyncio.to_thread(doorbell.wait, POLL)

    async def _take_part(self) -> RunResult | None:
        """``None`` where nothing is shared, or nothing of it is due."""
        campaign = self._workspace.campaign
        if not self._is_due():
            return None
        with (
            joined_ledger(self._workspace, notice=self._operator.notice) as joined,
            suppressed(self._workspace) as suppressions,
        ):
            if joined is None:
                return None
            ledger, shared = joined
            confirmed = _confirmed(ledger, shared)
            if not confirmed.count:
                return None
            access = await AskedRelay(campaign).access()
            sending = SendingRun(self._workspace, ledger, self._operator, access, self._notifier)
            return with_reason(await sending.send(confirmed, gate_of(campaign, suppressions)), campaign)

    def _is_due(self) -> bool:
        """Looked at first, since whoever takes part keeps those out who plan."""
        store = self._workspace.ledger_store
        if not store.exists():
            return False
        with store.read(self._workspace.campaign.name) as records:
            return plan.due(records.counts(FIRST_WAVE)) > 0


def _confirmed(ledger: Ledger, shared: SharedWave) -> Confirmed:
    """What a person confirmed to the process that shares it: from just these files, which are compared."""
    return Confirmed(
        wave=shared.wave,
        template=shared.template,
        parts=shared.digest_parts,
        count=plan.due(ledger.counts(shared.wave)),
        elsewhere=True,
    )
