"""``resend``: one letter once more, to somebody who asks for it; also to another address of theirs.

``_next_step`` decides from what the ledger knows; a person agrees to it; one transaction records that with the letter;
then the letter goes the way of all others: claim, gate, HANDING_OVER, dot. After a crash the letter is due, in doubt or
done, as any is, and the same command goes on with it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import Enum, auto
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import ConfirmationError, shell_command
from mass_apology.flows import event_loop
from mass_apology.flows.asked_relay import AskedRelay
from mass_apology.flows.holding import sending_ledger
from mass_apology.flows.operator import user_name
from mass_apology.flows.person.whose_letters import (
    WaveLetter,
    mailbox_of,
    persons_at,
    the_person,
    usable_address,
    wave_letter,
)
from mass_apology.flows.plan import plan
from mass_apology.flows.send.confirmed import Confirmed
from mass_apology.flows.send.sending_run import Operator, SendingRun
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.ledger import Ledger
from mass_apology.ledger.one_person import KnownPerson, NewAddress, OnceMore, PersonLetter
from mass_apology.letter.message.headers import message_id
from mass_apology.model import DUE, FIRST_WAVE, Status, read_lines
from mass_apology.recipients.identity import identify
from mass_apology.schedule import resend_wave
from mass_apology.sending.gate import LEFT_FILE, Gate, file_rule, relay_rule, suppression_rule
from mass_apology.sending.run_stats import Standstill
from mass_apology.workspace.workspace import Workspace

PATIENCE = 60.0  # seconds that a run waits for a letter that the relay deferred; the same command goes on with it later
YES = "yes"


class ResendOptions(Struct, frozen=True, kw_only=True):
    """The options of ``resend``, as given on the command line."""

    address: str
    to: str | None = None  # another address of the same person
    wave: str = FIRST_WAVE  # whose letter
    template: str | None = None  # of a correction's wave, which campaign.toml does not name
    row: int | None = None  # where several customers have the address
    new_message_id: bool = False  # a letter of its own, not the same one again
    again: bool = False  # although it was sent once more already
    confirm: int | None = None  # 1: agreed to beforehand
    override: tuple[str, ...] = ()


class Step(Enum):
    """What is done for the person."""

    ONCE_MORE = auto()  # a new letter beside the one that left
    ELSEWHERE = auto()  # the letter to another address
    RELEASE = auto()  # the letter in doubt, with the same Message-ID
    TAKE_BACK = auto()  # the refused letter
    GO_ON = auto()  # a letter that was agreed to before, and is still due


class Proposal(Struct, frozen=True, kw_only=True):
    """What would be sent; shown before a person agrees."""

    step: Step
    address: str  # where it goes
    name: str
    line: int  # the first of the person's rows in the recipients file
    language: str
    wave: str  # whose letter it is
    original: int  # the ledger's row of their letter of that wave
    before: PersonLetter  # the last one of these: the letter that went before, or that goes on
    same_id: bool  # with the Message-ID of the one before
    changed: tuple[str, ...]  # what the letter is made from and has changed since that one left: "the template", …
    earlier: int  # how often it was sent once more already


class Resent(Struct, frozen=True, kw_only=True):
    """The outcome."""

    address: str
    wave: str  # of the letter that went
    status: Status
    reply: str  # what the relay said, or what happened instead
    due_at: float | None  # DEFERRED: not before
    line: int
    elsewhere: bool  # it went to another address than the file's


class ResendOperator(Operator, Protocol):
    """The person who resends a letter."""

    def propose(self, proposal: Proposal) -> None:
        """Show what would be sent."""

    def agree(self, question: str) -> str:
        """Ask, and return the text that the person types."""


class _Nobody:
    """Is told nothing (``flows.send.sending_run.Watcher``): whoever resends a letter sees how it goes."""

    def run_begins(self, wave: str) -> None:
        pass

    def standstill(self, still: Standstill | None, sent: int) -> None:
        pass


def resend(workspace: Workspace, options: ResendOptions, operator: ResendOperator) -> Resent:
    """Send one letter once more. Raises ``MassApologyError`` with nothing sent, or with what was sent recorded."""
    return event_loop.run(_resend(workspace, options, operator))


async def _resend(workspace: Workspace, options: ResendOptions, operator: ResendOperator) -> Resent:
    # A person asks now: a deadline of the mailing does not hold for what was sent in time.
    workspace = Workspace(folder=workspace.folder, campaign=replace(workspace.campaign, finish_by=None))
    campaign = workspace.campaign
    _require_sensible(options)
    written_from = _written_from(workspace, options)
    relay = AskedRelay(campaign)
    with (
        sending_ledger(workspace, override=options.override, notice=operator.notice) as ledger,
        suppressed(workspace) as suppressions,
    ):
        person = _addressee(ledger, options)
        parts = workspace.letter_parts(written_from.template)
        proposal = _proposal(person, options, parts)
        _require_allowed(workspace, person, proposal, suppressions)
        await relay.extensions()
        operator.propose(proposal)
        _require_agreed(options, operator.agree)
        letter, resend = _planned(workspace, ledger, person, proposal)
        confirmed = Confirmed(
            wave=letter.wave,
            template=written_from.template,
            subject_line=written_from.subject_line,
            parts=parts,
            count=1,
            only=frozenset({letter.delivery}),
            resend=resend,
        )
        access = await relay.access()
        names = relay_rule([relay.name for relay in campaign.relays])
        gate = Gate([suppression_rule(suppressions), file_rule, names])
        await SendingRun(workspace, ledger, operator, access, _Nobody()).send(confirmed, gate, longest_wait=PATIENCE)
        return _resent(ledger, proposal, letter.delivery)


def _require_sensible(options: ResendOptions) -> None:
    if options.to is not None and options.wave != FIRST_WAVE:
        raise ConfirmationError(
            "To a new address goes the first letter; nothing was sent.",
            next_step="Leave out --wave: later letters follow by themselves, once the file has the new address.",
        )
    if options.to is not None and options.new_message_id:
        raise ConfirmationError(
            "A letter to a new address always has a Message-ID of its own; nothing was sent.",
            next_step="Leave out --new-message-id.",
        )


def _written_from(workspace: Workspace, options: ResendOptions) -> WaveLetter:
    found = wave_letter(workspace, options.wave, options.template)
    if found is None:
        raise ConfirmationError(
            f"campaign.toml knows no wave {options.wave}, so its template is not known; nothing was sent.",
            next_step="Give the template of the correction with --template, or the right name with --wave.",
        )
    return found


def _addressee(ledger: Ledger, options: ResendOptions) -> KnownPerson:
    """Who is written to: at the new address where the letter was planned for that before, and a crash came between."""
    address = usable_address(options.address, "--address")
    person = the_person(ledger, address, options.row)
    if options.to is None:
        return person
    rows = {each.delivery for each in person.letters}
    there = persons_at(ledger, usable_address(options.to, "--to"))
    for other in there:
        if any(each.repeats in rows and each.wave == FIRST_WAVE for each in other.letters):
            return other
    if there:
        status = there[0].letters[-1].status.value if there[0].letters else "not planned"
        raise ConfirmationError(
            f"{options.to} is an address of this campaign already, and its letter is {status}; nothing was sent.",
            next_step=f"See all of it: {shell_command('show', '--address', options.to)}",
        )
    return person


def _letter_of(person: KnownPerson, wave: str) -> PersonLetter:
    """Their letter of the wave. Raises ``ConfirmationError``."""
    found = next((each for each in person.letters if each.wave == wave), None)
    if found is None:
        known = ", ".join(each.wave for each in person.letters) or "none"
        raise ConfirmationError(
            f"{person.address} has no letter of the wave {wave}; nothing was sent.",
            next_step=f"Their letters are of: {known}.",
        )
    return found


def _proposal(person: KnownPerson, options: ResendOptions, parts: dict[str, str]) -> Proposal:
    original = _letter_of(person, options.wave)
    repeats = [each for each in person.letters if each.repeats == original.delivery]
    last = repeats[-1] if repeats else original
    is_new = options.to is not None and mailbox_of(options.to) != mailbox_of(person.address)
    if is_new and last.status in DUE:
        raise _still_due(person, last, options)
    step = Step.ELSEWHERE if is_new else _next_step(person, last, options)
    return Proposal(
        step=step,
        address=options.to if is_new and options.to is not None else person.address,
        name=person.name,
        line=read_lines(person.lines)[0],
        language=last.language,
        wave=options.wave,
        original=original.delivery,
        before=last,
        same_id=step is Step.RELEASE or (step is Step.ONCE_MORE and not options.new_message_id),
        changed=plan.changed_parts(last.parts, parts) if last.parts else (),
        earlier=len(repeats),
    )


def _next_step(person: KnownPerson, last: PersonLetter, options: ResendOptions) -> Step:
    """What can be done for somebody whose last letter of the wave this is. Raises ``ConfirmationError`` for nothing."""
    if last.status in DUE:
        if last.repeats is None:
            raise _still_due(person, last, options)
        return Step.GO_ON
    if last.status is Status.IN_DOUBT and options.new_message_id:
        raise ConfirmationError(
            f"The letter to {person.address} is in doubt: it may have arrived. Only the same one can go again.",
            next_step="Leave out --new-message-id, or settle it first: mass-apology reconcile --log mail.log",
        )
    if last.repeats is not None and last.status is Status.ACCEPTED and not options.again:
        raise ConfirmationError(
            f"The letter to {person.address} was sent once more already, and accepted; nothing was sent.",
            next_step="If it is to go yet again, add --again.",
        )
    if last.status in {Status.WITHHELD, Status.COMPLAINED, Status.HANDING_OVER}:
        why = f": {last.reply}" if last.reply else ""
        raise ConfirmationError(
            f"The letter to {person.address} is {last.status.value}{why}; nothing was sent.",
            next_step=f"See all that is known: {shell_command('show', '--address', person.address)}",
        )
    return {Status.IN_DOUBT: Step.RELEASE, Status.REFUSED: Step.TAKE_BACK}.get(last.status, Step.ONCE_MORE)


def _still_due(person: KnownPerson, last: PersonLetter, options: ResendOptions) -> ConfirmationError:
    command = "mass-apology send" if options.wave == FIRST_WAVE else "mass-apology follow-up"
    fix = "Correct the address in the recipients file, then run" if options.to else "It goes with"
    return ConfirmationError(
        f"The letter to {person.address} is {last.status.value}: it has not left yet.", next_step=f"{fix}: {command}"
    )


def _require_allowed(workspace: Workspace, person: KnownPerson, proposal: Proposal, suppressions: Suppressed) -> None:
    """Raise ``ConfirmationError`` where the gate would hold the letter back, or nobody has approved it as it is now."""
    reasons = suppressions.among([proposal.address])
    if proposal.address in reasons:
        raise ConfirmationError(
            f"{proposal.address} is not written to: {reasons[proposal.address]}. Nothing was sent.",
            next_step=f"If that no longer holds: {shell_command('suppress', 'remove', proposal.address)}",
        )
    if person.left_file:
        raise ConfirmationError(
            f"{person.address} is {LEFT_FILE}; nothing was sent.",
            next_step=f"Put the row back into {workspace.campaign.recipients}, and run: mass-apology send",
        )
    if proposal.changed and workspace.campaign.approval.required:
        raise ConfirmationError(
            f"{' and '.join(proposal.changed)} changed since this letter was approved and left; nothing was sent.",
            next_step="Put it back as it was: what nobody has approved is not sent.",
        )


def _require_agreed(options: ResendOptions, agree: Callable[[str], str]) -> None:
    if options.confirm is not None:
        if options.confirm == 1:
            return
        raise ConfirmationError(
            f"1 letter would be sent, but the number given was {options.confirm}; nothing was sent.",
            next_step="To send it, run it again with: --confirm 1",
        )
    typed = agree(f"To send this letter, type {YES}; anything else sends nothing: ")
    if typed.casefold() != YES:
        raise ConfirmationError("Nobody agreed; nothing was sent.", next_step="To send it, add: --confirm 1")


class _Planned(Struct, frozen=True, kw_only=True):
    delivery: int
    wave: str


def _planned(
    workspace: Workspace, ledger: Ledger, person: KnownPerson, proposal: Proposal
) -> tuple[_Planned, tuple[int, ...]]:
    """Make the letter due, with a note of who agreed; and the letter in doubt that the run is to release itself."""
    before, now = proposal.before, time.time()
    what = _note(proposal)
    if proposal.step is Step.ONCE_MORE:
        wave = resend_wave([each.wave for each in person.letters])
        once_more = OnceMore(
            delivery=proposal.original,
            wave=wave,
            message_id=_message_id(workspace, ledger, wave, person.identity),
            same_id=proposal.same_id,
        )
        return _Planned(delivery=ledger.resends.again(once_more, what, now), wave=wave), ()
    if proposal.step is Step.ELSEWHERE:
        return _Planned(delivery=_moved(workspace, ledger, proposal, what, now), wave=FIRST_WAVE), ()
    planned = _Planned(delivery=before.delivery, wave=before.wave)
    if proposal.step is Step.TAKE_BACK:
        ledger.refusals.take_back([before.delivery], what, now)
    else:
        ledger.note(now, what)
    return planned, (before.delivery,) if proposal.step is Step.RELEASE else ()


def _moved(workspace: Workspace, ledger: Ledger, proposal: Proposal, what: str, now: float) -> int:
    each_customer = workspace.campaign.one_letter_per == "customer"
    known = identify(proposal.address, proposal.name, "", each_customer=each_customer)
    letter = NewAddress(
        delivery=proposal.original,
        address=proposal.address,
        identity=known.identity,
        mailbox=known.mailbox,
        message_id=_message_id(workspace, ledger, FIRST_WAVE, known.identity),
    )
    return ledger.resends.elsewhere(letter, what, now)


def _message_id(workspace: Workspace, ledger: Ledger, wave: str, identity: int) -> str:
    return message_id(ledger.key, f"{workspace.campaign.name}/{wave}", identity, workspace.sender_domain)


_NOTED = {
    Step.ONCE_MORE: "is sent once more",
    Step.ELSEWHERE: "is sent to another address",
    Step.RELEASE: "is in doubt and sent again",
    Step.TAKE_BACK: "was refused and is sent again",
    Step.GO_ON: "that was to go once more goes on",
}


def _note(proposal: Proposal) -> str:
    """The note for the ledger: who agreed to what. It names the row, and nobody."""
    id_phrase = ", with the same Message-ID" if proposal.same_id else ""
    return (
        f"{user_name()} agreed: the letter of the wave {proposal.wave} to row {proposal.line} "
        f"{_NOTED[proposal.step]}{id_phrase}"
    )


def _resent(ledger: Ledger, proposal: Proposal, delivery: int) -> Resent:
    persons = ledger.persons.at(proposal.address, mailbox_of(proposal.address))
    letter = next(letter for each in persons for letter in each.letters if letter.delivery == delivery)
    return Resent(
        address=proposal.address,
        wave=letter.wave,
        status=letter.status,
        reply=" ".join(str(each) for each in (letter.code, letter.enhanced_code, letter.reply) if each),
        due_at=letter.due_at,
        line=proposal.line,
        elsewhere=proposal.step is Step.ELSEWHERE,
    )
