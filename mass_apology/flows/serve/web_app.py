"""The application: its addresses, and what is answered where one fails."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from mass_apology.errors import MassApologyError
from mass_apology.flows.serve import (
    campaign_pages,
    deeds,
    entrance,
    oidc_login,
    passkey_pages,
    people_pages,
    plan_pages,
)
from mass_apology.flows.serve.changing_roles import follow_roles
from mass_apology.flows.serve.guard import Guard
from mass_apology.flows.serve.live_events import events
from mass_apology.flows.serve.service import Service, service_of, shown
from mass_apology.pages.web import web_rendering

_TITLES = {401: "Who are you?", 403: "Not allowed", 404: "Not here", 429: "Too often"}
_SCRIPTS = frozenset({"live.js", "passkey.js"})


def web_app(service: Service) -> ASGIApp:
    """The application behind its guard."""
    app = Starlette(
        routes=_routes(),
        exception_handlers={HTTPException: _refused, MassApologyError: _failed, Exception: _broken},
        lifespan=_watching,
    )
    app.router.redirect_slashes = False  # it would send people of a secure server to http
    app.state.service = service
    return Guard(app, service)


def _routes() -> list[Route]:
    return [
        Route("/", campaign_pages.overview),
        Route("/healthz", campaign_pages.healthz),
        Route("/metrics", campaign_pages.metrics),
        Route("/assets/live.css", _style),
        Route("/assets/{name}", _script),
        Route("/enter/{token}", entrance.enter),
        Route("/login", oidc_login.login),
        Route("/login/back", oidc_login.back),
        Route("/leave", entrance.leave, methods=["POST"]),
        Route("/campaigns/{slug}", campaign_pages.campaign),
        Route("/campaigns/{slug}/view.json", campaign_pages.campaign_json),
        Route("/campaigns/{slug}/events", events),
        Route("/campaigns/{slug}/people", people_pages.people),
        Route("/campaigns/{slug}/people", people_pages.search, methods=["POST"]),
        Route("/campaigns/{slug}/people/not-reached.csv", people_pages.export, methods=["POST"]),
        Route("/campaigns/{slug}/people/{recipient:int}", people_pages.person),
        Route("/campaigns/{slug}/people/{recipient:int}/letters/{delivery:int}", people_pages.letter),
        Route("/campaigns/{slug}/plan", plan_pages.plan),
        Route("/campaigns/{slug}/plan/look", plan_pages.look, methods=["POST"]),
        Route("/campaigns/{slug}/plan/approve", plan_pages.give_approval, methods=["POST"]),
        Route("/campaigns/{slug}/passkey/make", passkey_pages.ask_to_make, methods=["POST"]),
        Route("/campaigns/{slug}/passkey/made", passkey_pages.made, methods=["POST"]),
        Route("/campaigns/{slug}/passkey/sign", passkey_pages.ask_to_sign, methods=["POST"]),
        Route("/campaigns/{slug}/passkey/signed", passkey_pages.signed, methods=["POST"]),
        Route("/campaigns/{slug}/letters", plan_pages.letters),
        Route("/campaigns/{slug}/letters", plan_pages.make_letters, methods=["POST"]),
        Route("/campaigns/{slug}/letters/preview.html", plan_pages.letters_page),
        Route("/campaigns/{slug}/follow-ups", plan_pages.follow_ups),
        Route("/campaigns/{slug}/findings", plan_pages.findings),
        Route("/campaigns/{slug}/answers", plan_pages.answers),
        Route("/campaigns/{slug}/note", deeds.note, methods=["POST"]),
        *(
            Route("/campaigns/{slug}/" + deed, deeds.ask_sender, methods=["POST"], name=deed)
            for deed in ("pause", "resume", "stop")
        ),
    ]


@asynccontextmanager
async def _watching(app: Starlette) -> AsyncIterator[None]:
    service: Service = app.state.service
    tasks = [asyncio.create_task(service.campaigns.run()), asyncio.create_task(follow_roles(service))]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task


async def _style(_: Request) -> Response:
    return Response(web_rendering.style(), media_type="text/css", headers={"cache-control": "no-cache"})


async def _script(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _SCRIPTS:
        raise HTTPException(404, "There is no such file.")
    return Response(web_rendering.script(name), media_type="text/javascript", headers={"cache-control": "no-cache"})


async def _refused(request: Request, error: Exception) -> Response:
    refusal = error if isinstance(error, HTTPException) else HTTPException(500)
    sentences, link = [refusal.detail], ("/", "All campaigns")
    if refusal.status_code == 401:
        sentences, link = _how_to_enter(service_of(request))
    title = _TITLES.get(refusal.status_code, "That did not work")
    answer = shown(request, "message", refusal.status_code, title=title, sentences=sentences, link=link)
    answer.headers.update(refusal.headers or {})
    return answer


def _how_to_enter(service: Service) -> tuple[list[str], tuple[str, str]]:
    if service.access.oidc is not None:
        return ["Show your provider who you are."], ("/login", "Log in")
    if service.access.proxy is not None:
        said = "This page is opened through the proxy that knows you, and needs a role of yours in the access file."
        return [said], ("/", "Try again")
    said = "Open the link that mass-apology serve printed in its terminal. Press Enter there for another one."
    return [said], ("/", "Try again")


async def _failed(request: Request, error: Exception) -> Response:
    said = [error.problem, error.next_step] if isinstance(error, MassApologyError) else []
    return shown(request, "message", 409, title="That did not work", sentences=said, link=("/", "All campaigns"))


async def _broken(_: Request, error: Exception) -> Response:
    return PlainTextResponse(
        f"A mistake in mass-apology ({type(error).__name__}); the sending is not touched by it.\n", 500
    )
