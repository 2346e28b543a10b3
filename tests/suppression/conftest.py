from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from mass_apology.suppression import Suppressions


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "suppressions.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Suppressions]:
    with Suppressions.open(path) as suppressions:
        yield suppressions
