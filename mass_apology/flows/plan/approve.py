"""``approve``: a person's word that the plan, just as it is now, may be sent."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from mass_apology.approval import Approvals
from mass_apology.campaign import read_campaign
from mass_apology.errors import ConfirmationError
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.settings import Campaign


class ApproveOptions(Struct, frozen=True, kw_only=True):
    """How the person approves."""

    by: str | None = None
    key: Path | None = None
    skip_bad_rows: bool = False
    override: tuple[str, ...] = ()


class Approved(Struct, frozen=True, kw_only=True):
    """What was approved."""

    by: str
    code: str  # of the plan
    letters: int
    sentence: str  # whether that is enough


async def approve(folder: Path, options: ApproveOptions, *, on_progress: OnProgress) -> Approved:
    """Check the plan and approve it. Raises ``MassApologyError`` with nothing approved."""
    campaign = read_campaign(folder)
    terms = plan.Terms(skip_bad_rows=options.skip_bad_rows, override=options.override)
    async with plan.drafted(folder, campaign, plan.NO_KEY, terms, on_progress=on_progress) as draft:
        plan.require_errorless(draft.check)
        letters, parts = draft.check.letters, draft.parts
    approvals = Approvals(folder, campaign)
    given = approvals.give(parts, letters, by=options.by, key=options.key, now=time.time())
    verdict = approvals.verdict(parts, letters, now=time.time())
    return Approved(by=given.by, code=plan.code(parts), letters=letters, sentence=verdict.sentence)


def require_approval(folder: Path, campaign: Campaign, parts: Mapping[str, str], letters: int) -> str:
    """Who approved the plan, as a sentence; empty where the campaign asks for nobody.

    Raises ``ConfirmationError`` where approvals are missing.
    """
    if not campaign.approval.required:
        return ""
    verdict = Approvals(folder, campaign).verdict(parts, letters, now=time.time())
    if not verdict.approved:
        raise ConfirmationError(
            f"{verdict.sentence} Nothing was sent.",
            next_step="Have the plan looked at, and approved with: mass-apology approve",
        )
    return verdict.sentence
