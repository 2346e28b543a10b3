"""``reconcile --from-log``: records in a lost or restored ledger which letters left, as log.jsonl has it.

The recipients file is planned again if needed; nothing is sent. A letter is found by its Message-ID's token, whose key
this machine remembers, or else by the line numbers of its rows if the recipients file is unchanged. Letters claimed in
a run without an end may have left: they become IN_DOUBT, and the relay's log may settle them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from mass_apology import high_water
from mass_apology.errors import ConfirmationError, InputError
from mass_apology.flows import event_loop
from mass_apology.flows.continuity import logged_letters, own_log
from mass_apology.flows.continuity.recording import high_water_of
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.operator import OnProgress
from mass_apology.flows.plan import plan
from mass_apology.flows.send.stopped_letters import withhold_barred
from mass_apology.flows.suppressing import suppressed
from mass_apology.high_water import HighWater
from mass_apology.ledger import Ledger
from mass_apology.ledger.whereabouts import File, Learned, MakeToken
from mass_apology.letter.message.headers import message_id
from mass_apology.model import FIRST_WAVE, read_lines
from mass_apology.quantities import counted
from mass_apology.recipients import RecipientsFile
from mass_apology.settings import Campaign
from mass_apology.workspace.workspace import Workspace


class Rebuilt(Struct, frozen=True, kw_only=True):
    """The result of reading log.jsonl once."""

    letters: int  # letters that the ledger now knows to have left, or to be due no more, and did not know before
    accepted: int  # of these
    refused: int
    expired: int
    in_doubt: int
    unmatched: int  # letters in the log to people who are not in the present recipients file
    due: int  # letters still to be sent
    missing: int  # letters sent by this machine's record that neither ledger nor log name
    copied_from: str  # the folder that ledger and log were copied from; empty if they were not

    @property
    def whole(self) -> bool:
        """Whether the ledger knows all that log and machine know; true also for a complete copy."""
        return not (self.unmatched or self.missing)


def rebuild(workspace: Workspace, log: Path, *, on_progress: OnProgress) -> Rebuilt:
    """Record the outcomes in ``log`` in the campaign's ledger, which is made if there is none. Nothing is sent.

    Reading the log again changes nothing. Raises ``MassApologyError``.
    """
    if not log.is_file():
        raise InputError(f"There is no log at {log}.", next_step="Name the campaign's own log: --from-log log.jsonl")
    with locked_ledger(workspace, begin=True) as ledger:
        known = _remembered(workspace, log, ledger)
        copied = ledger.continuity.copied_from()
        with workspace.recipients_file() as file:
            learned = event_loop.run(_learn(file, workspace, ledger, log, on_progress))
        with suppressed(workspace) as suppressions:
            withhold_barred(ledger, FIRST_WAVE, suppressions)
        found = ledger.continuity.gone().handed_over + learned.aside
        missing = max((seen.accepted - found for seen in known), default=0)
        rebuilt = _rebuilt(learned, plan.due(ledger.counts(FIRST_WAVE)), max(0, missing), copied)
        ledger.note(
            time.time(),
            f"{counted(rebuilt.letters, 'letter was', 'letters were')} learned from {log.name}: "
            "the ledger was lost or set back",
        )
        if rebuilt.whole:
            # A server with another history may lack what left from other machines: their logs have not told yet.
            doubtful = bool(copied) or ledger.continuity.other_server()
            _record_agreement(workspace.absolute_folder, log, ledger, known, copied=doubtful)
        return rebuilt


def _remembered(workspace: Workspace, log: Path, ledger: Ledger) -> list[HighWater]:
    """This machine's records of the campaign's ledgers; an empty ledger takes over the lost one's name and key."""
    others = ledger.continuity.replaced()
    sent = high_water.sent_from(workspace.folder, workspace.campaign.name)
    known = [seen for seen in sent if seen.ledger not in others]
    named = [high_water.recall(each) for each in logged_letters.ledgers(log, workspace.campaign.name)]
    known += [seen for seen in named if seen is not None and seen not in known and seen.ledger not in others]
    if known and known[-1].key and not ledger.digest_parts and not ledger.wave_names():
        ledger.continuity.become(known[-1].ledger, bytes.fromhex(known[-1].key))
    return known


async def _learn(
    file: RecipientsFile, workspace: Workspace, ledger: Ledger, log: Path, on_progress: OnProgress
) -> Learned:
    """Read the log, at most twice: if it names people that the ledger lacks, plan the recipients file in between.

    No letter is rendered: the next ``send`` plans again and shows its plan.
    """
    parts = plan.file_part(file)
    (digest,) = parts.values()
    campaign, domain = workspace.campaign, workspace.sender_domain
    # People suppressed since their letter left must be planned too, or the letter would not be recorded.
    terms = plan.Terms(skip_bad_rows=True, render=False, is_review=True, include_suppressed=True)
    async with plan.drafted_from(file, workspace, parts, ledger.key, terms, on_progress=on_progress) as draft:

        def learned() -> Learned:
            letters = logged_letters.read_letters(log, campaign.name, digest)
            known = File(lines=list(_lines(draft)), planned=parts.items() <= ledger.digest_parts.items())
            return ledger.continuity.learn(letters, _tokens(campaign, ledger, domain), known, domain, time.time())

        if not ledger.digest_parts:
            draft.commit(ledger)
            return learned()
        first = learned()
        if not (first.unmatched or first.aside):  # who was set aside may be written to by now
            return first
        _require_nobody_missing(draft, ledger, campaign)
        draft.commit(ledger)
        return _sum(first, learned())


def _lines(draft: plan.Draft) -> Iterator[tuple[int, str]]:
    for batch in draft.letters():
        for letter in batch:
            for line in read_lines(letter.lines):
                yield line, letter.token


def _require_nobody_missing(draft: plan.Draft, ledger: Ledger, campaign: Campaign) -> None:
    """Raise ``ConfirmationError`` if this plan would withhold letters that are due."""
    if missing := draft.outlook(ledger).changes.missing:
        raise ConfirmationError(
            f"{counted(missing, 'letter is', 'letters are')} due to customers who are no longer in "
            f"{campaign.recipients}, and the log tells of others whom the ledger does not know; nothing was learned "
            "of those.",
            next_step="Put the rows back into the file, as it was when the letters left, then run it again.",
        )


def _sum(first: Learned, second: Learned) -> Learned:
    return Learned(
        accepted=first.accepted + second.accepted,
        refused=first.refused + second.refused,
        expired=first.expired + second.expired,
        in_doubt=first.in_doubt + second.in_doubt,
        aside=second.aside,
        unmatched=second.unmatched,
    )


def _tokens(campaign: Campaign, ledger: Ledger, domain: str) -> MakeToken:
    key = ledger.key
    return lambda wave, identity: message_id(key, f"{campaign.name}/{wave}", identity, domain)[1:].partition("@")[0]


def _record_agreement(folder: Path, log: Path, ledger: Ledger, known: list[HighWater], *, copied: bool) -> None:
    """Record that the ledger knows all that the log and this machine know.

    A copy stays a copy: its log does not name letters that the original sent since it was copied.
    """
    name = ledger.continuity.origin.ledger
    conclude = ledger.continuity.agree if copied else ledger.continuity.settle
    conclude(
        own_log.end_of(log),
        replaces=[seen.ledger for seen in known if seen.ledger != name],
        runs=[seen.run for seen in known if seen.ledger == name and seen.run],
        now=time.time(),
    )
    if not copied:
        high_water.remember(high_water_of(folder, ledger))


def _rebuilt(learned: Learned, due: int, missing: int, copied: str) -> Rebuilt:
    return Rebuilt(
        letters=learned.letters,
        accepted=learned.accepted,
        refused=learned.refused,
        expired=learned.expired,
        in_doubt=learned.in_doubt,
        unmatched=learned.unmatched,
        due=due,
        missing=missing,
        copied_from=copied,
    )
