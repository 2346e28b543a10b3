"""A person's word from another terminal to the running ``send``: pause, go on, stop."""

from __future__ import annotations

from pathlib import Path

from mass_apology.campaign import LEDGER_NAME
from mass_apology.ledger import Control, Records


def ask(folder: Path, wanted: Control) -> bool:
    """Ask, and say whether anybody is there to hear it.

    campaign.toml is not read: a mistake that somebody makes in it meanwhile must not keep a run from being stopped.
    Raises ``LedgerError`` where the campaign has no ledger, so that a word in the wrong folder is noticed.
    """
    with Records.open_any(folder / LEDGER_NAME) as ledger:
        ledger.request(wanted)
        return ledger.holder() is not None
