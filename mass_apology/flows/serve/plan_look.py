"""The plan as somebody looks at it on the page: its findings, its approvals, and what has changed since."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

from mass_apology.approval import Approvals
from mass_apology.approval.judgement import ApprovalVerdict
from mass_apology.flows import event_loop
from mass_apology.flows.plan import plan
from mass_apology.flows.plan.plan_check import Check
from mass_apology.flows.preview.letter_choice import Choice
from mass_apology.flows.preview.preview import preview
from mass_apology.workspace.workspace import Workspace


class PlanLook(Struct, frozen=True, kw_only=True):
    """A plan that was made to be looked at."""

    at: float  # Unix seconds
    check: Check
    parts: Mapping[str, str]  # what it was made from, and the digests


class Standing(Struct, frozen=True, kw_only=True):
    """How a plan stands that was looked at."""

    changed: tuple[str, ...]  # parts that differ by now, so that it is not the plan any more
    verdict: ApprovalVerdict  # of the approvals, for the plan that was looked at


def look_at(workspace: Workspace) -> PlanLook:
    """Make the plan and check every letter. Raises ``MassApologyError``."""
    return event_loop.run(_looked_at(workspace))


async def _looked_at(workspace: Workspace) -> PlanLook:
    terms = plan.Terms(is_review=True)
    key = plan.ledger_key(workspace)
    async with plan.drafted(workspace, key, terms, on_progress=lambda *_: None) as draft:
        return PlanLook(at=time.time(), check=draft.check, parts=dict(draft.parts))


def standing(workspace: Workspace, look: PlanLook) -> Standing:
    """How it stands now. Raises ``MassApologyError``."""
    with workspace.recipients_file() as file:
        now = plan.digest_parts(workspace, file)
    approvals = Approvals(workspace.folder, workspace.campaign)
    return Standing(
        changed=plan.changed_parts(look.parts, now),
        verdict=approvals.verdict(look.parts, look.check.letters, now=time.time()),
    )


def preview_page(workspace: Workspace) -> bytes:
    """The preview's page, as ``preview`` writes it. Raises ``MassApologyError``."""
    with tempfile.TemporaryDirectory(prefix="mass-apology-") as folder:
        path = Path(folder) / "preview.html"
        event_loop.run(preview(workspace, path, Choice(), force=False, on_progress=lambda *_: None))
        return path.read_bytes()
