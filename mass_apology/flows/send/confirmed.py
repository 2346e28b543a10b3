"""``Confirmed``: the letters that a person confirmed. Sending takes it, and sends nothing that differs from it."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping

import msgspec
from msgspec import Struct

from mass_apology.errors import ConfirmationError, LedgerError
from mass_apology.flows.plan import plan
from mass_apology.ledger import Ledger
from mass_apology.ledger.sender_state import SharedWave
from mass_apology.schedule import Wave
from mass_apology.sending.gate import Gate
from mass_apology.settings import ScheduleSettings, SubjectLine
from mass_apology.workspace.workspace import Workspace


class Further(Struct, frozen=True, kw_only=True):
    """What the gate of a further wave is made from."""

    wave: Wave
    schedule: ScheduleSettings  # the campaign's, or that of a correction


class _Terms(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What other processes have to know of a wave beside its sources."""

    subject_line: SubjectLine = SubjectLine.OWN
    further: Further | None = None


class Confirmed(Struct, frozen=True, kw_only=True):
    """The letters of one wave, confirmed by their number: typed, given with ``--confirm``, or armed for a timer."""

    wave: str
    template: str  # the scenario of the letters
    subject_line: SubjectLine = SubjectLine.OWN
    parts: Mapping[str, str]  # sources of the letters: "the template", "campaign.toml", … → its SHA-256
    count: int  # letters: those due, and ``resend``
    only: frozenset[int] | None = None  # delivery ids, where not the wave is confirmed but some of its letters
    resend: tuple[int, ...] = ()  # delivery ids of letters in doubt that are to be sent again
    further: Further | None = None  # of a further wave
    elsewhere: bool = False  # by another process: the number changes while letters leave
    is_shared: bool = False  # other processes send the wave, too

    @property
    def may_be_shared(self) -> bool:
        """Whether all of the wave is confirmed, and not some of its letters."""
        return self.only is None

    def shared_wave(self) -> SharedWave:
        """For other processes."""
        terms = _Terms(subject_line=self.subject_line, further=self.further)
        return SharedWave(
            wave=self.wave,
            template=self.template,
            digest_parts=self.parts,
            terms=msgspec.json.encode(terms, order="deterministic").decode(),
        )


def confirmed_elsewhere(shared: SharedWave, count: int) -> Confirmed:
    """What another process had confirmed, of which so many letters are due. Raises ``LedgerError`` where a newer
    version wrote what cannot be read."""
    try:
        terms = msgspec.json.decode(shared.terms or "{}", type=_Terms)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise LedgerError(
            f"What was confirmed of the wave {shared.wave} cannot be read: {error}.",
            next_step="Use the version of mass-apology that it was confirmed with.",
        ) from error
    return Confirmed(
        wave=shared.wave,
        template=shared.template,
        subject_line=terms.subject_line,
        parts=shared.digest_parts,
        count=count,
        further=terms.further,
        elsewhere=True,
        is_shared=shared.is_open,
    )


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
