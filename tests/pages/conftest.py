"""Pages are looked at with a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import Visit, browser_of_module
from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def running_browser() -> Iterator[Browser]:
    yield from browser_of_module()


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
