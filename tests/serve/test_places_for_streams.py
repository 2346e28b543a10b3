"""There are so many live pages, and who finds no place is told why; who may press something finds one."""

from __future__ import annotations

import logging
from collections import Counter
from pathlib import Path

import pytest
from asked import Asked, campaign_in, run, texts

from mass_apology.flows.serve import live_events
from mass_apology.flows.serve.access_file import EVERY_ROLE, Role
from mass_apology.flows.serve.quiet_log import AGAIN_SECONDS, KINDS, LikeLines

WATCHES = frozenset({Role.WATCH})


async def refused(server: Asked) -> str:
    answer = await server.get("/campaigns/acme/events")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "30"
    return texts(answer.text)


def filled(server: Asked, streams: int) -> None:
    """So many are open, of people with one each."""
    server.service.event_streams = Counter({str(n): 1 for n in range(streams)})
    server.service.event_streams.update(str(n).encode() for n in range(streams))


def test_who_watches_is_told_that_the_places_are_taken(tmp_path: Path) -> None:
    campaign_in(tmp_path / "acme")

    async def visit(server: Asked) -> None:
        server.enter(WATCHES)
        filled(server, live_events.MOST_STREAMS - live_events.KEPT_FREE)
        assert "160 live pages are open on this server" in await refused(server)
        assert (await server.get("/campaigns/acme")).status_code == 200
        server.enter(EVERY_ROLE)
        filled(server, live_events.MOST_STREAMS)
        assert "200 live pages are open on this server" in await refused(server)

    run(tmp_path, visit)


def test_who_operates_finds_a_place_however_many_watch(tmp_path: Path) -> None:
    campaign_in(tmp_path / "acme")

    async def visit(server: Asked) -> None:
        filled(server, live_events.MOST_STREAMS - live_events.KEPT_FREE)
        for roles, has_place in ((WATCHES, False), (EVERY_ROLE, True)):
            server.enter(roles)
            session = server.service.sessions.find(server.client.cookies["mass-apology"])
            assert session is not None
            assert (live_events._refusal(server.service, session) is None) is has_place

    run(tmp_path, visit)


def test_many_sessions_of_one_person_are_one_person(tmp_path: Path) -> None:
    campaign_in(tmp_path / "acme")

    async def visit(server: Asked) -> None:
        kept = []
        for _ in range(live_events.MOST_OF_PERSON):
            server.enter(name="Anna")
            session = server.service.sessions.find(server.client.cookies["mass-apology"])
            assert session is not None
            assert live_events._refusal(server.service, session) is None
            kept.append(live_events._take_place(server.service, session))
        server.enter(name="Anna")
        assert "Anna has 24 live pages open" in await refused(server)
        for give_back in kept:
            give_back()
        assert not server.service.event_streams

    run(tmp_path, visit)


@pytest.mark.parametrize("text", ["Invalid HTTP request received.", "Task exception\nfuture: <%d>"])
def test_like_lines_are_said_once_a_minute_and_counted(text: str) -> None:
    now = [0.0]
    lines = LikeLines(lambda: now[0])

    def said(number: int = 1) -> str | None:
        message = text.replace("%d", str(number))
        record = logging.LogRecord("uvicorn.error", logging.WARNING, "", 0, message, (), None)
        return record.getMessage() if lines.filter(record) else None

    assert [said(n) is not None for n in range(100)].count(True) == 1
    now[0] = AGAIN_SECONDS
    assert (said() or "").endswith("(and 99 more such lines before)")
    assert said() is None
    for n in range(10 * KINDS):  # kinds without end take no memory without end
        lines.filter(logging.LogRecord("asyncio", logging.ERROR, "", 0, f"kind {n}", (), None))
    assert len(lines._said) <= KINDS
