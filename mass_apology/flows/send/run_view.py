"""The live view of a run in its own process: it knows what it did, so the ledger is looked at once, when it begins."""

from __future__ import annotations

import time

from msgspec.structs import replace

from mass_apology.flows.send.run_reporter import RunReporter
from mass_apology.flows.watch.campaign_view import view_of
from mass_apology.flows.watch.campaign_watch import NOTES, free_octets
from mass_apology.flows.watch.observation import Count, Observation, Pulse
from mass_apology.flows.watch.view_model import CampaignView
from mass_apology.ledger import Ledger
from mass_apology.ledger.sender_state import Control
from mass_apology.sending.dispatcher import Dispatcher
from mass_apology.workspace.workspace import Workspace

_MINUTE = 60


class RunView:
    """Made when a run begins. It is of the wave that the run sends; what comes back meanwhile is not in it."""

    def __init__(self, workspace: Workspace, ledger: Ledger, dispatcher: Dispatcher, reporter: RunReporter) -> None:
        self._workspace = workspace
        self._dispatcher = dispatcher
        self._reporter = reporter
        self._holder = ledger.holder()
        self._notes = ledger.notes()[-NOTES:]
        # No letter has left yet, so what the run says now is what it says first after the count.
        people = {reporter.wave: ledger.people(reporter.wave)}
        self._count = Count(at=time.time(), waves=people, report=reporter.report())
        self._usage = (
            ledger.overview.hand_overs(_MINUTE) if any(relay.windows for relay in workspace.campaign.relays) else []
        )
        self._settled = 0  # letters that the usage knows of this run

    def look(self) -> CampaignView:
        """How the run is now; what became of it, once it has ended."""
        report = replace(self._reporter.report(), is_latest=True)
        now = time.time()
        self._use(now)
        is_paused = self._dispatcher.paused and not report.ended
        return view_of(
            Observation(
                at=now,
                campaign=self._workspace.campaign,
                pulse=Pulse(
                    holder=None if report.ended else self._holder,
                    wanted=Control.PAUSE if is_paused else Control.STOP if self._dispatcher.closed else Control.RUN,
                    report=report,
                ),
                count=self._count,
                rate=report.rate,
                usage=self._usage,
                notes=self._notes,
                free_octets=free_octets(self._workspace.folder),
                details=None,
            )
        )

    def _use(self, now: float) -> None:
        """Add what was settled since to the usage of this minute."""
        settled = self._dispatcher.progress().settled
        minute = int(now // _MINUTE) * _MINUTE
        more = settled - self._settled
        self._settled = settled
        if self._usage and self._usage[-1][0] == minute:
            more += self._usage.pop()[1]
        self._usage.append((minute, more))
