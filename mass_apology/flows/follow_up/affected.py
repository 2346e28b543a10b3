"""Whose letters had the error: by wave, condition and time, by what they were made from, or by rows that changed."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence

from msgspec import Struct

from mass_apology.errors import ConfirmationError
from mass_apology.flows.follow_up.wave_plan import WavePlan
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.ledger import Changed, Records
from mass_apology.ledger.further_waves import Candidate
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.schedule import Due, Wave
from mass_apology.settings import SubjectLine
from mass_apology.workspace.workspace import Workspace

_DIGEST = re.compile(r"[0-9a-f]{6,64}")


class CorrectOptions(Struct, frozen=True, kw_only=True):
    """Whom to correct, and with what."""

    template: str
    name: str = "correction"  # the wave's: run again under the same name, it goes on
    wave: str = FIRST_WAVE  # whose letters had the error
    where: str | None = None  # chooses among the customers' rows
    since: float | None = None  # Unix seconds: only letters accepted at this moment or later
    before: float | None = None  # Unix seconds: only letters accepted before it
    digest: str | None = None  # the first digits of an edition's digest, or of a message's SHA-256
    changed: bool = False  # only customers whose rows changed after their letter had gone; they are told what is new
    subject: SubjectLine = SubjectLine.PREFIX
    resend_in_doubt: bool = False  # letters of this correction in doubt go again, with the same Message-ID
    confirm: int | None = None
    override: tuple[str, ...] = ()  # codes of guards against accidents that are not to stop it


def wave_of(options: CorrectOptions) -> Wave:
    """The correction as a wave that is due at once."""
    return Wave(
        name=options.name,
        template=options.template,
        from_wave=options.wave,
        after=None,
        at=0.0,
        to=frozenset({Status.ACCEPTED}),
        where=options.where,
        unless_replied=False,
        not_after=None,
        subject=options.subject,
    )


async def changed_customers(workspace: Workspace, ledger: Records, on_progress: OnProgress) -> Mapping[int, Changed]:
    """Everybody whose data in the recipients file differ from what their letter said, by the ledger's row.

    Raises ``MassApologyError`` where the file cannot be used; rows that cannot are passed over.
    """
    terms = plan.Terms(skip_bad_rows=True, render=False, is_review=True)
    async with plan.drafted(workspace, ledger.key, terms, on_progress=on_progress) as draft:
        return {each.recipient: each for each in draft.changed()}


def affected(wave_plan: WavePlan, options: CorrectOptions) -> list[Candidate]:
    """Who is to be written to, as of now, in the order of their first letters."""
    since, before = options.since or 0.0, options.before or float("inf")

    def had_the_error(candidate: Candidate) -> bool:
        is_of_the_time = since <= (candidate.accepted_at or 0.0) < before
        return is_of_the_time and (options.digest is None or _made_from(candidate, options.digest))

    decisions = wave_plan.decisions(time.time(), among=had_the_error)
    return [candidate for candidate, decision in decisions if isinstance(decision, Due)]


def require_known_wave(records: Records, options: CorrectOptions) -> None:
    """Raise ``ConfirmationError`` where no letter of the wave to be corrected was ever planned."""
    known = records.wave_names()
    if (wave := options.wave) not in known:
        raise ConfirmationError(
            ended(f"No letter of a wave {wave} was ever planned, so nothing was sent{did_you_mean(wave, known)}"),
            next_step=f"There are: {', '.join(known)}." if known else "Send the first letters: mass-apology send",
        )


def require_affected(found: Sequence[Candidate], records: Records, options: CorrectOptions) -> None:
    """Raise ``ConfirmationError`` where a correction that has not begun is for nobody: that is not "everyone"."""
    if found or options.name in records.wave_names():
        return
    if options.changed:
        raise ConfirmationError(
            f"Nobody's row changed after their letter of the wave {options.wave} had gone; nothing was sent.",
            next_step="Without --changed, all who got the letter are written to.",
        )
    raise ConfirmationError(
        f"No accepted letter of the wave {options.wave} is one of those that were asked for; nothing was sent.",
        next_step="Look at --where, --since, --before (UTC) and --digest; and at: mass-apology status",
    )


def require_known_digest(records: Records, options: CorrectOptions) -> None:
    """Raise ``ConfirmationError`` where nothing of the wave has this digest, naming those there are."""
    digest = options.digest
    if digest is None:
        return
    known = [edition for edition in records.editions() if edition.wave == options.wave]
    if _DIGEST.fullmatch(digest) and (
        any(edition.digest.startswith(digest) for edition in known)
        or any(_is_of(result.sha256, digest) for result in records.results(options.wave))
    ):
        return
    there = "; ".join(f"{each.digest[:12]} ({each.letters:,} accepted)" for each in known) or "none"
    raise ConfirmationError(
        f"No letter of the wave {options.wave} was made from {digest!r}; nothing was sent.",
        next_step=f"Six or more digits of one of these will do: {there}. `status` shows since when.",
    )


def _made_from(candidate: Candidate, digest: str) -> bool:
    return (candidate.edition or "").startswith(digest) or _is_of(candidate.sha256, digest)


def _is_of(sha256: bytes | None, digest: str) -> bool:
    return sha256 is not None and sha256.hex().startswith(digest)
