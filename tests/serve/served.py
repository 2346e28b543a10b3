"""Real servers, each for as long as a test needs it, and a browser that notes what it asks for and complains about."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route

from mass_apology.flows.serve.access_file import EVERY_ROLE, NO_ACCESS_FILE
from mass_apology.flows.serve.campaigns import Campaigns, Watched
from mass_apology.flows.serve.serve import server_config
from mass_apology.flows.serve.service import Service
from mass_apology.flows.serve.sessions import Visitor
from mass_apology.flows.watch.view_model import CampaignView


@contextmanager
def serving(
    folder: Path, *options: str, on: Sequence[str] = ("--listen", "127.0.0.1:0"), complaints: Path = Path(os.devnull)
) -> Iterator[str]:
    """``mass-apology serve`` in a process of its own; its one-time link, or its address where there is none.
    ``complaints``: a file for what it says on its error output."""
    command = [sys.executable, "-m", "mass_apology", "serve", "-C", str(folder), *on, *options]
    with (
        complaints.open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, stdin=subprocess.DEVNULL, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            yield next(line.split()[-1] for line in process.stdout if "http" in line)
        finally:
            process.terminate()
            assert process.wait() == 0
            process.stdout.close()


class _Staged:
    """In the place of a ``CampaignWatch``: it sees what a test wants."""

    def __init__(self, view: CampaignView) -> None:
        self.view = view

    def look(self) -> CampaignView:
        return self.view

    def look_closer(self) -> bool:
        return False


class _StagedCampaigns(Campaigns):
    """Campaigns that are only seen."""

    def __init__(self, views: Mapping[str, CampaignView]) -> None:
        super().__init__(Path())
        self._views = views

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            for slug, view in self._views.items():
                watched = Watched(slug, Path())
                watched.watch = _Staged(view)  # type: ignore[assignment]
                self.found[slug] = watched
                tasks.create_task(watched.look_on(self._pool))


class StagedServer:
    """Serves these views in a thread of this process."""

    def __init__(self, views: Mapping[str, CampaignView]) -> None:
        self.pool = ThreadPoolExecutor(1)
        self.service = Service.of(NO_ACCESS_FILE, _StagedCampaigns(views), self.pool)

    def token(self) -> str:
        """Of a session that may do everything."""
        return self.service.sessions.begin(Visitor(name="Anna", roles=EVERY_ROLE))

    @contextmanager
    def listening(self) -> Iterator[str]:
        """Its address."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            server = uvicorn.Server(server_config(self.service))
            thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listener])))
            thread.start()
            try:
                yield f"http://127.0.0.1:{listener.getsockname()[1]}"
            finally:
                server.should_exit = True
                thread.join()
                self.pool.shutdown()


class Watching:
    """One person's browser: everything that it asks of others, or complains about, is noted."""

    def __init__(self, browser: Browser, base: str, *, token: str = "", **context: Any) -> None:
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        self.base = base
        self._context = browser.new_context(**{"viewport": {"width": 390, "height": 844}, **context})
        self._context.route("**/*", self._only_here)
        if token:
            self._context.add_cookies([{"name": "mass-apology", "value": token, "url": base}])
        self.page: Page = self._context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def close(self) -> None:
        self._context.close()

    def _only_here(self, route: Route, request: Request) -> None:
        if request.url.startswith((self.base, "data:")):
            route.continue_()
        else:
            self.elsewhere.append(request.url)
            route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)
