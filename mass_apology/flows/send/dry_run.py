"""``send --dry-run``: what would leave, and when it would be done. Nothing is asked, sent or changed."""

from __future__ import annotations

import time

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.plan import Outlook, Remaining
from mass_apology.flows.plan.plan_check import Check
from mass_apology.flows.send.send import SendOptions
from mass_apology.ledger import Records
from mass_apology.model import FIRST_WAVE
from mass_apology.sending.expected_end import expected_end
from mass_apology.workspace.workspace import Workspace


class DryRun(Struct, frozen=True, kw_only=True):
    """What ``send`` would do now."""

    check: Check | None  # of the plan; None where the recipients file is gone, and the ledger's plan is gone on with
    outlook: Outlook | None  # what the plan would change in the ledger; None where there is none
    remaining: Remaining | None = None  # of the plan that is gone on with
    due: int  # letters that would leave
    finish_at: float | None  # Unix seconds, at the earliest; None where nothing limits the rate
    sendable: bool  # nothing that the check found stands in the way


async def dry_run(workspace: Workspace, options: SendOptions, *, on_progress: OnProgress) -> DryRun:
    """Plan as ``send`` would, without its lock and its relay. Raises ``MassApologyError`` where there is no plan."""
    store = workspace.ledger_store
    if not store.exists():
        return await _planned(workspace, plan.NO_KEY, None, options, on_progress)
    with store.read(workspace.campaign.name) as records:
        if records.digest_parts and not workspace.recipients_path.exists():
            found = _result(workspace, None, None, plan.due(records.counts(FIRST_WAVE)))
            return replace(found, remaining=plan.remaining(records, FIRST_WAVE, workspace.campaign))
        return await _planned(workspace, records.key, records, options, on_progress)


async def _planned(
    workspace: Workspace, key: bytes, records: Records | None, options: SendOptions, on_progress: OnProgress
) -> DryRun:
    terms = plan.Terms(skip_bad_rows=options.skip_bad_rows, override=options.override)
    async with plan.drafted(workspace, key, terms, on_progress=on_progress) as draft:
        if records is None:
            return _result(workspace, draft.check, None, draft.check.letters)
        outlook = draft.outlook(records)
        return _result(workspace, draft.check, outlook, outlook.due)


def _result(workspace: Workspace, check: Check | None, outlook: Outlook | None, due: int) -> DryRun:
    routed = check.routed if check is not None else {}
    return DryRun(
        check=check,
        outlook=outlook,
        due=due,
        finish_at=expected_end(workspace.campaign, due, routed, time.time()).finish_at,
        sendable=check is None or check.sendable,
    )
