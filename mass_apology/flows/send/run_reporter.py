"""What a run says of itself in the ledger, for the people who watch it from elsewhere."""

from __future__ import annotations

import time

import msgspec

from mass_apology.errors import MassApologyError
from mass_apology.ledger import Sender
from mass_apology.ledger.sender_state import RelayReport, SenderReport, SlowDestinationReport
from mass_apology.model import StopCause
from mass_apology.sending.dispatcher import Dispatcher
from mass_apology.sending.run_stats import Progress, Standstill

REPORT_SECONDS = 1.0  # between two reports: each is a commit of its own
REPEAT_SECONDS = 5.0  # after which the same is said once more: a run that says nothing for longer hangs


class RunReporter:
    """Tells about one run; ``SendingRun`` calls it every tick, and when the run has ended."""

    def __init__(self, ledger: Sender, dispatcher: Dispatcher, wave: str) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self.wave = wave
        self._began_at = time.time()
        self._last: Progress | None = None
        self._told_at = float("-inf")  # monotonic seconds
        self._has_ended = False

    def tick(self) -> None:
        """Tell how the run is, unless that was told less than a second ago; what stays the same, more rarely."""
        now = time.monotonic()
        if now < self._told_at + REPORT_SECONDS:
            return
        progress = self._dispatcher.progress()
        if progress == self._last and now < self._told_at + REPEAT_SECONDS:
            return
        self._last, self._told_at = progress, now
        self._ledger.tell(self._report(progress))

    def ended(self) -> None:
        """Tell that the run is over, and why."""
        self._has_ended = True
        self._ledger.tell(self.report())

    def report(self) -> SenderReport:
        """What the run says of itself now."""
        return self._report(self._dispatcher.progress(), ended=self._has_ended)

    def _report(self, progress: Progress, *, ended: bool = False) -> SenderReport:
        still = self._dispatcher.standstill()
        return SenderReport(
            at=time.time(),
            began_at=self._began_at,
            wave=self.wave,
            due_at_start=progress.due_at_start,
            counts=progress.counts,
            rate=round(progress.rate, 2),
            connections=progress.connections,
            share=round(progress.share, 3),
            commit_seconds=round(progress.commit_seconds, 5),
            waits_for="" if ended else progress.waits_for,
            cause=_cause(self._dispatcher, still),
            until=still.until if still else progress.deferred_until,
            relays=tuple(msgspec.convert(each, RelayReport, from_attributes=True) for each in progress.relays),
            slow=tuple(msgspec.convert(each, SlowDestinationReport, from_attributes=True) for each in progress.slow),
            trouble="" if ended else progress.trouble,
            ended=ended,
            reason=_reason(self._dispatcher) if ended else "",
        )


def _cause(dispatcher: Dispatcher, still: Standstill | None) -> StopCause | None:
    if still is not None:
        return still.cause
    return StopCause.FAILURE if dispatcher.failure is not None else dispatcher.cause


def _reason(dispatcher: Dispatcher) -> str:
    failure = dispatcher.failure
    if failure is None:
        return dispatcher.reason or ""
    return failure.problem if isinstance(failure, MassApologyError) else "The sending failed by a mistake in it."
