"""Looks at one campaign again and again, at a cost that stays small however many letters it has.

Three rhythms: what single rows say (who holds the campaign, what was asked of it, what the run says of itself) at every
look; the count of the letters, which is a pass over them, so seldom that it takes one part in fifty of a core; and, by
``look_closer``, what takes several passes, as seldom. In between, what the run says is added to the count.
"""

from __future__ import annotations

import shutil
import time
from collections import deque
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from mass_apology.errors import CampaignError
from mass_apology.flows.continuity.outside import require_ledger
from mass_apology.flows.watch.campaign_view import chosen_wave, view_of
from mass_apology.flows.watch.closer_look import closer_look
from mass_apology.flows.watch.observation import Count, Observation, Pulse
from mass_apology.flows.watch.view_model import CampaignView, DetailView
from mass_apology.ledger import Records
from mass_apology.ledger.sender_state import SenderReport
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.workspace.workspace import Workspace

SHARE_OF_A_CORE = 50  # so many times as long as a pass takes lie between two
COUNT_SECONDS = 1.0  # between two counts, at the least
CLOSER_SECONDS = 3.0  # between two closer looks, at the least
PACE_SECONDS = 60.0  # the pace is that of the last minute
FRESH = 3.0  # seconds: what a run said so long ago is as good as of now
SHORTEST_PACE = 5.0  # seconds: over fewer, the run knows its pace better
NOTES = 20  # the newest ones, without looks at people
ACCESS = "access: "
"""What a note begins with that tells who looked at somebody's data: there may be many, and they changed nothing."""


class CampaignWatch:
    """Watches one campaign; ``look`` and ``look_closer`` may be called in two threads, each in one at a time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._workspace: Workspace | None = None
        self._wave = FIRST_WAVE
        self._pace = _Pace()
        self._count: Count | None = None
        self._said_before: SenderReport | None = None  # what the run had said by the end of it
        self._counted_for: tuple[object, ...] = ()  # the key of the pulse that it was counted for
        self._count_due = 0.0  # monotonic seconds
        self._details: DetailView | None = None
        self._usage: Sequence[tuple[int, int]] = ()
        self._details_due = 0.0  # monotonic seconds

    def workspace(self) -> Workspace:
        """The folder with campaign.toml as it is; as it was, where it cannot be read any more.

        Raises ``CampaignError`` where it never could.
        """
        try:
            self._workspace = Workspace.open(self.folder)
        except CampaignError:
            if self._workspace is None:
                raise
        return self._workspace

    def look(self) -> CampaignView:
        """The campaign as it is now. Raises ``CampaignError``, and ``LedgerError`` where there is no ledger."""
        workspace = self.workspace()
        require_ledger(workspace)
        with workspace.ledger_store.read(workspace.campaign.name) as ledger:
            pulse = Pulse(holder=ledger.holder(), wanted=ledger.requested(), report=_latest(ledger))
            count = self._counted(ledger, pulse)
            notes = [note for note in ledger.notes() if not note.what.startswith(ACCESS)][-NOTES:]
        now = time.time()
        self._wave = chosen_wave(count, pulse)
        return view_of(
            Observation(
                at=now,
                campaign=workspace.campaign,
                pulse=pulse,
                count=count,
                rate=self._pace.rate(pulse.running, now),
                usage=self._usage,
                notes=notes,
                free_octets=free_octets(self.folder),
                details=self._details,
            )
        )

    def look_closer(self) -> bool:
        """Look at what takes longer, unless that was done a short while ago; whether it was. Raises as ``look``."""
        began = time.monotonic()
        if began < self._details_due:
            return False
        workspace = self.workspace()
        require_ledger(workspace)
        with workspace.ledger_store.read(workspace.campaign.name) as ledger:
            self._details, self._usage = closer_look(ledger, self._wave, time.time())
        ended = time.monotonic()
        self._details_due = ended + max(CLOSER_SECONDS, SHARE_OF_A_CORE * (ended - began))
        return True

    def _counted(self, ledger: Records, pulse: Pulse) -> Count:
        began = time.monotonic()
        if self._count is not None and self._counted_for == pulse.key and began < self._count_due:
            if self._count.report is None and pulse.report != self._said_before:
                self._count = replace(self._count, report=pulse.report)
            return self._count
        waves = {wave: ledger.people(wave) for wave in ledger.wave_names() or [FIRST_WAVE]}
        self._count = Count(at=time.time(), waves=waves)
        self._said_before = _latest(ledger)
        self._counted_for = pulse.key
        ended = time.monotonic()
        self._count_due = ended + max(COUNT_SECONDS, SHARE_OF_A_CORE * (ended - began))
        return self._count


class _Pace:
    """How many letters a run settled, by what it said of itself in the last minute."""

    def __init__(self) -> None:
        self._began_at = 0.0
        self._said: deque[tuple[float, int]] = deque()  # when, and letters settled since the run began

    def rate(self, said: SenderReport | None, now: float) -> float:
        """Letters a second at ``now`` (Unix seconds)."""
        if said is None:
            return 0.0
        self._hear(said)
        while len(self._said) > 2 and self._said[1][0] <= now - PACE_SECONDS:
            self._said.popleft()
        (first_at, first), (last_at, last) = self._said[0], self._said[-1]
        if last_at - first_at < SHORTEST_PACE:
            return said.rate
        until = last_at if now - last_at < FRESH else now  # a run that says nothing more settles nothing
        return round((last - first) / (until - first_at), 2)

    def _hear(self, said: SenderReport) -> None:
        if said.began_at != self._began_at:
            self._began_at = said.began_at
            self._said.clear()
        if not self._said or self._said[-1][0] != said.at:
            settled = sum(letters for status, letters in said.counts.items() if status is not Status.DEFERRED)
            self._said.append((said.at, settled))


def _latest(ledger: Records) -> SenderReport | None:
    return next(iter(ledger.reports()), None)


def free_octets(folder: Path) -> int | None:
    """Of the disk that the folder is on; ``None`` where nobody can tell."""
    try:
        return shutil.disk_usage(folder).free
    except OSError:
        return None
