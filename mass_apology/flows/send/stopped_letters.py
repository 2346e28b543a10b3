"""Withholds planned letters that must not be sent any more, before the person is asked to type their number."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from mass_apology.flows.suppressing import Suppressed
from mass_apology.ledger import Ledger
from mass_apology.sending.gate import LEFT_FILE
from mass_apology.suppression import is_suppression

_PAGE = 500  # addresses per query of the suppression list


def withhold_barred(ledger: Ledger, wave: str, suppressed: Suppressed) -> None:
    """Withhold the wave's due letters to people who were suppressed or left the file since the plan was made.

    The gate would withhold each of them later; done now, the number to type is the number of letters to be sent.
    """
    stopped = dict(_barred(ledger, wave, suppressed))
    if stopped:
        ledger.waves.withhold(stopped, time.time())


def has_unsuppressed(ledger: Ledger, wave: str, suppressed: Suppressed) -> bool:
    """Whether a letter was withheld because of the suppression list and its address is not on the list any more."""
    held = (address for address, reason in ledger.kept_back(wave) if address and is_suppression(reason))
    while page := set(islice(held, _PAGE)):
        if len(suppressed.among(list(page))) < len(page):
            return True
    return False


def _barred(ledger: Ledger, wave: str, suppressed: Suppressed) -> Iterator[tuple[int, str]]:
    for page in ledger.waiting(wave):
        reasons = suppressed.among([address for _, address, _ in page])
        for letter, address, left_file in page:
            if address in reasons or left_file:
                yield letter, reasons.get(address, LEFT_FILE)
