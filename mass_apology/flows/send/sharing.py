"""What a run has together with others that send the same campaign: its letters, and the relay's rate."""

from __future__ import annotations

import asyncio

from mass_apology.flows.send.confirmed import Confirmed
from mass_apology.ledger import Ledger
from mass_apology.ledger.sender_state import SharedWave
from mass_apology.model import FIRST_WAVE
from mass_apology.sending.dispatcher import Dispatcher
from mass_apology.settings import Campaign


def obstacle(campaign: Campaign) -> str:
    """Why several processes cannot send this campaign together, as a clause; empty where they can."""
    if any(relay.windows for relay in campaign.relays):
        return "[relay] has windows, which each process would count for itself"
    if campaign.destinations:
        return "[destinations] are set, whose pace each process would keep for itself"
    return ""


class Sharing:
    """One run's part in it. Once the canary has its outcomes, ``begin`` lets others join, where the ledger can."""

    def __init__(self, ledger: Ledger, dispatcher: Dispatcher, confirmed: Confirmed, campaign: Campaign) -> None:
        self._ledger = ledger
        self._dispatcher = dispatcher
        self._confirmed = confirmed
        self._shares = confirmed.elsewhere
        whole_wave = confirmed.wave == FIRST_WAVE and confirmed.only is None
        self._may = whole_wave and not self._shares and not obstacle(campaign)

    async def begin(self) -> None:
        """From now on others may take part in all letters of the wave; without effect where they do, or cannot."""
        if not self._may:
            return
        self._may = False
        wave = SharedWave(
            wave=self._confirmed.wave, template=self._confirmed.template, digest_parts=self._confirmed.parts
        )
        self._shares = await asyncio.to_thread(self._ledger.share, wave)

    async def keep_up(self) -> None:
        """Have an equal part of the rate, as many as take part now."""
        if self._shares:
            sharers = await asyncio.to_thread(self._ledger.sharers)
            for source in self._dispatcher.sources:
                source.divide(sharers)
