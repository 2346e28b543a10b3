"""``approve``: records a person's approval of the present plan."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from mass_apology.approval import Approval, Approvals
from mass_apology.approval.passkeys import Assertion
from mass_apology.errors import ConfirmationError
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.workspace.workspace import Workspace


class ByPasskey(Struct, frozen=True, kw_only=True):
    """What a passkey signed: the statement of the plan at a moment."""

    assertion: Assertion
    at: float  # Unix seconds


class ApproveOptions(Struct, frozen=True, kw_only=True):
    """The options of ``approve``, as given on the command line."""

    by: str | None = None  # the person's name; the login name without it
    key: Path | None = None  # SSH key, if the campaign requires signatures
    skip_bad_rows: bool = False
    override: tuple[str, ...] = ()  # codes of guards to override
    passkey: ByPasskey | None = None  # in place of a name or a key
    seen: Mapping[str, str] | None = None  # what the plan that somebody looked at was made from: no other is approved


class Approved(Struct, frozen=True, kw_only=True):
    """An approval that was given."""

    by: str
    code: str  # of the plan
    letters: int
    sentence: str  # says whether the approvals are enough


async def approve(workspace: Workspace, options: ApproveOptions, *, on_progress: OnProgress) -> Approved:
    """Check the plan and approve it. Raises ``MassApologyError`` with nothing approved."""
    terms = plan.Terms(skip_bad_rows=options.skip_bad_rows, override=options.override)
    async with plan.drafted(workspace, plan.ledger_key(workspace), terms, on_progress=on_progress) as draft:
        plan.require_errorless(draft.check)
        letters, parts = draft.check.letters, draft.parts
    if options.seen is not None and (changed := plan.changed_parts(options.seen, parts)):
        raise ConfirmationError(
            f"Since the plan was looked at, there have been changes to {' and '.join(changed)}; nothing was approved.",
            next_step="Look at it again, then approve what you see.",
        )
    approvals = Approvals(workspace.folder, workspace.campaign)
    given = _give(approvals, parts, letters, options)
    verdict = approvals.verdict(parts, letters, now=time.time())
    return Approved(by=given.by, code=plan.code(parts), letters=letters, sentence=verdict.sentence)


def _give(approvals: Approvals, parts: Mapping[str, str], letters: int, options: ApproveOptions) -> Approval:
    proof = options.passkey
    if proof is None:
        return approvals.give(parts, letters, by=options.by, key=options.key, now=time.time())
    return approvals.give_proven(parts, letters, by=options.by or "", passkey=proof.assertion, at=proof.at)


def require_approval(workspace: Workspace, parts: Mapping[str, str], letters: int) -> str:
    """The approvers as a sentence; empty if the campaign requires none.

    Raises ``ConfirmationError`` if approvals are missing.
    """
    if not workspace.campaign.approval.required:
        return ""
    verdict = Approvals(workspace.folder, workspace.campaign).verdict(parts, letters, now=time.time())
    if not verdict.approved:
        raise ConfirmationError(
            f"{verdict.sentence} Nothing was sent.",
            next_step="Have the plan looked at, and approved with: mass-apology approve",
        )
    return verdict.sentence
