"""Pages are looked at with a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import CHROMIUM, Visit, chromium
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def running_browser() -> Iterator[Browser]:
    """Ended with its module: while it runs, Playwright's event loop keeps other tests from running their own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here; on Debian: apt-get install chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture
def visit(running_browser: Browser) -> Iterator[Callable[..., Visit]]:
    """Opens a file in a window of its own; afterwards nothing may have been asked for, and nothing complained of."""
    visits: list[Visit] = []

    def open_file(path: Path, **how: Any) -> Visit:
        visits.append(Visit(running_browser, path, **how))
        return visits[-1]

    yield open_file
    for each in visits:
        each.close()
        assert (each.requests, each.complaints) == ([], [])
