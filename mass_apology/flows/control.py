"""Pause, resume, stop: what a person at another terminal tells the ``send`` that is running.

The run reads it in the ledger again and again, and obeys between two letters. Nothing else is read here: a request gets
through however busy the run is.

What was asked of a run that ended is forgotten when the next one begins.
"""

from __future__ import annotations

from pathlib import Path

from mass_apology.ledger import Control
from mass_apology.workspace.ledger_store import ledger_store


def request(folder: Path, wanted: Control, *, note: str = "") -> bool:
    """Ask, and return whether a run is there to obey. ``note`` is kept in the ledger with it.

    campaign.toml is not read: a mistake in it must not prevent a stop. Raises ``LedgerError`` if the folder has no
    ledger, so that a wrong folder is noticed.
    """
    with ledger_store(folder).read() as ledger:
        ledger.request(wanted, note=note)
        return ledger.holder() is not None


def remark(folder: Path, what: str) -> None:
    """Keep a note in the ledger. Raises ``LedgerError``."""
    with ledger_store(folder).read() as ledger:
        ledger.remark(what)
