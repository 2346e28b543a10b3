"""claim → render → compose → pace → hand over → record: one run of ``send``, from the plan to the last reply."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from mass_apology.campaign import LEDGER_NAME, LOG_NAME, read_campaign
from mass_apology.errors import ConfirmationError, LedgerError, first_failure
from mass_apology.flows import event_loop
from mass_apology.flows.plans import guarding, plan
from mass_apology.flows.plans.approving import require_approval
from mass_apology.flows.plans.planning import Check
from mass_apology.flows.sending.desk import Desk
from mass_apology.flows.sending.log import Log
from mass_apology.flows.sending.stock import Stock
from mass_apology.flows.sending.tally import Progress, Tally
from mass_apology.flows.sending.windows import Windows
from mass_apology.ledger import Control, Ledger
from mass_apology.letter.farm import Farm, processes_for
from mass_apology.model import Extensions, Status
from mass_apology.settings import Campaign, parse_rate
from mass_apology.smtp.password import resolve as resolve_password
from mass_apology.smtp.relay import run as send_through
from mass_apology.smtp.session import probe
from mass_apology.smtp.url import parse as parse_url

LARGE = 128 << 10  # octets of attachments
TICK = 0.25  # seconds between looks at the clock, the requests of other terminals, and the eyes


class Wishes(Struct, frozen=True, kw_only=True):
    """What the person asked ``send`` for."""

    confirm: int | None = None
    skip_bad_rows: bool = False
    resend_in_doubt: bool = False
    withhold_missing: bool = False
    override: tuple[str, ...] = ()  # codes of guards against accidents that are not to stop it


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

    def plan(self, checked: Check | None, due: int, campaign: Campaign) -> None:
        """What would be sent now; ``checked`` is None where the ledger's plan still holds."""

    def count(self, due: int) -> str:
        """What the person types when asked for the number of letters due."""

    def progress(self, progress: Progress) -> None:
        """The sending goes on; called a few times a second."""


def run(folder: Path, wishes: Wishes, eyes: Eyes) -> Ended:
    """Send what is due of the campaign in ``folder``; a plain function, for it brings its own event loop.

    Raises ``MassApologyError`` with nothing sent, or with what was sent recorded.
    """
    return event_loop.run(_run(folder, wishes, eyes))


async def _run(folder: Path, wishes: Wishes, eyes: Eyes) -> Ended:
    campaign = read_campaign(folder)
    _refuse_when_late(campaign, wishes)
    password = resolve_password(campaign.relay.password, parse_url(campaign.relay.url))
    offer = await probe(campaign.relay, password)  # a relay that cannot be used is known before anyone is asked
    with _locked_ledger(folder, campaign) as ledger:
        due = await _plan(folder, campaign, ledger, wishes, eyes)
        if not due:
            return Ended(counts=ledger.counts(plan.FIRST_WAVE), sent=0, seconds=0.0)
        run = _Run(folder, campaign, ledger, password, eyes)
        return await run.deliver(due, offer.extensions)


def _refuse_when_late(campaign: Campaign, wishes: Wishes) -> None:
    if campaign.not_after and campaign.not_after.timestamp() < time.time() and guarding.LATE not in wishes.override:
        raise ConfirmationError(
            f"not_after in campaign.toml, {campaign.not_after}, has passed; nothing was sent.",
            next_step="Read the letter once more: is it still true? Then move it, or run: "
            f"mass-apology send --override {guarding.LATE}",
        )
    if campaign.finish_by and campaign.finish_by.timestamp() <= time.time():
        raise ConfirmationError(
            f"finish_by in campaign.toml, {campaign.finish_by}, has passed; nothing was sent.",
            next_step="Move it or take it out, then run: mass-apology send",
        )


@contextmanager
def _locked_ledger(folder: Path, campaign: Campaign) -> Iterator[Ledger]:
    """The campaign's ledger, ours alone, with the traces of a crash settled."""
    path = folder / LEDGER_NAME
    open_ledger = Ledger.open if path.exists() and path.stat().st_size else Ledger.create
    with open_ledger(path, campaign.name) as ledger:
        ledger.acquire(time.time())
        try:
            ledger.recover(time.time())
            ledger.request(Control.RUN)  # what was asked of an earlier run is over
            yield ledger
        finally:
            with suppress(LedgerError):  # the first failure is the one to tell; a lock of a dead process is taken over
                ledger.release()


async def _plan(folder: Path, campaign: Campaign, ledger: Ledger, wishes: Wishes, eyes: Eyes) -> int:
    """Bring the ledger's plan up to date and have it confirmed; the number of letters due."""
    doubted = ledger.counts(plan.FIRST_WAVE)[Status.IN_DOUBT] if wishes.resend_in_doubt else 0
    await _bring_up_to_date(folder, campaign, ledger, wishes, eyes, doubted)
    if doubted:  # only now: letters whose sending was not confirmed stay in doubt
        ledger.resend_in_doubt(time.time())
    return plan.due(ledger.counts(plan.FIRST_WAVE))


async def _bring_up_to_date(
    folder: Path, campaign: Campaign, ledger: Ledger, wishes: Wishes, eyes: Eyes, doubted: int
) -> None:
    """The plan, shown and confirmed, becomes the ledger's; ``doubted`` letters are to be sent besides."""
    parts = plan.digest_parts(folder, campaign)
    if not plan.is_stale(folder, campaign, parts, ledger):
        due = plan.due(ledger.counts(plan.FIRST_WAVE)) + doubted
        eyes.plan(None, due, campaign)
        if due:
            _confirm(due, wishes, eyes)
        return
    terms = plan.Terms(skip_bad_rows=wishes.skip_bad_rows, override=wishes.override)
    async with plan.drafted(folder, campaign, parts, ledger.key, terms, observe=eyes.stage) as draft:
        outlook = draft.outlook(ledger)
        due = outlook.due + doubted
        eyes.plan(draft.check, due, campaign)
        plan.require_sendable(draft.check, outlook, withhold_missing=wishes.withhold_missing)
        approved = require_approval(folder, campaign, parts, draft.check.letters)
        if due:
            _confirm(due, wishes, eyes)
        draft.commit(ledger)
    _take_down(folder, campaign, draft.check, approved, wishes, ledger)


def _take_down(folder: Path, campaign: Campaign, check: Check, approved: str, wishes: Wishes, ledger: Ledger) -> None:
    """What somebody may ask about later, and what other campaigns have to know."""
    said = f"plan {check.code} of {check.letters} letters confirmed. {approved}".strip()
    if wishes.override:
        said += f" Overridden: {', '.join(wishes.override)}."
    ledger.note(time.time(), said)
    guarding.remember_sent(folder, campaign, check.letters)


def _confirm(due: int, wishes: Wishes, eyes: Eyes) -> None:
    """Nothing leaves without the number of letters that are really due, typed or given."""
    given = str(wishes.confirm) if wishes.confirm is not None else eyes.count(due)
    if given != str(due):
        said = f"the number given was {given}" if given else "no number was given"
        raise ConfirmationError(
            f"{due} letters are due, but {said}; nothing was sent.",
            next_step=f"Look at the plan above; to send it, run: mass-apology send --confirm {due}",
        )


class _Run:
    """The confirmed part: from here on letters leave."""

    def __init__(self, folder: Path, campaign: Campaign, ledger: Ledger, password: str | None, eyes: Eyes) -> None:
        self._folder = folder
        self._campaign = campaign
        self._ledger = ledger
        self._password = password
        self._eyes = eyes

    async def deliver(self, due: int, extensions: Extensions) -> Ended:
        """Send what is due until nothing is, or until something or somebody ends it."""
        begun = time.monotonic()
        tally = Tally(due)
        recipe = plan.writer_recipe(self._folder, self._campaign, self._ledger.header)
        attached = plan.attached(self._folder, self._campaign)
        # The way to another process and back costs more than writing a letter that is mostly attachment.
        processes = processes_for(due, os.cpu_count() or 1) if attached < LARGE else 0
        async with Farm(recipe, processes=processes) as farm:
            with closing(Log(self._folder / LOG_NAME)) as log:
                stock = Stock(self._ledger, farm, eightbit=extensions.eightbitmime, attached=attached)
                desk = Desk(
                    campaign=self._campaign,
                    stock=stock,
                    ledger=self._ledger,
                    log=log,
                    tally=tally,
                    windows=self._windows(),
                )
                log.event("started", time.time(), due=due)
                await self._until_done(desk, stock, log)
                log.event("ended", time.time(), reason=desk.reason)
            await self._ledger.flush()
        self._eyes.progress(desk.progress())
        return Ended(
            counts=self._ledger.counts(plan.FIRST_WAVE),
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
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, interrupts.interrupted)
    try:
        yield interrupts
    finally:
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(each)
