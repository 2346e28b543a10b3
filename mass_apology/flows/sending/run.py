"""Confirmed letters on their way: claim → render → compose → pace → hand over → record, to the last reply."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from math import inf
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from mass_apology.campaign import LOG_NAME
from mass_apology.errors import first_failure
from mass_apology.flows.plans import plan
from mass_apology.flows.plans.plan import Outlook
from mass_apology.flows.plans.steps import Check
from mass_apology.flows.sending.desk import Desk
from mass_apology.flows.sending.log import Log
from mass_apology.flows.sending.stock import Stock
from mass_apology.flows.sending.tally import Progress, Tally
from mass_apology.flows.sending.windows import Windows
from mass_apology.ledger import Control, Ledger, editions
from mass_apology.letter.farm import Farm, processes_for
from mass_apology.model import FIRST_WAVE, Delivery, Extensions, Finding, Status
from mass_apology.settings import Campaign, SubjectLine, parse_rate
from mass_apology.smtp.relay import run as send_through

LARGE = 128 << 10  # octets of attachments
TICK = 0.25  # seconds between looks at the clock, the requests of other terminals, and the eyes


class Ended(Struct, frozen=True, kw_only=True):
    """How a run ended."""

    counts: dict[Status, int]  # of the wave, all runs together
    sent: int  # accepted in this run
    seconds: float  # that this run took, without the planning
    reason: str | None = None  # why it stopped with work left, as sentences; None where a person stopped it

    @property
    def due(self) -> int:
        """Letters a further ``send`` would work on."""
        return plan.due(self.counts)

    @property
    def unreached(self) -> int:
        """Letters that need a person: refused, expired, in doubt."""
        return sum(self.counts.get(status, 0) for status in (Status.REFUSED, Status.EXPIRED, Status.IN_DOUBT))


class Eyes(Protocol):
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


class Run:
    """The confirmed letters of one wave: from here on they leave."""

    def __init__(  # noqa: PLR0913 (what a run has to do with)
        self,
        folder: Path,
        campaign: Campaign,
        ledger: Ledger,
        password: str | None,
        eyes: Eyes,
        *,
        wave: str = FIRST_WAVE,
        template: str | None = None,
        subject_line: SubjectLine = SubjectLine.OWN,
        may_go: Callable[[Delivery], bool] | None = None,
        patience: float = inf,
    ) -> None:
        """``template`` and ``subject_line`` are the wave's, where it is not the first.

        ``may_go`` is asked of each letter just before it goes; one that may not stays due for a later run, and so does
        a deferred one that is not due again within ``patience`` seconds.
        """
        self._folder = folder
        self._campaign = campaign
        self._ledger = ledger
        self._password = password
        self._eyes = eyes
        self._wave = wave
        self._template = template
        self._subject_line = subject_line
        self._may_go = may_go
        self._patience = patience

    async def deliver(self, due: int, extensions: Extensions) -> Ended:
        """Send what is due until nothing is, or until something or somebody ends it."""
        begun = time.monotonic()
        parts = plan.letter_parts(self._folder, self._campaign, self._template or self._campaign.template)
        editions.begin(self._ledger, self._wave, parts, time.time())
        tally = Tally(due)
        recipe = plan.writer_recipe(
            self._folder, self._campaign, self._ledger.header, self._template, self._subject_line
        )
        attached = plan.attached(self._folder, self._campaign)
        # The way to another process and back costs more than writing a letter that is mostly attachment.
        processes = processes_for(due, os.cpu_count() or 1) if attached < LARGE else 0
        async with Farm(recipe, processes=processes) as farm:
            with closing(Log(self._folder / LOG_NAME)) as log:
                stock = Stock(
                    self._ledger,
                    farm,
                    eightbit=extensions.eightbitmime,
                    attached=attached,
                    wave=self._wave,
                    may_go=self._may_go,
                    patience=self._patience,
                )
                desk = Desk(
                    campaign=self._campaign,
                    stock=stock,
                    ledger=self._ledger,
                    log=log,
                    tally=tally,
                    windows=self._windows(),
                )
                self._ledger.on_claim(log.claimed)
                log.event("started", time.time(), due=due, wave=self._wave, **plan.origin_facts(self._ledger))
                await self._until_done(desk, stock, log)
                log.event("ended", time.time(), reason=desk.reason)
            await self._ledger.flush()
        self._eyes.progress(desk.progress())
        return Ended(
            counts=self._ledger.counts(self._wave),
            sent=tally.counts[Status.ACCEPTED],
            seconds=time.monotonic() - begun,
            reason=desk.reason,
        )

    def _windows(self) -> Windows:
        limits = [rate for window in self._campaign.relay.windows if (rate := parse_rate(window))]
        longest = max((limit.seconds for limit in limits), default=0)
        return Windows(limits, self._ledger.usage_since(time.time() - longest))

    async def _until_done(self, desk: Desk, stock: Stock, log: Log) -> None:
        """The filling, the connections and the watch, side by side; when the connections end, all ends."""
        with _interrupts(desk) as interrupts:
            try:
                with first_failure():
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(stock.fill())
                        watching = tasks.create_task(self._watch(desk, log))
                        await send_through(self._campaign.relay, self._password, desk, desk.allowed)
                        desk.close()
                        watching.cancel()
            except asyncio.CancelledError:
                if not interrupts.cancelled:
                    raise
                interrupts.task.uncancel()

    async def _watch(self, desk: Desk, log: Log) -> None:
        """What happens by the clock: progress, the log, requests from other terminals, the deadline."""
        finish_by = self._campaign.finish_by
        while True:
            self._eyes.progress(desk.progress())
            log.flush()
            if problem := self._ledger.lost_sight():  # what is recorded from now on might be found by nobody
                desk.close(problem)
            wanted = self._ledger.requested()
            desk.pause(paused=wanted is Control.PAUSE)
            if wanted is Control.STOP:
                desk.close()
            if finish_by and time.time() >= finish_by.timestamp():
                desk.close("The campaign's finish_by has passed. Move it in campaign.toml to send the rest.")
            await asyncio.sleep(TICK)


class _Interrupts:
    """Ctrl-C once: begin nothing more. Ctrl-C again: cancel, so that the connections end before any further dot."""

    def __init__(self, desk: Desk, task: asyncio.Task[object]) -> None:
        self.task = task
        self.cancelled = False
        self._desk = desk

    def interrupted(self) -> None:
        if self._desk.closed:
            self.cancelled = True
            self.task.cancel()
        self._desk.close()


@contextmanager
def _interrupts(desk: Desk) -> Iterator[_Interrupts]:
    task = asyncio.current_task()
    assert task is not None  # noqa: S101 (a coroutine always runs in a task)
    interrupts = _Interrupts(desk, task)
    loop = asyncio.get_running_loop()
    # Python's own handlers and not the loop's: those do not exist on Windows.
    before = {
        each: signal.signal(each, lambda *_: loop.call_soon_threadsafe(interrupts.interrupted))
        for each in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield interrupts
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
