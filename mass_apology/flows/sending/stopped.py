"""Letters that were planned and must not go any more, withheld before anybody is asked for their number."""

from __future__ import annotations

import time
from collections.abc import Iterator

from mass_apology.flows.sending.gate import LEFT_FILE
from mass_apology.flows.suppressing import Suppressed
from mass_apology.ledger import Ledger
from mass_apology.ledger.waves import withhold


def withhold_stopped(ledger: Ledger, wave: str, suppressed: Suppressed) -> None:
    """Due letters of the wave to people who were suppressed, or left the file, since it was planned become WITHHELD.

    The gate would stop each of them later. Asked for now, the number that a person types is that of letters that go.
    """
    stopped = dict(_stopped(ledger, wave, suppressed))
    if stopped:
        withhold(ledger, stopped, time.time())


def _stopped(ledger: Ledger, wave: str, suppressed: Suppressed) -> Iterator[tuple[int, str]]:
    for page in ledger.waiting(wave):
        reasons = suppressed.among([address for _, address, _ in page])
        for letter, address, left_file in page:
            if address in reasons or left_file:
                yield letter, reasons.get(address, LEFT_FILE)
