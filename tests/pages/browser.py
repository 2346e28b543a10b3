"""A real browser for pages from a file: it notes every request, complaint and dialog, of which a page may have none."""

from __future__ import annotations

import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request, Route, sync_playwright

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's Chromium, without a window."""
    assert CHROMIUM is not None
    # A browser started by root, as in containers, cannot set up its own sandbox.
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=[*root, "--disable-dev-shm-usage"])
        yield browser
        browser.close()


def browser_of_module() -> Iterator[Browser]:
    """For a fixture: it ends with its module, for while it runs, Playwright's event loop keeps other tests from running
    their own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here; on Debian: apt-get install chromium")
    with chromium() as browser:
        yield browser


class Visit:
    """One page opened from a file. ``requests`` are those beyond the file itself; none of them leaves the machine."""

    def __init__(self, browser: Browser, path: Path, *, address: str = "", **context: Any) -> None:
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self._path = path.resolve().as_uri()
        self._context = browser.new_context(**{"viewport": {"width": 1280, "height": 800}, **context})
        self._context.route("**/*", self._only_the_file)
        self.page: Page = self._context.new_page()
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.goto(self._path + address, wait_until="load")

    def close(self) -> None:
        self._context.close()

    def _only_the_file(self, route: Route, request: Request) -> None:
        if request.url.partition("#")[0] == self._path:
            route.continue_()
        else:
            self.requests.append(request.url)
            route.abort()

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _dialog(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def axe_violations(page: Page) -> str:
    """What axe finds wrong, as text; empty where nothing is. A letter in its frame is not the page's to judge."""
    found = Axe().run(page, options={"resultTypes": ["violations"], "iframes": False})
    return "" if found.violations_count == 0 else str(found.generate_report())


def opening_seconds(path: Path, *, ready: str = "#page:not([hidden]) iframe") -> float:
    """From asking for the file to the page answering with its first letter shown, in a browser of its own."""
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        began = time.perf_counter()
        page.goto(path.resolve().as_uri(), wait_until="commit")
        page.wait_for_selector(ready, state="attached")
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return time.perf_counter() - began


if __name__ == "__main__":
    print(opening_seconds(Path(sys.argv[1])))
