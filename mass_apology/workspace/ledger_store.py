"""The one place that knows what a campaign's ledger is made of."""

from __future__ import annotations

from pathlib import Path

from mass_apology.ledger import Store
from mass_apology.ledger.sqlite.sqlite_store import SqliteStore

LEDGER_NAME = "ledger.sqlite"


def ledger_store(folder: Path) -> Store:
    """Where the ledger of the campaign in ``folder`` is kept, whether or not there is one yet."""
    return SqliteStore(folder / LEDGER_NAME)
