"""What all pages share, and who is asking."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Self, TypeVar
from urllib.parse import quote, urlsplit

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from mass_apology.flows.serve.access_file import Access, Role
from mass_apology.flows.serve.access_notes import AccessNotes
from mass_apology.flows.serve.campaigns import Campaigns, Watched
from mass_apology.flows.serve.form_body import form_of
from mass_apology.flows.serve.jobs import Jobs
from mass_apology.flows.serve.oidc_provider import Provider
from mass_apology.flows.serve.plan_look import PlanLook
from mass_apology.flows.serve.sessions import Session, Sessions
from mass_apology.pages.web import web_rendering
from mass_apology.system.time_zones import zone_named

T = TypeVar("T")

_LOCAL = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?")  # a port may be forwarded by ssh


class Service(Struct, kw_only=True):
    """One server."""

    access: Access
    campaigns: Campaigns
    sessions: Sessions
    is_local: bool  # it listens on this machine alone, and may be called localhost
    pool: ThreadPoolExecutor  # for what takes a while
    event_streams: Counter[bytes | str]  # session, and name → open streams
    provider: Provider | None  # where the access file names one
    accesses: AccessNotes
    looks: Jobs[PlanLook]
    previews: Jobs[bytes]
    access_path: Path | None = None  # of the access file

    @classmethod
    def of(
        cls,
        access: Access,
        campaigns: Campaigns,
        pool: ThreadPoolExecutor,
        *,
        is_local: bool = True,
        access_path: Path | None = None,
    ) -> Self:
        """A server that nobody has asked yet."""
        return cls(
            access=access,
            campaigns=campaigns,
            sessions=Sessions(),
            is_local=is_local,
            pool=pool,
            event_streams=Counter(),
            provider=Provider(access.oidc, access.url) if access.oidc and access.url else None,
            accesses=AccessNotes(),
            looks=Jobs(pool),
            previews=Jobs(pool),
            access_path=access_path,
        )

    @property
    def has_link(self) -> bool:
        """Whether the terminal's one-time link begins sessions: nobody else can be told apart."""
        return self.is_local and not self.access.asks_who

    def is_called(self, host: str) -> bool:
        """Whether a Host header may name this server so. A name that somebody else's DNS points here is none."""
        own = urlsplit(self.access.url or "").netloc
        return (bool(own) and host.lower() == own) or (self.is_local and _LOCAL.fullmatch(host.lower()) is not None)

    def is_own_origin(self, origin: str, host: str) -> bool:
        """Whether it is that of this server's pages; ``host`` is what the same request calls it."""
        if origin.lower() == self.access.url:
            return True
        is_here = self.is_local and _LOCAL.fullmatch(host.lower()) is not None
        return is_here and origin.lower() == f"http://{host.lower()}"


def service_of(request: Request) -> Service:
    """The server."""
    found: Service = request.app.state.service
    return found


def session_of(request: Request) -> Session:
    """The session that asks. Raises ``HTTPException`` 401 where there is none."""
    found = request.scope.get("session")
    if not isinstance(found, Session):
        raise HTTPException(401, "Nobody knows who you are.")
    return found


def require(request: Request, role: Role = Role.WATCH) -> Session:
    """The session that asks, which has the role. Raises ``HTTPException`` 401 or 403."""
    session = session_of(request)
    if not session.visitor.may(role):
        raise HTTPException(403, f"For this page you need the role “{role.value}”, which you do not have.")
    return session


def campaign_of(request: Request) -> Watched:
    """The campaign that the address names. Raises ``HTTPException`` 404: only names that were found are known."""
    found = service_of(request).campaigns.found.get(request.path_params["slug"])
    if found is None:
        raise HTTPException(404, "There is no such campaign.")
    return found


def address_of(watched: Watched, page: str = "") -> str:
    """The campaign's page, or one below it: ``/plan``. A folder may be called as it likes."""
    return f"/campaigns/{quote(watched.slug, safe='')}{page}"


async def checked_form(request: Request, role: Role) -> tuple[Session, dict[str, str]]:
    """Who asks, and the form, which was shown to them. Raises ``HTTPException``."""
    session = require(request, role)
    form = await form_of(request)
    if form.get("csrf") != session.csrf:
        raise HTTPException(403, "This form is not from an open page of yours. Load the page again.")
    return session, form


async def in_thread(request: Request, act: Callable[[], T]) -> T:
    """Do something that reads files, outside the event loop."""
    return await asyncio.get_running_loop().run_in_executor(service_of(request).pool, act)


def shown(request: Request, name: str, status: int = 200, **values: object) -> HTMLResponse:
    """The page of this template."""
    session = request.scope.get("session")
    frame: dict[str, object] = {
        "visitor": session.visitor if isinstance(session, Session) else None,
        "csrf": session.csrf if isinstance(session, Session) else "",
        "slug": request.path_params.get("slug", ""),
        "here": "",
        "again": False,
        "zone": UTC,
    }
    return HTMLResponse(web_rendering.page(name, **(frame | values)), status)


def zone_of(watched: Watched) -> tzinfo:
    """The campaign's zone. Raises ``CampaignError`` where its file could never be read."""
    return zone_named(watched.watch.workspace().campaign.time_zone)


def noted(request: Request, watched: Watched, session: Session, did: str) -> None:
    """Note who looked at people's data; in a thread. Raises ``LedgerError``; then nothing may be shown."""
    service_of(request).accesses.note(watched.watch.workspace(), session.visitor.name, did)
