"""Stands before every page: who asks whom from where, how often, and what a browser may do with the answer."""

from __future__ import annotations

import time
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mass_apology.flows.serve.access_file import UNIX_PEER
from mass_apology.flows.serve.rate_limit import ENTRANCES, PAGES, RateLimit
from mass_apology.flows.serve.service import Service
from mass_apology.flows.serve.sessions import Session, Visitor

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cache-control": "no-store",
}
_SAFE = frozenset({"GET", "HEAD"})


class Guard:
    """ASGI middleware. ``scope["session"]`` is the session of who asks, where somebody is known."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service
        self._pages = RateLimit(PAGES)
        self._entrances = RateLimit(ENTRANCES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse it, or pass it on with who asks."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # nothing here speaks WebSocket: the connection is closed
        cookies: list[str] = []
        refusal = self._refusal(scope, cookies)

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if self._service.access.is_secure:
                    headers.setdefault("strict-transport-security", "max-age=31536000")
                for cookie in cookies:
                    headers.append("set-cookie", cookie)
            await send(message)

        await (refusal or self._app)(scope, receive, guarded)

    def _refusal(self, scope: Scope, cookies: list[str]) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        if (
            "transfer-encoding" in headers and "content-length" in headers
        ):  # RFC 9112, 6.1: another request may hide in it
            return PlainTextResponse("This request has two lengths.\n", 400, {"connection": "close"})
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._service.is_called(hosts[0]):
            return PlainTextResponse("This server is not called so.\n", 421)
        if scope["method"] not in _SAFE and not self._is_own_page(headers):
            return PlainTextResponse("This was not asked from a page of this server.\n", 403)
        scope["session"] = session = self._session(scope, headers, cookies)
        now = time.monotonic()
        if isinstance(session, Session):
            # Who comes without a cookie each time is one person still.
            is_allowed = self._pages.allows(session.visitor.name if cookies else session.csrf, now)
        else:
            limit = self._entrances if scope["path"].startswith(("/enter/", "/login")) else self._pages
            is_allowed = limit.allows(peer_of(scope), now)
        if not is_allowed:
            return PlainTextResponse("Too many requests; wait a moment.\n", 429, {"retry-after": "5"})
        return None

    def _is_own_page(self, headers: Headers) -> bool:
        """By what browsers say of themselves; each form has its secret besides."""
        origin = headers.get("origin")
        if origin is not None and not self._service.is_own_origin(origin, headers["host"]):
            return False
        return headers.get("sec-fetch-site", "same-origin") == "same-origin"

    def _session(self, scope: Scope, headers: Headers, cookies: list[str]) -> Session | None:
        service = self._service
        session = service.sessions.find(cookie_of(headers, cookie_name(service)))
        proxy = service.access.proxy
        if proxy is None or not service.access.is_proxy(peer_of(scope)):
            # Past the proxy nobody asks any more who it is that holds the cookie.
            return session if proxy is None else None
        named = headers.getlist(proxy.header)
        if len(named) != 1 or not (name := named[0].strip()) or not name.isprintable():
            return None
        roles = service.access.roles_of(name)
        if not roles:
            return None
        if session is None or session.visitor != Visitor(name=name, roles=roles):
            token = service.sessions.begin(Visitor(name=name, roles=roles))
            cookies.append(session_cookie(service, token))
            session = service.sessions.find(token)
        return session


def peer_of(scope: Scope) -> str:
    """The other end of the connection itself; what a header says about another one counts for nothing."""
    client = HTTPConnection(scope).client
    return client.host if client is not None and client.host else UNIX_PEER


def cookie_name(service: Service) -> str:
    """With the prefix that browsers grant only to a secure server's own cookie, where this is one."""
    return "__Host-mass-apology" if service.access.is_secure else "mass-apology"


def session_cookie(service: Service, token: str) -> str:
    """Gives the browser its session."""
    secure = "; Secure" if service.access.is_secure else ""
    return f"{cookie_name(service)}={token}; Path=/; HttpOnly; SameSite=Strict{secure}"


def no_session_cookie(service: Service) -> str:
    """Takes it away."""
    return f"{session_cookie(service, '')}; Max-Age=0"


def cookie_of(headers: Headers, name: str) -> str:
    """The value of the cookie; empty where there is none, or what there is cannot be read."""
    try:
        found = SimpleCookie(headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found is not None else ""
