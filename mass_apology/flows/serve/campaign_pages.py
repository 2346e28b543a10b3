"""The overview, and the live page of one campaign: its parts are rendered once for all who may see the same."""

from __future__ import annotations

import asyncio
from functools import partial

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from mass_apology.flows.serve.access_file import Role
from mass_apology.flows.serve.campaigns import Watched
from mass_apology.flows.serve.guard import peer_of
from mass_apology.flows.serve.service import campaign_of, require, service_of, shown
from mass_apology.flows.serve.sessions import Session
from mass_apology.flows.watch.metrics import CONTENT_TYPE, metrics_text
from mass_apology.flows.watch.view_model import CampaignView
from mass_apology.pages.web import web_rendering
from mass_apology.system.time_zones import zone_named

_JSON = ".json"
_CSRF = "0-the-session-s-secret-0"
"""What stands for each session's own in the parts that all share."""


async def overview(request: Request) -> Response:
    """All campaigns of the folder."""
    require(request)
    found = list(service_of(request).campaigns.found.values())
    await asyncio.gather(*(watched.fresh() for watched in found))
    return shown(request, "overview", campaigns=sorted(found, key=_urgency), here="overview")


def _urgency(watched: Watched) -> tuple[bool, bool, str]:
    """Those with letters that are due come first, then the others with letters; those that nobody began come last."""
    view = watched.view
    return view is None or not view.people.total, view is None or not view.people.due, watched.slug


async def campaign(request: Request) -> Response:
    """One campaign, live; or NAME.json, the view model, where no folder is called so."""
    session = require(request)
    slug, found = request.path_params["slug"], service_of(request).campaigns.found
    if slug not in found and slug.endswith(_JSON):
        request.path_params["slug"] = slug.removesuffix(_JSON)
        return await campaign_json(request)
    watched = campaign_of(request)
    view = await watched.fresh()
    if view is None:  # until the first plan there is no ledger; the page goes live once there is one
        link = ("/", "All campaigns")
        return shown(request, "message", title=watched.slug, sentences=[watched.problem], link=link, again=True)
    said = _SAID.get(request.query_params.get("done", ""), "")
    parts = {name: web_rendering.marked(html) for name, html in rendered_parts(watched, view, session).items()}
    return shown(
        request, "campaign", view=view, rendered=parts, said=said, here="campaign", zone=zone_named(view.time_zone)
    )


async def campaign_json(request: Request) -> Response:
    """The view model."""
    require(request)
    watched = campaign_of(request)
    view = await watched.fresh()
    if view is None:
        raise HTTPException(503, watched.problem)
    return Response(msgspec.json.encode(view), media_type="application/json")


async def metrics(request: Request) -> Response:
    """All campaigns in numbers (OpenMetrics), for who may watch, and for the access file's scrapers."""
    service = service_of(request)
    if not service.access.is_scraper(peer_of(request.scope)):
        require(request)
    found = await asyncio.gather(*(watched.fresh() for watched in service.campaigns.found.values()))
    views = {view.campaign: view for view in found if view is not None}  # a copy of a campaign has its name
    return Response(metrics_text(list(views.values())), headers={"content-type": CONTENT_TYPE})


async def healthz(_: Request) -> Response:
    """Whether this server answers."""
    return PlainTextResponse("ok\n")


_SAID = {
    "pause": "Asked to pause. The sending sees it within a second.",
    "resume": "Asked to go on. The sending sees it within a second.",
    "stop": "Asked to stop. The letters on their way are finished first.",
    "note": "Noted.",
    "nobody": "Nobody is sending now: the request is void.",
}


def rendered_parts(watched: Watched, view: CampaignView, session: Session) -> dict[str, str]:
    """The parts of the page of this view, for this session."""
    may_operate = session.visitor.may(Role.OPERATE)
    of, parts = watched.rendered.get(may_operate, (None, {}))
    if of is not view:
        parts = _render(watched, view, may_operate=may_operate)
        watched.rendered[may_operate] = (view, parts)
    return {name: html.replace(_CSRF, session.csrf) for name, html in parts.items()}


def _render(watched: Watched, view: CampaignView, *, may_operate: bool) -> dict[str, str]:
    steps = [(step.at, step.letters) for step in view.details.over_time] if view.details else []
    make = partial(
        web_rendering.part,
        view=view,
        slug=watched.slug,
        csrf=_CSRF,
        may_operate=may_operate,
        steps=steps,
        zone=zone_named(view.time_zone),
    )
    return {name: make(name) for name in web_rendering.PARTS}
