"""The campaigns of a database that a worker without their folders takes part in: their files come out of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Self

from msgspec import Struct

from mass_apology.campaign import read_ledger_settings
from mass_apology.errors import CampaignError, LedgerError, MassApologyError
from mass_apology.flows.plan import plan
from mass_apology.flows.worker.taking_part import require_version
from mass_apology.flows.worker.unpacked_folder import clear_left_behind, own_folder, unpack, workers_folder
from mass_apology.ledger.port import Installation
from mass_apology.ledger.sender_state import ConfirmedCampaign
from mass_apology.model import Finding, Severity
from mass_apology.workspace.ledger_store import lease_of
from mass_apology.workspace.workspace import Workspace

Notice = Callable[[Sequence[Finding]], None]


class _Kept(Struct, frozen=True, kw_only=True):
    """A campaign's folder of this process."""

    folder: Path
    held: ExitStack  # closing it deletes the files


class DatabaseCampaigns:
    """Implements ``worker.Campaigns``. A campaign's files stay while it has letters that somebody confirmed."""

    def __init__(self, installation: Installation, notice: Notice) -> None:
        self._installation = installation
        self._notice = notice
        self._kept: dict[str, _Kept] = {}  # by ledger
        self._problems: dict[str, MassApologyError] = {}  # so, too: what was told and was not mended since
        workers_folder()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for ledger in list(self._kept):
            self._let_go(ledger)

    def ready(self) -> Iterator[Workspace]:
        confirmed = self._installation.confirmed()
        wanted = frozenset(each.ledger for each in confirmed)
        for ledger in self._kept.keys() - wanted:
            self._let_go(ledger)
        for ledger in self._problems.keys() - wanted:
            del self._problems[ledger]
        clear_left_behind(wanted)
        for campaign in confirmed:
            try:
                workspace = self._unpacked(campaign)
            except LedgerError:
                raise
            except MassApologyError as error:
                self._tell(campaign.ledger, campaign.name, error)
                continue
            if workspace is not None:
                problem = self._problems.get(campaign.ledger)
                yield workspace
                if self._problems.get(campaign.ledger) is problem:
                    self._problems.pop(campaign.ledger, None)

    def told(self, workspace: Workspace, error: MassApologyError) -> None:
        self._tell(workspace.folder.parent.name, workspace.campaign.name, error)

    async def wait(self, seconds: float, stopped: asyncio.Event) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stopped.wait()

    def require_all_done(self) -> None:
        for error in self._problems.values():
            raise error

    def _unpacked(self, campaign: ConfirmedCampaign) -> Workspace | None:
        """``None`` where it is over meanwhile."""
        if campaign.ledger not in self._kept:
            held = ExitStack()
            self._kept[campaign.ledger] = _Kept(folder=held.enter_context(own_folder(campaign.ledger)), held=held)
        folder = self._kept[campaign.ledger].folder
        store = self._installation.store(campaign, folder)
        with store.read(campaign.name) as records:
            shared = records.shared()
            if shared is None:
                return None
            require_version(shared)
            unpack(records, shared.wave, folder)
        _, settings = read_ledger_settings(folder)
        store = self._installation.store(campaign, folder, lease_of(settings))
        workspace = Workspace.open_unpacked(folder, store)
        if workspace.campaign.name != campaign.name:
            raise CampaignError(
                f"The files of the campaign {campaign.name} in the database are those of {workspace.campaign.name}.",
                next_step="Find out who changed them, then have the plan confirmed again: mass-apology send",
            )
        if changed := plan.changed_parts(shared.digest_parts, workspace.letter_parts(shared.template)):
            raise CampaignError(
                f"In the database, {' and '.join(changed)} differ from what was confirmed of the wave "
                f"{shared.wave}; nothing is sent.",
                next_step="Find out who changed it, then have the plan confirmed again where the folder is: "
                "mass-apology send",
            )
        return workspace

    def _let_go(self, ledger: str) -> None:
        self._kept.pop(ledger).held.close()

    def _tell(self, ledger: str, name: str, error: MassApologyError) -> None:
        """Once, until it is another one."""
        known = self._problems.get(ledger)
        self._problems[ledger] = error
        if known is None or known.problem != error.problem:
            self._notice([_finding(name, error)])


def _finding(name: str, error: MassApologyError) -> Finding:
    return Finding(
        code="worker-waits",
        severity=Severity.WARNING,
        where=f"campaign {name}",
        problem=f"This worker takes no part in it: {error.problem}",
        advice=error.next_step or "Look at it, and see: mass-apology status",
    )
