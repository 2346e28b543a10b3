"""The way to the provider and back."""

from __future__ import annotations

import secrets

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from mass_apology.flows.serve.entrance import begun
from mass_apology.flows.serve.guard import cookie_of
from mass_apology.flows.serve.oidc_provider import LoginError, Provider
from mass_apology.flows.serve.service import Service, service_of
from mass_apology.flows.serve.sessions import Visitor


async def login(request: Request) -> Response:
    """To the provider; the browser keeps what it was sent with, so that nobody comes back with another one's answer."""
    service = service_of(request)
    try:
        address, state = await _provider(service).question()
    except LoginError as error:
        raise HTTPException(502, error.problem) from error
    answer = RedirectResponse(address, 303)
    answer.headers.append("set-cookie", _cookie(service, state))
    return answer


async def back(request: Request) -> Response:
    """From the provider: a session begins for whoever has a role."""
    service = service_of(request)
    provider = _provider(service)
    state, code = request.query_params.get("state", ""), request.query_params.get("code", "")
    kept = cookie_of(request.headers, _cookie_name(service))
    if not code or not kept or not secrets.compare_digest(state.encode(), kept.encode()):
        raise HTTPException(403, "The provider let nobody in, or the login was begun in another browser.")
    try:
        name = await provider.answer(state, code)
    except LoginError as error:
        raise HTTPException(403, error.problem) from error
    roles = service.access.roles_of(name)
    if not roles:
        raise HTTPException(403, f"You are {name}, and have no role here.")
    answer = begun(service, Visitor(name=name, roles=roles), request)
    answer.headers.append("set-cookie", f"{_cookie(service, '')}; Max-Age=0")
    return answer


def _provider(service: Service) -> Provider:
    if service.provider is None:
        raise HTTPException(404, "There is no login here.")
    return service.provider


def _cookie_name(service: Service) -> str:
    return "__Host-mass-apology-login" if service.access.is_secure else "mass-apology-login"


def _cookie(service: Service, state: str) -> str:
    """Lax, since the provider sends people back from its own pages."""
    secure = "; Secure" if service.access.is_secure else ""
    return f"{_cookie_name(service)}={state}; Path=/; HttpOnly; SameSite=Lax{secure}"
