"""A person's word from another terminal to the running ``send``: pause, go on, stop."""

from __future__ import annotations

from pathlib import Path

from mass_apology.campaign import LEDGER_NAME, read_campaign
from mass_apology.ledger import Control, Records


def ask(folder: Path, wanted: Control) -> bool:
    """Ask, and say whether anybody is there to hear it.

    Raises ``LedgerError`` where the campaign has no ledger, so that a word in the wrong folder is noticed.
    """
    campaign = read_campaign(folder)
    with Records.open(folder / LEDGER_NAME, campaign.name) as ledger:
        ledger.request(wanted)
        return ledger.holder() is not None
