"""``status``: the state of a campaign at this moment, also while ``send`` runs."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from mass_apology.flows.continuity.outside import compare_ledger, require_ledger, require_plan
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.expected import verdict_of
from mass_apology.flows.promises import Promise, promises
from mass_apology.ledger import Control, Records
from mass_apology.ledger.recorded import Edition
from mass_apology.ledger.sender_state import Holder
from mass_apology.model import FIRST_WAVE, Finding, Status
from mass_apology.quantities import percent
from mass_apology.sending.expected_end import is_worth_telling
from mass_apology.sending.verdict import Verdict
from mass_apology.system.timestamps import local_minute, utc_second
from mass_apology.workspace.workspace import Workspace

RATE_SECONDS = 60.0  # the rate is that of the last minute, or of the run so far


class State(StrEnum):
    """What is being done about the campaign's letters."""

    SENDING = "sending"
    PAUSED = "paused"
    STOPPING = "stopping"  # as asked; the letters on their way are finished
    IDLE = "idle"  # letters are due, and nobody sends them
    DONE = "done"  # nothing is due


class CampaignStatus(Struct, frozen=True, kw_only=True):
    """The state of a campaign at this moment. The command line prints it, and ``--json`` keeps its keys."""

    campaign: str
    at: datetime  # the moment, in UTC
    state: State
    activity: str  # the same for people: "sending (process 4711 on host)", "not sending"
    host: str | None  # where the sender runs
    pid: int | None  # its process there
    people: int  # in the first wave, each once
    counts: Mapping[Status, int]  # of the people; their sum is ``people``
    due: int
    percent: float  # of the people: whose letter is not due any more
    rate: float | None  # letters handed over a second; None while nothing is being sent
    eta: datetime | None  # when the last letter due will be handed over at this rate, in UTC
    waves: Mapping[str, Mapping[Status, int]]  # further waves
    editions: tuple[Edition, ...]  # the files that the letters were made from
    editions_first_at: tuple[datetime, ...]  # when sending from each of them began, in UTC
    promises: tuple[Promise, ...] = ()  # that the letters make, and nobody has called kept; the nearest first
    finish_at: datetime | None = (
        None  # when all will have left, by relays, windows and pace, in UTC; None without a limit
    )
    verdict: str = ""  # that, what holds it up and what would be sooner, as a sentence; see docs/relays.md
    findings: tuple[Finding, ...]  # the ledger knows less than the log or the machine

    @property
    def is_sending(self) -> bool:
        """Whether a process holds the campaign."""
        return self.pid is not None


def campaign_status(workspace: Workspace) -> CampaignStatus:
    """Read the ledger as it is; works while ``send`` runs. Raises ``LedgerError`` where there is none, or no plan."""
    campaign = workspace.campaign
    require_ledger(workspace)
    findings = compare_ledger(workspace).findings
    with workspace.ledger_store.read(campaign.name) as ledger:
        require_plan(ledger, findings)
        now = time.time()
        people = ledger.people(FIRST_WAVE)
        further = {wave: ledger.counts(wave) for wave in ledger.wave_names() if wave != FIRST_WAVE}
        due = plan.due(people.counts)
        left = due + sum(map(plan.due, further.values()))
        holder = ledger.holder()
        state = _state(ledger, holder, due)
        rate = _rate(ledger, now) if holder else None
        editions = tuple(ledger.editions())
        expected = (
            verdict_of(ledger, campaign, FIRST_WAVE, due, now) if due and is_worth_telling(campaign) else Verdict()
        )
        return CampaignStatus(
            campaign=campaign.name,
            at=utc_second(now),
            state=state,
            activity=f"{state.value} (process {holder.pid} on {holder.host})" if holder else "not sending",
            host=holder.host if holder else None,
            pid=holder.pid if holder else None,
            people=people.total,
            counts=people.counts,
            due=due,
            percent=percent(people.total - due, people.total),
            rate=rate,
            eta=utc_second(now + left / rate) if rate and left and state is State.SENDING else None,
            waves=further,
            editions=editions,
            editions_first_at=tuple(utc_second(each.first_at) for each in editions),
            promises=promises(workspace, now),
            finish_at=utc_second(expected.finish_at),
            verdict=expected.sentence(local_minute),
            findings=findings,
        )


def _state(ledger: Records, holder: Holder | None, due: int) -> State:
    if holder is None:
        return State.IDLE if due else State.DONE
    return {Control.RUN: State.SENDING, Control.PAUSE: State.PAUSED, Control.STOP: State.STOPPING}[ledger.requested()]


def _rate(ledger: Records, now: float) -> float:
    letters, first_at = ledger.handed_over(now - RATE_SECONDS)
    return round(letters / max(1.0, now - first_at), 2) if first_at is not None else 0.0
