"""How somebody comes in, and leaves."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mass_apology.flows.operator import user_name
from mass_apology.flows.serve.access_file import EVERY_ROLE, Role
from mass_apology.flows.serve.guard import cookie_name, cookie_of, no_session_cookie, session_cookie
from mass_apology.flows.serve.service import Service, checked_form, service_of, shown
from mass_apology.flows.serve.sessions import Visitor


async def enter(request: Request) -> Response:
    """The one-time link of the terminal: it begins a session, and is void from then on."""
    service = service_of(request)
    if not service.has_link or not service.sessions.redeem(request.path_params["token"]):
        raise HTTPException(403, "This link was used already, or has run out. Press Enter in the terminal for another.")
    return begun(service, Visitor(name=user_name(), roles=EVERY_ROLE), request)


def begun(service: Service, visitor: Visitor, request: Request) -> Response:
    """To the first page, with a session that nobody can have fixed before; one that was there has ended.

    By a page of our own, and no redirect: whoever was sent here by another site would come to the first page without
    the new cookie, which is SameSite=Strict.
    """
    service.sessions.end(cookie_of(request.headers, cookie_name(service)))
    token = service.sessions.begin(visitor)
    said = [f"You are {visitor.name}. The campaigns are on the next page."]
    answer: Response = shown(request, "message", title="Welcome", sentences=said, link=("/", "All campaigns"))
    answer.headers["refresh"] = "0; url=/"
    answer.headers.append("set-cookie", session_cookie(service, token))
    return answer


async def leave(request: Request) -> Response:
    """End the session."""
    await checked_form(request, Role.WATCH)
    service = service_of(request)
    service.sessions.end(cookie_of(request.headers, cookie_name(service)))
    answer = shown(request, "message", title="You have left", sentences=["This browser’s session is over."], link=None)
    answer.headers.append("set-cookie", no_session_cookie(service))
    return answer
