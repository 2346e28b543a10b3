"""What a person presses on a campaign's page: pause, resume, stop, a note. Each is recorded with who it was."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mass_apology.flows import control
from mass_apology.flows.serve.access_file import Role
from mass_apology.flows.serve.campaigns import Watched
from mass_apology.flows.serve.service import address_of, campaign_of, checked_form, in_thread
from mass_apology.ledger import Control

LONGEST_NOTE = 500  # characters

_WANTED = {"pause": Control.PAUSE, "resume": Control.RUN, "stop": Control.STOP}


async def ask_sender(request: Request) -> Response:
    """Pause, resume or stop the sending."""
    session, form = await checked_form(request, Role.OPERATE)
    deed = request.url.path.rpartition("/")[2]
    if deed == "stop" and form.get("word", "").strip().lower() != "stop":
        raise HTTPException(400, "To stop the sending, type the word “stop”. Nothing was asked of it.")
    watched = campaign_of(request)
    note = f"{session.visitor.name} asked on the page to {deed}"
    is_there = await in_thread(request, lambda: control.request(watched.folder, _WANTED[deed], note=note))
    await watched.again()
    return _back(watched, deed if is_there else "nobody")


async def note(request: Request) -> Response:
    """Keep what somebody wants to be remembered."""
    session, form = await checked_form(request, Role.OPERATE)
    text = " ".join(form.get("note", "").split())
    if not text or len(text) > LONGEST_NOTE:
        raise HTTPException(400, f"A note has from 1 to {LONGEST_NOTE} characters.")
    watched = campaign_of(request)
    await in_thread(request, lambda: control.remark(watched.folder, f"{session.visitor.name} noted: {text}"))
    await watched.again()
    return _back(watched, "note")


def _back(watched: Watched, done: str) -> Response:
    return RedirectResponse(address_of(watched, f"?done={done}"), 303)
