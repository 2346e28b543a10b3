"""What a person agreed to: the one value that sending takes, and nothing that differs from it leaves."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping
from pathlib import Path

from msgspec import Struct

from mass_apology.campaign import read_campaign
from mass_apology.errors import ConfirmationError
from mass_apology.flows.plan import plan
from mass_apology.ledger import Ledger
from mass_apology.sending.gate import Gate
from mass_apology.settings import SubjectLine


class Confirmed(Struct, frozen=True, kw_only=True):
    """The letters of one wave, agreed to by their number. Made once it was typed, given, or armed."""

    wave: str
    template: str  # the scenario that they are written from
    subject_line: SubjectLine = SubjectLine.OWN
    parts: Mapping[str, str]  # what they are written from: "the template", "campaign.toml", … → its SHA-256
    count: int  # letters: those that were due, and ``resend``
    resend: tuple[int, ...] = ()  # the ledger's rows of letters in doubt that may go again


def require_unchanged(folder: Path, confirmed: Confirmed) -> None:
    """Raise ``ConfirmationError`` where the letters would be written from something else than was agreed to.

    Ask when everything they are written from has been read: what is changed after that no longer matters.
    """
    there = plan.letter_parts(folder, read_campaign(folder), confirmed.template)
    if changed := plan.changed_parts(confirmed.parts, there):
        raise ConfirmationError(
            f"Nothing was sent: {' and '.join(changed)} changed while the letters of the wave {confirmed.wave} "
            "were being agreed to.",
            next_step="Look at what they say now, with check and preview, then run the command again.",
        )


def may_be_resent(ledger: Ledger, wave: str, gate: Gate, leaving: Collection[int] = ()) -> tuple[int, ...]:
    """The letters of the wave in doubt that a person may have sent again, as the gate sees them now.

    Those in ``leaving`` are not among them: the ledger's rows of letters whose customers the new plan does not have.
    """
    ids = [each for each in ledger.in_doubt_ids(wave) if each not in leaving]
    return tuple(letter.id for letter, _ in gate.ask(ledger.in_doubt(wave, ids), time.time()).open)
