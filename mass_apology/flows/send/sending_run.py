"""Confirmed letters on their way: claim → gate → render → compose → pace → hand over → record, to the last reply."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Coroutine, Sequence
from contextlib import closing
from math import inf
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from mass_apology.campaign import LOG_NAME
from mass_apology.errors import ConfirmationError, OutputError, first_failure
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.plan import Outlook
from mass_apology.flows.plan.plan_steps import Check
from mass_apology.flows.send.confirmed import Confirmed, require_unchanged
from mass_apology.flows.send.stop_signals import interrupts
from mass_apology.ledger import Control, Ledger
from mass_apology.ledger.sqlite import editions
from mass_apology.letter.render_pool import RenderPool, processes_for
from mass_apology.model import Extensions, Finding, Status
from mass_apology.quantities import are, counted, number, were
from mass_apology.sending.dispatcher import Dispatcher
from mass_apology.sending.event_log import Log
from mass_apology.sending.gate import Gate
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.relay_windows import Windows
from mass_apology.sending.run_stats import Progress, RunStats
from mass_apology.settings import Campaign, parse_rate
from mass_apology.smtp.relay import run as send_through

LARGE = 128 << 10  # octets of attachments
RELEASED_AT_ONCE = 1000  # letters in doubt that the gate is asked about in one go
TICK = 0.25  # seconds between looks at the clock, the requests of other terminals, and the eyes


class Ended(Struct, frozen=True, kw_only=True):
    """How a run ended."""

    counts: dict[Status, int]  # of the wave, all runs together
    sent: int  # accepted in this run
    seconds: float  # that this run took, without the planning
    reason: str | None = None  # why it stopped with work left, as sentences; None where a person stopped it
    interrupted: bool = False  # by a signal, so that the command ends with it

    @property
    def due(self) -> int:
        """Letters a further ``send`` would work on."""
        return plan.due(self.counts)

    @property
    def unreached(self) -> int:
        """Letters that need a person: refused, expired, in doubt."""
        return sum(self.counts.get(status, 0) for status in (Status.REFUSED, Status.EXPIRED, Status.IN_DOUBT))


class Operator(Protocol):
    """Who watches a run and answers for it: the terminal, or a test."""

    def stage(self, name: str, done: int, total: int | None) -> None:
        """The planning goes on."""

    def plan(self, checked: Check | None, due: int, campaign: Campaign, outlook: Outlook | None = None) -> None:
        """What would be sent now; ``checked`` and ``outlook`` are None where the ledger's plan still holds."""

    def notice(self, findings: Sequence[Finding]) -> None:
        """What the person should know before the number is typed."""

    def count(self, due: int) -> str:
        """What the person types when asked for the number of letters due."""

    def progress(self, progress: Progress) -> None:
        """The sending goes on; called a few times a second."""


class Access(Struct, frozen=True, kw_only=True):
    """How the relay is used."""

    password: str | None
    extensions: Extensions  # that it offered when it was last asked


class Run:
    """The confirmed letters of one wave: from here on they leave.

    Used by every command that sends, under the campaign's lock. Nothing leaves that is not what was confirmed, and
    nothing that the gate holds back. A failure beside the relay ends the run after the letters on their way have their
    replies; only a ledger that cannot be written, or a second Ctrl-C, ends it before.
    """

    def __init__(self, folder: Path, campaign: Campaign, ledger: Ledger, operator: Operator, access: Access) -> None:
        self._folder = folder
        self._campaign = campaign
        self._ledger = ledger
        self._operator = operator
        self._access = access

    async def deliver(self, confirmed: Confirmed, gate: Gate, *, patience: float = inf) -> Ended:
        """Send what is due until nothing is, or until something or somebody ends it.

        ``patience``: seconds that are waited for a deferred letter to be due again, at the most. Raises
        ``MassApologyError`` with nothing sent, or with what was sent recorded.
        """
        begun = time.monotonic()
        attached = plan.attached(self._folder, self._campaign)
        async with self._render_pool(confirmed, attached) as render_pool:
            self._require_confirmed(confirmed)
            editions.begin(self._ledger, confirmed.wave, confirmed.parts, time.time())
            self._release(confirmed, gate)
            stats = RunStats(confirmed.count)
            with closing(Log(self._folder / LOG_NAME)) as log:
                outbox = Outbox(
                    self._ledger,
                    render_pool,
                    eightbit=self._access.extensions.eightbitmime,
                    gate=gate,
                    attached=attached,
                    wave=confirmed.wave,
                    patience=patience,
                )
                dispatcher = Dispatcher(
                    campaign=self._campaign,
                    outbox=outbox,
                    ledger=self._ledger,
                    log=log,
                    stats=stats,
                    windows=self._windows(),
                )
                self._ledger.on_claim(log.claimed)
                facts = plan.origin_facts(self._ledger)
                log.event("started", time.time(), due=confirmed.count, wave=confirmed.wave, **facts)
                interrupted = await self._until_done(dispatcher, outbox, log)
                log.event("ended", time.time(), reason=dispatcher.reason)
                await self._ledger.flush()
                if dispatcher.failure is not None:
                    raise dispatcher.failure
                log.flush()
        self._operator.progress(dispatcher.progress())
        return Ended(
            counts=self._ledger.counts(confirmed.wave),
            sent=stats.counts[Status.ACCEPTED],
            seconds=time.monotonic() - begun,
            reason=dispatcher.reason,
            interrupted=interrupted,
        )

    def _render_pool(self, confirmed: Confirmed, attached: int) -> RenderPool:
        recipe = plan.writer_recipe(
            self._folder, self._campaign, self._ledger.header, confirmed.template, confirmed.subject_line
        )
        # The way to another process and back costs more than writing a letter that is mostly attachment.
        processes = processes_for(confirmed.count, os.cpu_count() or 1) if attached < LARGE else 0
        return RenderPool(recipe, processes=processes)

    def _require_confirmed(self, confirmed: Confirmed) -> None:
        """Everything that letters are written from has been read: it must be what was agreed to, and as many."""
        require_unchanged(self._folder, confirmed)
        due = plan.due(self._ledger.counts(confirmed.wave)) + len(confirmed.resend)
        if due != confirmed.count:
            raise ConfirmationError(
                f"{counted(due, 'letter')} of the wave {confirmed.wave} {are(due)} due, and {number(confirmed.count)} "
                f"{were(confirmed.count)} agreed to; nothing was sent.",
                next_step="Run the command again, and look at the plan.",
            )

    def _release(self, confirmed: Confirmed, gate: Gate) -> None:
        """Letters in doubt that were agreed to become due, those that the gate lets go; the others stay in doubt."""
        for start in range(0, len(confirmed.resend), RELEASED_AT_ONCE):
            ids = confirmed.resend[start : start + RELEASED_AT_ONCE]
            now = time.time()
            verdict = gate.ask(self._ledger.in_doubt(confirmed.wave, ids), now)
            self._ledger.release_in_doubt(confirmed.wave, [letter.id for letter, _ in verdict.open], now)

    def _windows(self) -> Windows:
        limits = [rate for window in self._campaign.relay.windows if (rate := parse_rate(window))]
        longest = max((limit.seconds for limit in limits), default=0)
        return Windows(limits, self._ledger.usage_since(time.time() - longest))

    async def _until_done(self, dispatcher: Dispatcher, outbox: Outbox, log: Log) -> bool:
        """The connections, and beside them the filling and the watch; when the connections end, all ends.

        True where a signal asked for the end.
        """
        work = asyncio.create_task(self._side_by_side(dispatcher, outbox, log))
        with interrupts(dispatcher.close, work) as signals:
            try:
                await work
            except asyncio.CancelledError:
                if not signals.cancelled:  # it goes on to whoever asked for it
                    raise
        return signals.asked

    async def _side_by_side(self, dispatcher: Dispatcher, outbox: Outbox, log: Log) -> None:
        with first_failure():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_beside(outbox.fill(dispatcher.withhold), dispatcher))
                watching = tasks.create_task(_beside(self._watch(dispatcher, log), dispatcher))
                await send_through(self._campaign.relay, self._access.password, dispatcher, dispatcher.allowed)
                dispatcher.close()
                watching.cancel()

    async def _watch(self, dispatcher: Dispatcher, log: Log) -> None:
        """What happens by the clock: progress, the log, requests from other terminals, the deadline."""
        finish_by = self._campaign.finish_by
        while True:
            self._show(dispatcher)
            log.flush()
            if problem := self._ledger.lost_sight():  # what is recorded from now on might be found by nobody
                dispatcher.close(problem)
            wanted = self._ledger.requested()
            dispatcher.pause(paused=wanted is Control.PAUSE)
            if wanted is Control.STOP:
                dispatcher.close()
            if finish_by and time.time() >= finish_by.timestamp():
                dispatcher.close("The campaign's finish_by has passed. Move it in campaign.toml to send the rest.")
            await asyncio.sleep(TICK)

    def _show(self, dispatcher: Dispatcher) -> None:
        try:
            self._operator.progress(dispatcher.progress())
        except OSError as error:
            raise OutputError(
                "Nobody reads the output any more, so the sending ended; every letter that was on its way is recorded.",
                next_step="Run the command again to go on; to keep what it says, send it to a file.",
            ) from error


async def _beside(work: Coroutine[None, None, None], dispatcher: Dispatcher) -> None:
    """Something that goes on beside the connections: where it fails, the desk closes, and they end by themselves."""
    try:
        with first_failure():
            await work
    except Exception as error:
        dispatcher.fail(error)
