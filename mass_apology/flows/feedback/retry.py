"""``retry``: makes refused letters due again, on a person's order. Sends nothing."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from mass_apology.errors import ConfirmationError
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.operator import disagreement, user_name
from mass_apology.flows.suppressing import suppressed
from mass_apology.ledger import Ledger
from mass_apology.ledger.recorded import Refusal
from mass_apology.model import FIRST_WAVE, read_lines, read_rows
from mass_apology.near_misses import did_you_mean, ended
from mass_apology.quantities import are, counted, number
from mass_apology.recipients import Segments
from mass_apology.schedule import is_resend_wave, waves
from mass_apology.settings import Campaign
from mass_apology.workspace.workspace import Workspace

NAMED = 20  # rows in the recorded note, at most


class RetryOptions(Struct, frozen=True, kw_only=True):
    """The filters for refusals to take back."""

    code: str | None = None  # only those with this enhanced code, "5.7.1", or basic code, "554"
    where: str | None = None  # only customers that this filter includes, as ``where`` in campaign.toml
    wave: str = FIRST_WAVE
    confirm: int | None = None


class Found(Struct, frozen=True, kw_only=True):
    """The refusals that ``retry`` would take back; shown before the number is asked for."""

    wave: str
    letters: int
    said: Mapping[str, int]  # reply with its codes → letters; the most frequent first
    suppressed: int  # further letters, to suppressed addresses: they stay REFUSED
    left_file: int  # further letters, to customers without a row: they stay REFUSED, too


class Retried(Struct, frozen=True, kw_only=True):
    """The refusals that were taken back."""

    wave: str
    letters: int
    by: str  # the person who typed the number
    command: str  # the command that sends the letters


def retry(
    workspace: Workspace, options: RetryOptions, show: Callable[[Found], None], count: Callable[[int], str]
) -> Retried:
    """Make refused letters due again, after the typed number, and note it in the ledger.

    ``show`` gets the refusals that were found, before ``count`` asks for the number. Raises ``ConfirmationError``
    if there is no such refusal or the number differs; then nothing changes.
    """
    campaign = workspace.campaign
    with locked_ledger(workspace) as ledger, suppressed(workspace) as suppressions:
        _require_wave(ledger, options.wave)
        wanted = _wanted(campaign, ledger, options)
        here = [each for each in wanted if not each.left_file]
        barred = suppressions.among([each.address for each in here])
        chosen = [each for each in here if each.address not in barred]
        found = _found(chosen, len(here) - len(chosen), len(wanted) - len(here), options)
        _require_some(found, options)
        show(found)
        if said := disagreement(len(chosen), options.confirm, count):
            raise ConfirmationError(
                f"{counted(len(chosen), 'refused letter was', 'refused letters were')} found, but {said}; "
                "nothing was changed.",
                next_step=f"Run it again with: --confirm {len(chosen)}",
            )
        by = user_name()
        letters = ledger.refusals.take_back([each.delivery for each in chosen], _note(chosen, options, by), time.time())
    return Retried(wave=options.wave, letters=letters, by=by, command=_command(campaign, options.wave))


def _require_wave(ledger: Ledger, wave: str) -> None:
    if ledger.is_purged:
        raise ConfirmationError(
            "The people of this campaign were forgotten by purge; nobody can be written to any more.",
            next_step="Begin a campaign of its own for them: mass-apology init",
        )
    known = ledger.wave_names()
    if wave not in known:
        raise ConfirmationError(
            ended(f"No letter of a wave {wave} was ever planned, so nothing was changed{did_you_mean(wave, known)}"),
            next_step=f"There are: {', '.join(known) or 'none'}.",
        )


def _wanted(campaign: Campaign, ledger: Ledger, options: RetryOptions) -> list[Refusal]:
    found = [
        each
        for each in ledger.refusals.of(options.wave)
        if options.code is None or options.code in {str(each.code), each.enhanced_code}
    ]
    if options.where is None:
        return found
    segments = Segments(campaign, ledger.header, {"": options.where}, "--where")
    chosen = segments.of([read_rows(each.rows) for each in found])
    return [each for each, names in zip(found, chosen, strict=True) if names]


def _require_some(found: Found, options: RetryOptions) -> None:
    if found.letters:
        return
    if found.suppressed or found.left_file:
        raise ConfirmationError(
            f"No letter can be taken back: of those asked for, {number(found.suppressed)} {are(found.suppressed)} to "
            f"addresses on the suppression list, and {number(found.left_file)} to customers who are no longer in the "
            "recipients file.",
            next_step="Look at: mass-apology suppress list; rows that are put back count once send has read the file.",
        )
    asked = options.code is not None or options.where is not None
    raise ConfirmationError(
        f"No letter of the wave {options.wave} is REFUSED{' as was asked for' if asked else ''}; nothing was changed.",
        next_step="See codes and replies with: mass-apology report --to results.csv",
    )


def _found(chosen: Sequence[Refusal], barred: int, left_file: int, options: RetryOptions) -> Found:
    said = Counter(_said(each) for each in chosen)
    return Found(
        wave=options.wave,
        letters=len(chosen),
        said=dict(said.most_common()),
        suppressed=barred,
        left_file=left_file,
    )


def _said(refusal: Refusal) -> str:
    parts = (str(refusal.code or ""), refusal.enhanced_code or "", refusal.reply)
    return " ".join(part for part in parts if part) or "(nothing)"


def _note(chosen: Sequence[Refusal], options: RetryOptions, by: str) -> str:
    """The note for the ledger: who took back which refusals. The ledger adds the time."""
    asked = [f"code {options.code}"] if options.code else []
    asked += [f"where {options.where}"] if options.where else []
    lines = [str(read_lines(each.lines)[0]) for each in chosen[:NAMED]]
    more = f" and {len(chosen) - NAMED} more" if len(chosen) > NAMED else ""
    refusals_of = f"{len(chosen)} refusal{'s' if len(chosen) > 1 else ''} of the wave {options.wave}"
    return f"{by} took back {refusals_of}, {' and '.join(asked) or 'all there were'}: rows {', '.join(lines)}{more}"


def _command(campaign: Campaign, wave: str) -> str:
    if wave == FIRST_WAVE:
        return "mass-apology send"
    if wave in {each.name for each in waves(campaign.follow_up)}:
        return "mass-apology follow-up"
    if is_resend_wave(wave):
        return "mass-apology resend --address ADDRESS, for each of them"
    return f"mass-apology correct --name {wave}, with its template"
