"""``Confirmed``: the letters that a person confirmed. Sending takes it, and sends nothing that differs from it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

from msgspec import Struct

from mass_apology.errors import ConfirmationError
from mass_apology.flows.plan import plan
from mass_apology.ledger import Ledger
from mass_apology.sending.gate import Gate
from mass_apology.settings import SubjectLine
from mass_apology.workspace.workspace import Workspace


class Confirmed(Struct, frozen=True, kw_only=True):
    """The letters of one wave, confirmed by their number: typed, given with ``--confirm``, or armed for a timer."""

    wave: str
    template: str  # the scenario of the letters
    subject_line: SubjectLine = SubjectLine.OWN
    parts: Mapping[str, str]  # sources of the letters: "the template", "campaign.toml", … → its SHA-256
    count: int  # letters: those due, and ``resend``
    only: frozenset[int] | None = None  # delivery ids, where not the wave is confirmed but some of its letters
    resend: tuple[int, ...] = ()  # delivery ids of letters in doubt that are to be sent again
    elsewhere: bool = False  # by another process, which shares its letters: their number changes while they leave


def require_unchanged(workspace: Workspace, confirmed: Confirmed) -> None:
    """Raise ``ConfirmationError`` if a source of the letters changed since the confirmation.

    Call it when all sources have been read: later changes do not matter.
    """
    there = workspace.reopened().letter_parts(confirmed.template)
    if changed := plan.changed_parts(confirmed.parts, there):
        raise ConfirmationError(
            f"Nothing was sent: {' and '.join(changed)} changed while the letters of the wave {confirmed.wave} "
            "were being agreed to.",
            next_step="Look at what they say now, with check and preview, then run the command again.",
        )


def resendable(ledger: Ledger, wave: str, gate: Gate, leaving: Collection[int] = ()) -> tuple[int, ...]:
    """Delivery ids of the wave's letters in doubt that the gate now allows to be sent again.

    ``leaving``: delivery ids to leave out, because the new plan does not have these recipients.
    """
    ids = [each for each in ledger.in_doubt_ids(wave) if each not in leaving]
    return tuple(letter.id for letter, _ in gate.check(ledger.doubts.letters(wave, ids), time.time()).allowed)
