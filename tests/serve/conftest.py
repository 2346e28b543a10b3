"""What every page of these tests has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import browser_of_module
from playwright.sync_api import Browser


@pytest.fixture(autouse=True)
def _own_memory(own_state: Path) -> None:
    """What is sent here is remembered here only."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    yield from browser_of_module()
