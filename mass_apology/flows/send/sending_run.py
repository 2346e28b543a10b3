"""Sends confirmed letters: claim → gate → render → compose → pace → hand over → record, up to the last reply."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Sequence
from contextlib import closing
from math import inf
from typing import Protocol

from msgspec import Struct

from mass_apology.errors import ConfirmationError, OutputError, first_failure
from mass_apology.flows.evidence.run_facts import run_facts
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.plan import Outlook, Remaining
from mass_apology.flows.plan.plan_check import Check
from mass_apology.flows.send.archive_copies import Archive, Archived
from mass_apology.flows.send.confirmed import Confirmed, require_unchanged
from mass_apology.flows.send.journal_entries import told_to
from mass_apology.flows.send.run_reporter import RunReporter
from mass_apology.flows.send.run_view import RunView
from mass_apology.flows.send.sharing import Sharing, windows_of
from mass_apology.flows.send.stop_signals import stop_on_signals
from mass_apology.flows.send.travelling_files import keep_letter_files
from mass_apology.flows.watch.view_model import CampaignView
from mass_apology.ledger import Control, Ledger
from mass_apology.letter.render_pool import RenderPool, processes_for
from mass_apology.model import Extensions, Finding, Status, StopCause
from mass_apology.quantities import are, counted, number, were
from mass_apology.relay_settings import RelaySettings
from mass_apology.sending.destinations import destinations_of
from mass_apology.sending.dispatcher import Dispatcher
from mass_apology.sending.event_log import EventLog
from mass_apology.sending.gate import Gate
from mass_apology.sending.outbox import Outbox
from mass_apology.sending.relay_windows import RelayWindows
from mass_apology.sending.routing import Routing
from mass_apology.sending.run_stats import Progress, RunStats, Standstill
from mass_apology.settings import Campaign
from mass_apology.smtp.relay import run as send_through
from mass_apology.system.journal import Journal
from mass_apology.workspace.workspace import Workspace

LARGE_ATTACHMENTS = 128 << 10  # octets of attachments
RELEASE_BATCH = 1000  # letters in doubt that the gate is asked about in one go
TICK = 0.25  # seconds between checks of the clock and of requests from other terminals; progress is shown as often


class RunResult(Struct, frozen=True, kw_only=True):
    """The result of one run, for the command that shows it."""

    counts: dict[Status, int]  # letters of the wave by status, after all runs so far
    sent: int  # letters accepted in this run
    seconds: float  # duration of this run, without the planning
    reason: str | None = None  # why it stopped with letters still due, as sentences; None if a person stopped it
    cause: StopCause | None = None  # the reason's kind
    interrupted: bool = False  # a signal ended the run, so the command ends with that signal's exit status
    archived: Archived = Archived()  # copies of its letters to oneself
    shared: bool = False  # other processes took part, or could: the last of them closes the wave
    log_head: str = ""  # of the log's hash chain, when the run ended; empty where none began

    @property
    def due(self) -> int:
        """Letters that the next ``send`` would take up."""
        return plan.due(self.counts)

    @property
    def is_left_to_others(self) -> bool:
        """Nothing ended the run but that others have, or take, the letters that are due."""
        return self.shared and bool(self.due) and not self.reason and not self.interrupted

    @property
    def unreached(self) -> int:
        """Letters that need a person: refused, expired, in doubt."""
        return sum(self.counts.get(status, 0) for status in (Status.REFUSED, Status.EXPIRED, Status.IN_DOUBT))


class Operator(Protocol):
    """The person who starts a run, sees its progress and confirms it. The terminal implements it, and so do tests."""

    def stage(self, name: str, done: int, total: int | None) -> None:
        """Show a step of the planning: its name, units done, and units in total if known."""

    def plan(
        self,
        checked: Check | Remaining,
        due: int,
        campaign: Campaign,
        outlook: Outlook | None = None,
    ) -> None:
        """Show what would be sent now; ``checked`` is what remains if the ledger's plan is still valid."""

    def notice(self, findings: Sequence[Finding]) -> None:
        """Show findings that the person must know before typing the number."""

    def count(self, due: int) -> str:
        """Ask for the number of letters due, and return the text that the person types."""

    def watch(self, look: Callable[[], CampaignView]) -> None:
        """A run begins: ``look`` gives its live view, at little cost, also when it has ended."""

    def progress(self, progress: Progress) -> None:
        """Show how far the sending is; called a few times a second."""


class Watcher(Protocol):
    """Hears how a run goes, and must not hold it up; ``flows.notify.notifier.Notifier`` implements it."""

    def run_begins(self, wave: str) -> None:
        """Letters of this wave begin to leave."""

    def standstill(self, still: Standstill | None, sent: int) -> None:
        """Whether the run waits by itself, and how many letters were accepted so far; called every tick."""


class RelayAccess(Struct, frozen=True, kw_only=True):
    """What a run needs to use the relay, beside the campaign's settings."""

    passwords: tuple[str | None, ...]  # of each relay of the campaign
    extensions: Extensions  # as offered when the relay was last probed


class SendingRun:
    """Sends the confirmed letters of one wave.

    Every command that sends uses it, under the campaign's lock. It sends only letters that were confirmed and that the
    gate allows. A failure outside the relay (disk, rendering, terminal) ends the run after the letters in transit have
    their replies; only a ledger that cannot be written, or a second Ctrl-C, ends it before.
    """

    def __init__(
        self, workspace: Workspace, ledger: Ledger, operator: Operator, access: RelayAccess, watcher: Watcher
    ) -> None:
        self._workspace = workspace
        self._campaign = workspace.campaign
        self._ledger = ledger
        self._operator = operator
        self._access = access
        self._watcher = watcher

    async def send(self, confirmed: Confirmed, gate: Gate, *, longest_wait: float = inf) -> RunResult:
        """Send until no letter is due, or until a stop, a signal, the breaker, a deadline or a failure ends the run.

        ``longest_wait``: longest wait, in seconds, for a deferred letter to be due again. Raises ``MassApologyError``
        with nothing sent, or with every letter that was sent recorded.
        """
        begun = time.monotonic()
        if confirmed.only is not None:
            gate = gate.restricted_to(confirmed.only)
        largest_own = max((path.stat().st_size for path in self._workspace.own_file_paths), default=0)
        attached = sum(octets for _, octets in self._workspace.attached()) + largest_own
        async with self._render_pool(confirmed, attached) as render_pool:
            if confirmed.may_be_shared and not confirmed.elsewhere and self._campaign.ledger.database is not None:
                found = keep_letter_files(self._workspace, self._ledger, confirmed.wave, confirmed.template)
                self._operator.notice(found)
            self._require_confirmed(confirmed)
            self._ledger.begin_edition(confirmed.wave, confirmed.parts, time.time())
            self._release_in_doubt(confirmed, gate)
            self._watcher.run_begins(confirmed.wave)
            stats = RunStats(confirmed.count)
            archive = Archive(self._campaign, self._ledger, confirmed.wave)
            with closing(EventLog(self._workspace.log_path)) as log, closing(Journal()) as journal:
                log.on_event(told_to(journal, self._campaign.name))
                routing = Routing(self._campaign.relays, destinations_of(self._campaign))
                outbox = Outbox(
                    self._ledger,
                    render_pool,
                    eightbit=self._access.extensions.eightbitmime,
                    gate=gate,
                    attached=attached,
                    wave=confirmed.wave,
                    longest_wait=longest_wait,
                    sorter=routing,
                )
                if routing.is_needed:
                    outbox.sort()
                dispatcher = Dispatcher(
                    campaign=self._campaign,
                    outbox=outbox,
                    ledger=self._ledger,
                    log=log,
                    stats=stats,
                    windows=[self._windows(relay) for relay in self._campaign.relays],
                    routing=routing,
                )
                dispatcher.on_accepted(archive.accepted)
                self._ledger.on_claim(log.claimed)
                sharing = Sharing(self._ledger, dispatcher, confirmed, self._campaign, routing, outbox)
                sharing.confirm()
                await sharing.join()
                log.event("started", time.time(), self._start_facts(confirmed))
                reporter = RunReporter(self._ledger, dispatcher, confirmed.wave)
                self._operator.watch(RunView(self._workspace, self._ledger, dispatcher, reporter).look)
                try:
                    interrupted = await self._run_until_done(dispatcher, outbox, log, reporter, sharing)
                finally:
                    await sharing.end()
                dispatcher.conclude()
                log.event("ended", time.time(), self._seen(), reason=dispatcher.reason)
                reporter.ended()
                await self._ledger.flush()
                if dispatcher.failure is not None:
                    raise dispatcher.failure
                log.flush()
        self._operator.progress(dispatcher.progress())
        seconds = time.monotonic() - begun
        # Who ended the run by a signal waits for its end; the next run has letters to copy.
        archived = Archived() if interrupted else await archive.send(self._access.passwords[0])
        self._operator.notice(archived.findings)
        return RunResult(
            counts=self._ledger.counts(confirmed.wave),
            sent=stats.counts[Status.ACCEPTED],
            seconds=seconds,
            reason=dispatcher.reason,
            cause=dispatcher.cause,
            interrupted=interrupted,
            archived=archived,
            log_head=log.head,
            shared=sharing.shares,
        )

    def _start_facts(self, confirmed: Confirmed) -> dict[str, object]:
        facts = {"due": confirmed.count, "wave": confirmed.wave, "parts": confirmed.parts}
        return {**facts, **plan.origin_facts(self._ledger), **self._seen()}

    def _seen(self) -> dict[str, object]:
        return run_facts(self._ledger.notes(), self._workspace.folder)

    def _render_pool(self, confirmed: Confirmed, attached: int) -> RenderPool:
        recipe = plan.writer_recipe(self._workspace, self._ledger.header, confirmed.template, confirmed.subject_line)
        # Passing a large letter between processes costs more than rendering it.
        processes = processes_for(confirmed.count, os.cpu_count() or 1) if attached < LARGE_ATTACHMENTS else 0
        return RenderPool(recipe, processes=processes)

    def _require_confirmed(self, confirmed: Confirmed) -> None:
        """Raise ``ConfirmationError`` if the letters' sources or their number differ from what was confirmed.

        Called when all sources have been read, so that a later change cannot matter.
        """
        require_unchanged(self._workspace, confirmed)
        due = self._due(confirmed) + len(confirmed.resend)
        if due != confirmed.count and not confirmed.elsewhere:
            raise ConfirmationError(
                f"{counted(due, 'letter')} of the wave {confirmed.wave} {are(due)} due, and {number(confirmed.count)} "
                f"{were(confirmed.count)} agreed to; nothing was sent.",
                next_step="Run the command again, and look at the plan.",
            )

    def _due(self, confirmed: Confirmed) -> int:
        only, wave = confirmed.only, confirmed.wave
        if only is None:
            return plan.due(self._ledger.counts(wave))
        return sum(letter in only for page in self._ledger.waiting(wave) for letter, _, _ in page)

    def _release_in_doubt(self, confirmed: Confirmed, gate: Gate) -> None:
        """Make the confirmed letters in doubt due again if the gate allows them; the others stay in doubt."""
        for start in range(0, len(confirmed.resend), RELEASE_BATCH):
            ids = confirmed.resend[start : start + RELEASE_BATCH]
            now = time.time()
            result = gate.check(self._ledger.doubts.letters(confirmed.wave, ids), now)
            self._ledger.doubts.release(confirmed.wave, [letter.id for letter, _ in result.allowed], now)

    def _windows(self, relay: RelaySettings) -> RelayWindows:
        limits = windows_of(relay)
        longest = max((limit.seconds for limit in limits), default=0)
        return RelayWindows(limits, self._ledger.usage_since(time.time() - longest, relay.name))

    async def _run_until_done(
        self, dispatcher: Dispatcher, outbox: Outbox, log: EventLog, reporter: RunReporter, sharing: Sharing
    ) -> bool:
        """Run until the connections end; true if a signal requested the end."""
        work = asyncio.create_task(self._run_tasks(dispatcher, outbox, log, reporter, sharing))
        with stop_on_signals(dispatcher.close, work) as signals:
            try:
                await work
            except asyncio.CancelledError:
                if not signals.cancelled:  # not by a second Ctrl-C, so the caller cancelled this run
                    raise
        return signals.stop_requested

    async def _run_tasks(
        self, dispatcher: Dispatcher, outbox: Outbox, log: EventLog, reporter: RunReporter, sharing: Sharing
    ) -> None:
        """Fill the outbox and watch the clock while the connections send; end both when the connections end."""
        with first_failure():
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(_close_on_failure(outbox.fill(dispatcher.withhold), dispatcher))
                watching = tasks.create_task(
                    _close_on_failure(self._watch(dispatcher, outbox, log, reporter, sharing), dispatcher)
                )
                keeping = tasks.create_task(_close_on_failure(sharing.keep(), dispatcher))
                async with asyncio.TaskGroup() as relays:
                    for each, password in zip(dispatcher.sources, self._access.passwords, strict=True):
                        sending = send_through(each.relay, password, each, each.allowed, each.impatience)
                        relays.create_task(sending)
                dispatcher.close()
                watching.cancel()
                keeping.cancel()

    async def _watch(
        self, dispatcher: Dispatcher, outbox: Outbox, log: EventLog, reporter: RunReporter, sharing: Sharing
    ) -> None:
        """Every tick: show progress, flush the log, obey requests from other terminals, check ledger and deadline."""
        finish_by = self._campaign.finish_by
        while True:
            dispatcher.look_after_relays()
            self._show_progress(dispatcher)
            reporter.tick()
            log.flush()
            if problem := self._ledger.lost_sight():  # marks would go to a file that was deleted or replaced
                dispatcher.close(problem, StopCause.FAILURE)
            if not outbox.canary_running:
                await sharing.begin()
            await sharing.keep_up()
            wanted = await self._ledger.wanted()
            dispatcher.pause(paused=wanted is Control.PAUSE)
            if wanted is Control.STOP:
                dispatcher.close()
            if finish_by and time.time() >= finish_by.timestamp():
                said = "The campaign's finish_by has passed. Move it in campaign.toml to send the rest."
                dispatcher.close(said, StopCause.DEADLINE)
            await asyncio.sleep(TICK)

    def _show_progress(self, dispatcher: Dispatcher) -> None:
        try:
            progress = dispatcher.progress()
            self._operator.progress(progress)
            self._watcher.standstill(dispatcher.standstill(), progress.counts.get(Status.ACCEPTED, 0))
        except OSError as error:
            raise OutputError(
                "Nobody reads the output any more, so the sending ended; every letter that was on its way is recorded.",
                next_step="Run the command again to go on; to keep what it says, send it to a file.",
            ) from error


async def _close_on_failure(work: Coroutine[None, None, None], dispatcher: Dispatcher) -> None:
    """Await ``work``; if it fails, close the dispatcher, so that the connections finish their letters and end."""
    try:
        with first_failure():
            await work
    except Exception as error:
        dispatcher.fail(error)
