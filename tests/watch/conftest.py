"""What every campaign of these tests has."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _own_memory(own_state: Path) -> None:
    """What is sent here is remembered here only."""
