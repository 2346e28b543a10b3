"""Looking people up: by what somebody remembers of them, or by what became of their letters.

Only who operates may, and each look is noted in the ledger before anything is shown: by the recipients' numbers, so
that the note names nobody.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from mass_apology.flows.person import show as show_flow
from mass_apology.flows.person.letter_page import letter_page
from mass_apology.flows.report.report import report
from mass_apology.flows.serve.access_file import Role
from mass_apology.flows.serve.campaigns import Watched
from mass_apology.flows.serve.service import campaign_of, checked_form, in_thread, noted, require, shown, zone_of
from mass_apology.flows.serve.sessions import Session
from mass_apology.ledger import Records
from mass_apology.ledger.one_person import FoundPerson, KnownPerson
from mass_apology.model import FIRST_WAVE, NOT_REACHED, Status, read_lines

MOST = 100  # people of one list
LONGEST_SEARCH = 200  # characters
LARGEST_NUMBER = (1 << 63) - 1  # that a ledger can hold
UNREACHED = frozenset({*NOT_REACHED, Status.IN_DOUBT})


class PersonLine(Struct, frozen=True, kw_only=True):
    """One of a list."""

    recipient: int
    address: str
    name: str
    language: str
    lines: tuple[int, ...]
    wave: str
    status: Status | None
    reply: str


async def people(request: Request) -> Response:
    """The form for a search, and who was not reached where that was asked for."""
    session = require(request, Role.OPERATE)
    watched = campaign_of(request)
    if "unreached" not in request.query_params:
        return shown(request, "people", here="people", found=None, text="", title="People", most=MOST)
    found = await in_thread(request, lambda: _unreached(request, watched, session))
    title = "Who was not reached, and why"
    return shown(request, "people", here="people", found=found, text="", title=title, most=MOST)


async def search(request: Request) -> Response:
    """Who fits. The text comes as a form, so that no address is in an address of the page."""
    session, form = await checked_form(request, Role.OPERATE)
    text = form.get("text", "").strip()
    if not text or len(text) > LONGEST_SEARCH:
        raise HTTPException(400, f"A search has from 1 to {LONGEST_SEARCH} characters.")
    watched = campaign_of(request)
    found = await in_thread(request, lambda: _found(request, watched, session, text))
    return shown(request, "people", here="people", found=found, text=text, title="People", most=MOST)


async def person(request: Request) -> Response:
    """All that is known of one, with their letters."""
    session = require(request, Role.OPERATE)
    watched = campaign_of(request)
    recipient = _recipient_of(request)
    known = await in_thread(request, lambda: _known(request, watched, session, recipient))
    return shown(request, "person", here="people", known=known, recipient=recipient, zone=zone_of(watched))


async def letter(request: Request) -> Response:
    """One letter as it is written, for a frame that may do nothing."""
    session = require(request, Role.OPERATE)
    watched = campaign_of(request)
    recipient, delivery = _recipient_of(request), request.path_params["delivery"]
    page = await in_thread(request, lambda: _letter_page(request, watched, session, recipient, delivery))
    if page is not None:
        return HTMLResponse(page, headers=LETTER_HEADERS)
    raise HTTPException(404, "There is no such letter.")


LETTER_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; img-src data:; frame-ancestors 'self'; "
    "sandbox",
    "x-frame-options": "SAMEORIGIN",
}
"""A letter may be laid out, and nothing else: no script, no request, no form, no link that leads anywhere."""


async def export(request: Request) -> Response:
    """The table of those whom no letter reached, or whose is in doubt."""
    session, _ = await checked_form(request, Role.OPERATE)
    watched = campaign_of(request)
    table = await in_thread(request, lambda: _table(request, watched, session))
    headers = {"content-disposition": 'attachment; filename="not-reached.csv"'}
    return Response(table, media_type="text/csv; charset=utf-8", headers=headers)


def _recipient_of(request: Request) -> int:
    found: int = request.path_params["recipient"]
    if found > LARGEST_NUMBER:
        raise HTTPException(404, "There is nobody with this number.")
    return found


def _found(request: Request, watched: Watched, session: Session, text: str) -> list[PersonLine]:
    workspace = watched.watch.workspace()
    with workspace.ledger_store.read(workspace.campaign.name) as ledger:
        found = ledger.persons.like(text, MOST)
    noted(request, watched, session, f"searched for people, and saw {_numbers(found)}")
    return list(map(_line, found))


def _unreached(request: Request, watched: Watched, session: Session) -> list[PersonLine]:
    workspace = watched.watch.workspace()
    with workspace.ledger_store.read(workspace.campaign.name) as ledger:
        wave = watched.view.wave if watched.view else FIRST_WAVE
        found = ledger.persons.with_status(wave, UNREACHED, MOST)
    noted(request, watched, session, f"looked at who was not reached: {_numbers(found)}")
    return list(map(_line, found))


def _known(request: Request, watched: Watched, session: Session, recipient: int) -> show_flow.Shown:
    workspace = watched.watch.workspace()
    with workspace.ledger_store.read(workspace.campaign.name) as ledger:
        found = _in_row(ledger, recipient)
    noted(request, watched, session, f"looked at recipient {recipient}")
    return show_flow.show(workspace, found.address)


def _letter_page(request: Request, watched: Watched, session: Session, recipient: int, delivery: int) -> str | None:
    workspace = watched.watch.workspace()
    with workspace.ledger_store.read(workspace.campaign.name) as ledger:
        found = _in_row(ledger, recipient)
        noted(request, watched, session, f"read a letter of recipient {recipient}")
        return letter_page(workspace, ledger, found, delivery)


def _in_row(ledger: Records, recipient: int) -> KnownPerson:
    found = ledger.persons.in_row(recipient)
    if found is None or not found.address:
        raise HTTPException(404, "There is nobody with this number; a purge forgets all.")
    return found


def _table(request: Request, watched: Watched, session: Session) -> bytes:
    workspace = watched.watch.workspace()
    noted(request, watched, session, "took the table of those not reached")
    with tempfile.TemporaryDirectory(prefix="mass-apology-") as folder:
        path = Path(folder) / "not-reached.csv"
        report(workspace, None, path, force=False)
        return path.read_bytes()


def _numbers(found: Sequence[FoundPerson]) -> str:
    return ", ".join(f"recipient {each.recipient}" for each in found) or "nobody"


def _line(found: FoundPerson) -> PersonLine:
    return PersonLine(
        recipient=found.recipient,
        address=found.address,
        name=found.name,
        language=found.language,
        lines=tuple(read_lines(found.lines)),
        wave=found.wave or "",
        status=found.status,
        reply=found.reply or "",
    )
