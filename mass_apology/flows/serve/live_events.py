"""Server-sent events (WHATWG HTML, 9.2): the parts of an open campaign page that have changed, as soon as they have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Message, Receive, Scope, Send

from mass_apology.flows.serve.access_file import Role
from mass_apology.flows.serve.campaign_pages import rendered_parts
from mass_apology.flows.serve.campaigns import Watched
from mass_apology.flows.serve.service import Service, campaign_of, require, service_of
from mass_apology.flows.serve.sessions import Session
from mass_apology.flows.watch.view_model import CampaignView

MOST_STREAMS = 200  # of all
KEPT_FREE = 40  # of these, for who may press something: however many watch, they see what they press
MOST_OF_ONE = 8  # of one session: browsers keep six connections to a server
MOST_OF_PERSON = 24  # of all sessions of one name
BEAT_SECONDS = 10.0  # without news, so that the browser sees a dead connection
SEND_PATIENCE = 10.0  # for a client that reads slowly


async def events(request: Request) -> Response:
    """The stream of one page."""
    session = require(request, Role.WATCH)
    watched = campaign_of(request)
    service = service_of(request)
    if (refusal := _refusal(service, session)) is not None:
        raise HTTPException(503, f"{refusal} Without it, the page is as of when it was loaded.", {"retry-after": "30"})
    return _PatientStream(_news(service, session, watched), _take_place(service, session))


async def _news(service: Service, session: Session, watched: Watched) -> AsyncIterator[bytes]:
    with watched.watched():
        yield b"retry: 2000\n\n"
        told: dict[str, str] = {}
        while service.sessions.is_used(session):
            if (view := watched.view) is not None:
                parts = rendered_parts(watched, view, session)
                news = {name: html for name, html in parts.items() if told.get(name) != html}
                told |= news
                if news:
                    yield _event(view, news)
            elif watched.problem:
                break  # the page says why, once it is loaded again
            try:
                async with asyncio.timeout(BEAT_SECONDS):
                    await watched.next()
            except TimeoutError:
                yield b": still here\n\n"
        yield b"event: over\ndata: {}\n\n"


def _event(view: CampaignView, parts: dict[str, str]) -> bytes:
    news = {"parts": parts, "title": f"{view.campaign}: {view.headline}", "say": view.headline}
    return b"event: view\ndata: " + msgspec.json.encode(news) + b"\n\n"


def _refusal(service: Service, session: Session) -> str | None:
    """Why there is no place for one live page more of this session, as a sentence."""
    taken, name = service.event_streams, session.visitor.name
    if taken[session.kept] >= MOST_OF_ONE:
        return f"This browser has {MOST_OF_ONE} live pages open, and no more are kept up to date."
    if taken[name] >= MOST_OF_PERSON:
        return f"{name} has {MOST_OF_PERSON} live pages open, and no more are kept up to date."
    most = MOST_STREAMS - (0 if session.visitor.may(Role.OPERATE) else KEPT_FREE)
    if taken.total() // 2 >= most:  # each is counted by its session and by its name
        return f"{most} live pages are open on this server, and no more are kept up to date."
    return None


def _take_place(service: Service, session: Session) -> Callable[[], None]:
    """Count one stream more, at once: many are asked for at the same moment. What is returned gives its place back."""
    taken, keys = service.event_streams, (session.kept, session.visitor.name)
    taken.update(keys)

    def give_back() -> None:
        taken.subtract(keys)
        for key in keys:
            if not taken[key]:
                del taken[key]

    return give_back


class _PatientStream(StreamingResponse):
    """Ends where the client takes nothing for a while: what it does not read would pile up here."""

    def __init__(self, news: AsyncIterator[bytes], give_back: Callable[[], None]) -> None:
        super().__init__(news, media_type="text/event-stream", headers={"x-accel-buffering": "no"})
        self._give_back = give_back

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def patient(message: Message) -> None:
            async with asyncio.timeout(SEND_PATIENCE):
                await send(message)

        try:
            await super().__call__(scope, receive, patient)
        except* TimeoutError:
            scope["state"]["cut_off"] = True
        finally:
            self._give_back()
