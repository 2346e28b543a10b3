"""Notes who looked at whose data before it is shown: in the ledger, by numbers of recipients, so that they name nobody.

The same look of the same person is noted once in a while: a page with a letter in it is two requests.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from mass_apology.flows.watch.campaign_watch import ACCESS
from mass_apology.workspace.workspace import Workspace

AGAIN_SECONDS = 600.0  # after which the same look is another one
MOST = 10_000  # looks that are remembered


class AccessNotes:
    """Writes them; may be called in any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._noted: dict[tuple[str, str], float] = {}

    def note(self, workspace: Workspace, who: str, did: str) -> None:
        """Keep it. Raises ``LedgerError``; then nothing may be shown. Before the first plan there is no ledger, and
        nobody in it."""
        key, now = (str(workspace.absolute_folder), f"{ACCESS}{who} {did}"), self._clock()
        if now - self._noted.get(key, float("-inf")) < AGAIN_SECONDS or not workspace.ledger_store.exists():
            return
        with workspace.ledger_store.read(workspace.campaign.name) as ledger:
            ledger.remark(key[1])
        if len(self._noted) >= MOST:
            self._noted.clear()
        self._noted[key] = now
