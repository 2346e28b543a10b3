"""Where a campaign stands at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from mass_apology.campaign import read_campaign
from mass_apology.flows.continuity.outside import look, require_ledger, require_plan
from mass_apology.flows.ledger_store import ledger_store
from mass_apology.flows.plan import plan
from mass_apology.ledger import Control, Records
from mass_apology.ledger.recorded import Edition
from mass_apology.model import FIRST_WAVE, Finding, Status


class Standing(Struct, frozen=True, kw_only=True):
    """Where a campaign stands at this moment."""

    campaign: str
    activity: str  # "sending (pid 4711 on host)", "not running", …
    people: int  # whom the first letter is about, each once
    counts: Mapping[Status, int]  # of the people; their sum is ``people``
    due: int
    waves: Mapping[str, Mapping[Status, int]]  # further waves
    editions: tuple[Edition, ...]  # what the letters were made from
    findings: tuple[Finding, ...]  # where the ledger knows less than what lies outside it


def standing(folder: Path) -> Standing:
    """Read the ledger as it is; works while ``send`` runs. Raises ``LedgerError`` where there is none, or no plan."""
    campaign = read_campaign(folder)
    require_ledger(folder, campaign)
    findings = look(folder, campaign).findings
    with ledger_store(folder).read(campaign.name) as ledger:
        require_plan(ledger, findings)
        people = ledger.people(FIRST_WAVE)
        further = {wave: ledger.counts(wave) for wave in ledger.wave_names() if wave != FIRST_WAVE}
        return Standing(
            campaign=campaign.name,
            activity=_activity(ledger),
            people=people.total,
            counts=people.counts,
            due=plan.due(people.counts),
            waves=further,
            editions=tuple(ledger.editions()),
            findings=findings,
        )


def _activity(ledger: Records) -> str:
    holder = ledger.holder()
    if holder is None:
        return "not sending"
    asked = {Control.RUN: "sending", Control.PAUSE: "paused", Control.STOP: "stopping"}[ledger.requested()]
    return f"{asked} (process {holder.pid} on {holder.host})"
