"""``worker``: takes part in what somebody confirmed on any machine, and goes on where another process has ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from typing import Protocol

from mass_apology.errors import CampaignError, FencedOut, LedgerError, MassApologyError
from mass_apology.flows import event_loop
from mass_apology.flows.send.sending_run import Operator, RunResult
from mass_apology.flows.send.stop_signals import StopSignals, stop_on_signals
from mass_apology.flows.worker.database_campaigns import DatabaseCampaigns, Notice
from mass_apology.flows.worker.taking_part import take_part
from mass_apology.ledger.doorbell import Doorbell
from mass_apology.ledger.port import Installation
from mass_apology.ledger_settings import LedgerSettings
from mass_apology.model import Finding
from mass_apology.smtp.password import names_a_place
from mass_apology.workspace.ledger_store import installation_by
from mass_apology.workspace.workspace import Workspace

POLL = 2.0  # seconds between two looks for letters
PATIENCE = 60.0  # seconds for which the database may be away


class Campaigns(Protocol):
    """What a worker works on."""

    def ready(self) -> Iterator[Workspace]:
        """The campaigns in which there may be something to do, one after the other, each with its files in place.

        Raises ``LedgerError`` where the database cannot be asked.
        """

    def told(self, workspace: Workspace, error: MassApologyError) -> None:
        """Nothing can be done for a campaign now: raises it, or tells it and goes on with others."""

    async def wait(self, seconds: float, stopped: asyncio.Event) -> None:
        """Until there may be something to do, or to be stopped; at most so long."""

    def require_all_done(self) -> None:
        """Raise the first error that was told and is still true."""


def run(workspace: Workspace, operator: Operator, *, once: bool) -> RunResult | None:
    """Take part in one campaign, whose folder is here, until a signal ends it; with ``once`` until there is nothing to
    do. What the last run came to, if any.

    Raises ``MassApologyError`` with every letter that was sent recorded.
    """
    if workspace.campaign.ledger.url is None:
        raise CampaignError(
            "The ledger of this campaign is a file, which one process sends from at a time.",
            next_step="Keep it in a database: [ledger] url in campaign.toml",
        )
    with closing(workspace.ledger_store.doorbell()) as doorbell:
        return event_loop.run(_Work(_OneFolder(workspace, doorbell), operator).run(once=once))


def installation_of(url: str, password: str | None, ca_file: str | None) -> Installation:
    """The database that was named on the command line: ``password`` is a place. Raises ``MassApologyError``."""
    settings = LedgerSettings(url=url, password=password or None, ca_file=ca_file or None)
    if password is not None and not names_a_place(password):
        raise CampaignError(  # its text is not repeated: it may be the password
            "--password does not say where the password is kept.",
            next_step="Give --password env:NAME, file:PATH or keyring:SERVICE. If a password stood there, change it.",
        )
    try:
        return installation_by(settings, url)
    except CampaignError as error:
        raise CampaignError(
            f"--ledger: {error.problem}",
            next_step="Give --ledger postgresql://user@host/database, and its password's place as --password env:NAME.",
        ) from error


def run_all(installation: Installation, operator: Operator, *, once: bool) -> RunResult | None:
    """So too, in every campaign of a database, with the files that letters are made from out of it.

    What is wrong with one campaign is told, and holds up no other; with ``once`` it is raised in the end.
    """
    with DatabaseCampaigns(installation, operator.notice) as campaigns:
        return event_loop.run(_Work(campaigns, operator).run(once=once))


class _OneFolder:
    """Implements ``Campaigns``."""

    def __init__(self, workspace: Workspace, doorbell: Doorbell) -> None:
        self._workspace = workspace
        self._doorbell = doorbell

    def ready(self) -> Iterator[Workspace]:
        yield self._workspace

    def told(self, workspace: Workspace, error: MassApologyError) -> None:
        raise error

    async def wait(self, seconds: float, stopped: asyncio.Event) -> None:
        with suppress(LedgerError):  # the next look tells
            await asyncio.to_thread(self._doorbell.wait, seconds)

    def require_all_done(self) -> None:
        """What was wrong was raised."""


class _Work:
    """One process's part."""

    def __init__(self, campaigns: Campaigns, operator: Operator) -> None:
        self._campaigns = campaigns
        self._operator = operator
        self._notice = _each_once(operator.notice)
        self._failing_since: float | None = None  # monotonic seconds

    async def run(self, *, once: bool) -> RunResult | None:
        """Run after run; each takes part anew. A signal ends it also while there is nothing to do: as the first process
        of a container, it hears only of those that it asks for."""
        last: RunResult | None = None
        stopped = asyncio.Event()
        with stop_on_signals(stopped.set, _this_task()) as signals:
            while not signals.stop_requested:
                ended = await self._look(signals)
                last = ended or last
                if ended is not None and (ended.interrupted or ended.cause is not None):
                    return ended
                if once and ended is None and self._failing_since is None:
                    self._campaigns.require_all_done()
                    return last
                await self._campaigns.wait(POLL, stopped)
        return last

    async def _look(self, signals: StopSignals) -> RunResult | None:
        """One run, where there is something to do."""
        try:
            ended = await self._first_run(signals)
        except FencedOut:  # this process stood still: it takes part anew
            self._failing_since = self._failing_since or time.monotonic()
            return None
        except LedgerError:  # a server that is restarted, most likely
            self._failing_since = self._failing_since or time.monotonic()
            if time.monotonic() - self._failing_since > PATIENCE:
                raise
            return None
        self._failing_since = None
        return ended

    async def _first_run(self, signals: StopSignals) -> RunResult | None:
        for workspace in self._campaigns.ready():
            try:
                ended = await take_part(workspace, self._operator, self._notice, lambda: signals.stop_requested)
            except LedgerError:
                raise
            except MassApologyError as error:
                self._campaigns.told(workspace, error)
                continue
            if ended is not None or signals.stop_requested:
                return ended
        return None


def _this_task() -> asyncio.Task[None]:
    task = asyncio.current_task()
    if task is None:
        raise RuntimeError("a worker runs in a task")
    return task


def _each_once(notice: Notice) -> Notice:
    """A worker looks every few seconds, and would tell the same each time."""
    told: set[tuple[str, str, str]] = set()

    def tell(findings: Sequence[Finding]) -> None:
        new = [each for each in findings if (each.code, each.where, each.problem) not in told]
        told.update((each.code, each.where, each.problem) for each in new)
        notice(new)

    return tell
