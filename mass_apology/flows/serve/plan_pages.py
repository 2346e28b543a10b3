"""The plan with its findings and approvals, letters as they would leave, follow-ups, and who waits for an answer."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mass_apology.errors import MassApologyError
from mass_apology.flows import event_loop
from mass_apology.flows.continuity.outside import compare_ledger
from mass_apology.flows.feedback.answers import Waiting, waiting_people
from mass_apology.flows.follow_up.outlook import outlook
from mass_apology.flows.plan.approve import ApproveOptions, approve
from mass_apology.flows.serve.access_file import Role
from mass_apology.flows.serve.campaigns import Watched
from mass_apology.flows.serve.plan_look import Standing, look_at, preview_page, standing
from mass_apology.flows.serve.service import (
    address_of,
    campaign_of,
    checked_form,
    in_thread,
    noted,
    require,
    service_of,
    shown,
    zone_of,
)
from mass_apology.flows.serve.sessions import Session
from mass_apology.model import Finding

PREVIEW_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; sandbox allow-scripts",
    "cross-origin-opener-policy": "unsafe-none",  # no browser opens a sandboxed page with another one
}
"""The preview's own policy admits its script by its hash, and nothing else; this one keeps it from sessions."""


async def plan(request: Request) -> Response:
    """The plan that was looked at last, with the form that approves it."""
    session = require(request, Role.APPROVE)
    watched = campaign_of(request)
    looks = service_of(request).looks
    look = looks.result(watched.slug)
    stands: Standing | None = None
    problem = looks.problem(watched.slug)
    if look is not None and looks.seconds(watched.slug) is None:
        await in_thread(request, lambda: noted(request, watched, session, "looked at the plan and its findings"))
        try:
            stands = await in_thread(request, lambda: standing(watched.watch.workspace(), look))
        except MassApologyError as error:
            problem = f"{error.problem} {error.next_step}"
    return shown(
        request,
        "plan",
        here="plan",
        look=look,
        stands=stands,
        seconds=looks.seconds(watched.slug),
        problem=problem,
        said=request.query_params.get("done", ""),
        who=session.visitor.name,
        by_passkey=watched.watch.workspace().campaign.approval.passkeys is not None,
        zone=zone_of(watched),
    )


async def look(request: Request) -> Response:
    """Begin to look at the plan as it is now."""
    await checked_form(request, Role.APPROVE)
    watched = campaign_of(request)
    service_of(request).looks.begin(watched.slug, lambda: look_at(watched.watch.workspace()))
    return RedirectResponse(address_of(watched, "/plan"), 303)


async def give_approval(request: Request) -> Response:
    """Approve the plan that was looked at, and no other one."""
    session, form = await checked_form(request, Role.APPROVE)
    watched = campaign_of(request)
    seen = service_of(request).looks.result(watched.slug)
    if seen is None or form.get("code") != seen.check.code:
        raise HTTPException(409, "This is not the plan that was looked at last. Look at it again.")
    if form.get("letters", "").strip().replace(",", "") != str(seen.check.letters):
        raise HTTPException(400, f"To approve it, type the number of its letters: {seen.check.letters}.")
    options = ApproveOptions(by=session.visitor.name, seen=seen.parts)
    workspace = watched.watch.workspace()
    note = f"{session.visitor.name} approved the plan {seen.check.code} of {seen.check.letters:,} letters on the page"

    def act() -> None:
        event_loop.run(approve(workspace, options, on_progress=lambda *_: None))
        if workspace.ledger_store.exists():
            with workspace.ledger_store.read(workspace.campaign.name) as ledger:
                ledger.remark(note)

    await in_thread(request, act)
    return RedirectResponse(address_of(watched, "/plan?done=approved"), 303)


async def letters(request: Request) -> Response:
    """Where the preview is made and opened."""
    require(request, Role.APPROVE)
    watched = campaign_of(request)
    previews = service_of(request).previews
    return shown(
        request,
        "letters",
        here="letters",
        is_made=previews.result(watched.slug) is not None,
        seconds=previews.seconds(watched.slug),
        problem=previews.problem(watched.slug),
    )


async def make_letters(request: Request) -> Response:
    """Begin to write the preview."""
    await checked_form(request, Role.APPROVE)
    watched = campaign_of(request)
    service_of(request).previews.begin(watched.slug, lambda: preview_page(watched.watch.workspace()))
    return RedirectResponse(address_of(watched, "/letters"), 303)


async def letters_page(request: Request) -> Response:
    """The preview, as ``preview`` writes it."""
    session = require(request, Role.APPROVE)
    watched = campaign_of(request)
    made = service_of(request).previews.result(watched.slug)
    if made is None:
        raise HTTPException(404, "The letters were not written yet.")
    await in_thread(request, lambda: noted(request, watched, session, "looked at the preview"))
    return HTMLResponse(made, headers=PREVIEW_HEADERS)


async def follow_ups(request: Request) -> Response:
    """What the follow-ups come to: a calendar, and who agreed to what."""
    require(request)
    watched = campaign_of(request)
    workspace = watched.watch.workspace()
    found = await in_thread(request, lambda: outlook(workspace)) if workspace.campaign.follow_up else None
    return shown(request, "follow_ups", here="follow-ups", found=found, zone=zone_of(watched))


async def findings(request: Request) -> Response:
    """Where the ledger knows less than the log, the machine or the folder."""
    require(request)
    watched = campaign_of(request)
    found = await in_thread(request, lambda: _findings(watched))
    return shown(request, "findings", here="findings", found=found)


async def answers(request: Request) -> Response:
    """Who wrote after a letter and was not answered."""
    session = require(request, Role.OPERATE)
    watched = campaign_of(request)
    total, waiting = await in_thread(request, lambda: _waiting(request, watched, session))
    return shown(request, "answers", here="answers", total=total, waiting=waiting, zone=zone_of(watched))


def _findings(watched: Watched) -> tuple[Finding, ...]:
    return compare_ledger(watched.watch.workspace()).findings


def _waiting(request: Request, watched: Watched, session: Session) -> tuple[int, tuple[Waiting, ...]]:
    noted(request, watched, session, "looked at who waits for an answer")
    workspace = watched.watch.workspace()
    with workspace.ledger_store.read(workspace.campaign.name) as ledger:
        return waiting_people(ledger)
