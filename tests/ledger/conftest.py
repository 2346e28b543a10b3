from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, KINDS, NOON, plan_in, planned_ledger, recipient

from mass_apology.errors import LedgerError
from mass_apology.ledger import Ledger, Store
from mass_apology.ledger.sqlite import SqliteLedger

# On every kind of ledger.


@pytest.fixture(params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """Where no ledger was made yet."""
    return KINDS[request.param](tmp_path)


@pytest.fixture
def empty(store: Store) -> Iterator[Ledger]:
    """Under our lock, with nobody planned."""
    ledger = store.create(CAMPAIGN)
    ledger.acquire(NOON)
    yield ledger
    with suppress(LedgerError):  # a test that broke it has looked at the error itself
        ledger.__exit__()


@pytest.fixture
def held(store: Store, empty: Ledger) -> Ledger:
    """Under our lock, with twenty letters due, whose ids are 1, 2, …"""
    plan_in(store, empty, map(recipient, range(20)))
    return empty


# On SQLite.


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
