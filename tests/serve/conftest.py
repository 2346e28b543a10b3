"""What every page of these tests has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import CHROMIUM, chromium
from playwright.sync_api import Browser

from mass_apology.system.state_folder import STATE_VARIABLE


@pytest.fixture(autouse=True)
def _own_memory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is sent here is remembered here only."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv(STATE_VARIABLE, str(folder))
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Ended with its module: while it runs, Playwright's event loop keeps other tests from running their own."""
    if CHROMIUM is None:
        pytest.skip("no Chromium is installed here; on Debian: apt-get install chromium")
    with chromium() as started:
        yield started
