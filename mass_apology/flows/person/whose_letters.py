"""Finds one person of the campaign by an address, and makes their letters ready to be written once more."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from mass_apology.errors import ConfirmationError, InputError, shell_command
from mass_apology.ledger import Records
from mass_apology.ledger.one_person import KnownPerson, PersonLetter
from mass_apology.model import FIRST_WAVE, Delivery, read_lines
from mass_apology.recipients import envelope_address
from mass_apology.recipients.identity import identify
from mass_apology.schedule import waves
from mass_apology.settings import SubjectLine
from mass_apology.workspace.workspace import Workspace


class WaveLetter(Struct, frozen=True, kw_only=True):
    """What the letters of a wave are written from."""

    template: str
    subject_line: SubjectLine


def mailbox_of(address: str) -> int:
    """The number of the address's mailbox, as ``Recipient.mailbox``."""
    return identify(address, "", "", each_customer=False).mailbox


def usable_address(address: str, option: str) -> str:
    """The address as an envelope has it. Raises ``InputError``."""
    try:
        return envelope_address(address)
    except ValueError as error:
        raise InputError(
            f"{option} {address} {str(error).rstrip('.')}.", next_step="Give one address such as anna@acme.example."
        ) from error


def persons_at(records: Records, address: str) -> list[KnownPerson]:
    """Everybody who is written to at the address. Raises ``ConfirmationError`` where the ledger was purged."""
    if records.is_purged:
        raise ConfirmationError(
            "The people of this campaign were forgotten by purge; nobody can be looked up or written to any more.",
            next_step="Begin a campaign of its own for them: mass-apology init",
        )
    return records.persons.at(address, mailbox_of(address))


def the_person(records: Records, address: str, line: int | None) -> KnownPerson:
    """The one person who is meant. Raises ``InputError`` where there is none, or several."""
    there = persons_at(records, address)
    found = [each for each in there if line is None or line in read_lines(each.lines)]
    if not found:
        where = f" of row {line}" if line is not None and there else ""
        raise InputError(
            f"No letter to {address}{where} was ever planned.",
            next_step=f"See whether a row was set aside: {shell_command('show', '--address', address)}",
        )
    if len(found) > 1:
        rows = ", ".join(f"{read_lines(each.lines)[0]} ({each.name or 'no name'})" for each in found)
        raise InputError(
            f"{len(found)} customers have the address {address}: the rows {rows}.",
            next_step="Choose one with --row N.",
        )
    return found[0]


def wave_letter(workspace: Workspace, wave: str, template: str | None) -> WaveLetter | None:
    """What this wave is written from: ``template`` if given. ``None`` for a correction: only its command named it."""
    campaign = workspace.campaign
    follow_up = next((each for each in waves(campaign.follow_up) if each.name == wave), None)
    own = campaign.template if wave == FIRST_WAVE else follow_up.template if follow_up else None
    chosen = template or own
    subject_line = SubjectLine.OWN if wave == FIRST_WAVE else follow_up.subject if follow_up else SubjectLine.PREFIX
    return WaveLetter(template=chosen, subject_line=subject_line) if chosen else None


def delivery_of(person: KnownPerson, letter: PersonLetter) -> Delivery:
    """The letter as it is written, with the thread that it stands in."""
    by_row = {each.delivery: each for each in person.letters}
    original = by_row.get(letter.repeats or 0) if letter.same_id else None
    before = (original or letter).delivery
    thread = [] if letter.wave == FIRST_WAVE else _thread(person.letters, before)
    return Delivery(
        id=letter.delivery,
        address=person.address,
        name=person.name,
        language=letter.language,
        time_zone=person.time_zone,
        lines=person.lines,
        rows=person.rows,
        message_id=letter.message_id,
        wave=letter.wave,
        thread=tuple(each.message_id for each in thread),
        thread_subject=(thread[-1].subject or "") if thread else "",
        number=letter.delivery,
        header_id=original.message_id if original else "",
        code=person.code,
    )


def _thread(letters: Sequence[PersonLetter], before: int) -> list[PersonLetter]:
    return [each for each in letters if each.delivery < before and each.accepted_at is not None and not each.same_id]
