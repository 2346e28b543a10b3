from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from ledger_samples import planned_ledger

from mass_apology.errors import LedgerError
from mass_apology.ledger.sqlite import SqliteLedger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    """Under our lock, with twenty letters due."""
    ledger = planned_ledger(path, 20)
    yield ledger
    with suppress(LedgerError):  # a test that broke it has looked at the error itself
        ledger.__exit__()
