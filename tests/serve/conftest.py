"""What every page of these tests has."""

from __future__ import annotations

from pathlib import Path

import pytest

from mass_apology.system.state_folder import STATE_VARIABLE


@pytest.fixture(autouse=True)
def _own_memory(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What is sent here is remembered here only."""
    folder = tmp_path_factory.mktemp("state")
    monkeypatch.setenv(STATE_VARIABLE, str(folder))
    return folder
