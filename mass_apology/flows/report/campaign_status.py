"""``status``: the state of a campaign at this moment, also while ``send`` runs."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from mass_apology.flows.continuity.outside import compare_ledger, require_ledger, require_plan
from mass_apology.flows.plan import plan
from mass_apology.ledger import Control, Records
from mass_apology.ledger.recorded import Edition
from mass_apology.model import FIRST_WAVE, Finding, Status
from mass_apology.workspace.workspace import Workspace


class CampaignStatus(Struct, frozen=True, kw_only=True):
    """The state of a campaign at this moment. The command line prints it, and ``--json`` keeps its keys."""

    campaign: str
    activity: str  # "sending (pid 4711 on host)", "not running", …
    people: int  # in the first wave, each once
    counts: Mapping[Status, int]  # of the people; their sum is ``people``
    due: int
    waves: Mapping[str, Mapping[Status, int]]  # further waves
    editions: tuple[Edition, ...]  # the files that the letters were made from
    findings: tuple[Finding, ...]  # the ledger knows less than the log or the machine


def campaign_status(workspace: Workspace) -> CampaignStatus:
    """Read the ledger as it is; works while ``send`` runs. Raises ``LedgerError`` where there is none, or no plan."""
    campaign = workspace.campaign
    require_ledger(workspace)
    findings = compare_ledger(workspace).findings
    with workspace.ledger_store.read(campaign.name) as ledger:
        require_plan(ledger, findings)
        people = ledger.people(FIRST_WAVE)
        further = {wave: ledger.counts(wave) for wave in ledger.wave_names() if wave != FIRST_WAVE}
        return CampaignStatus(
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
