"""Letters that were planned and must not go any more, withheld before anybody is asked for their number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from mass_apology.flows.suppressing import Suppressed
from mass_apology.ledger import Ledger
from mass_apology.ledger.sqlite.waves import withhold
from mass_apology.sending.gate import LEFT_FILE
from mass_apology.suppression import is_suppression

_PAGE = 500  # addresses that the list is asked about at once


def withhold_stopped(ledger: Ledger, wave: str, suppressed: Suppressed) -> None:
    """Due letters of the wave to people who were suppressed, or left the file, since it was planned become WITHHELD.

    The gate would stop each of them later. Asked for now, the number that a person types is that of letters that go.
    """
    stopped = dict(_stopped(ledger, wave, suppressed))
    if stopped:
        withhold(ledger, stopped, time.time())


def may_be_written_to_again(ledger: Ledger, wave: str, suppressed: Suppressed) -> bool:
    """Whether somebody was withheld because of the suppression list and is not on it any more."""
    held = (address for address, reason in ledger.kept_back(wave) if address and is_suppression(reason))
    while page := set(islice(held, _PAGE)):
        if len(suppressed.among(list(page))) < len(page):
            return True
    return False


def _stopped(ledger: Ledger, wave: str, suppressed: Suppressed) -> Iterator[tuple[int, str]]:
    for page in ledger.waiting(wave):
        reasons = suppressed.among([address for _, address, _ in page])
        for letter, address, left_file in page:
            if address in reasons or left_file:
                yield letter, reasons.get(address, LEFT_FILE)
