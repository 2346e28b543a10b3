"""``show``: all that is known of one customer, and the letter as it is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from mass_apology.errors import InputError, MassApologyError, shell_command
from mass_apology.flows.person.whose_letters import WaveLetter, delivery_of, mailbox_of, persons_at, wave_letter
from mass_apology.flows.plan import plan
from mass_apology.flows.suppressing import Suppressed, suppressed
from mass_apology.ledger import Records
from mass_apology.ledger.one_person import CameBack, Chosen, KnownPerson, PersonLetter, SetAside
from mass_apology.letter.letter_writer import Writer
from mass_apology.model import read_lines, read_rows
from mass_apology.workspace.workspace import Workspace

ANSWERED = "answered"
REPLY = "reply"


class ShownLetter(Struct, frozen=True, kw_only=True):
    """One letter to them, and its text."""

    letter: PersonLetter
    of_wave: str  # the wave whose letter it is: that of the one before, where it went once more
    subject: str  # as it left, or as it would be
    text: str = ""  # empty where it cannot be written any more
    changed: tuple[str, ...] = ()  # what changed since it left, so that the text may not be the one that did
    trouble: str = ""  # why it cannot be written; empty where it can


class ShownPerson(Struct, frozen=True, kw_only=True):
    """One recipient."""

    address: str
    name: str
    language: str
    time_zone: str
    lines: tuple[int, ...]  # of the recipients file, as of the last plan
    rows: tuple[Mapping[str, str], ...]
    left_file: bool
    code: str
    letters: tuple[ShownLetter, ...]
    came_back: tuple[CameBack, ...]
    chosen: tuple[Chosen, ...]
    waits_since: float | None  # Unix seconds: when they wrote a message that nobody has answered since


class Shown(Struct, frozen=True, kw_only=True):
    """The result of ``show``."""

    address: str  # as asked for
    suppressed: str  # why the address is not written to, as a sentence; empty where it is
    persons: tuple[ShownPerson, ...]  # several where customers share the address
    set_aside: tuple[SetAside, ...]


def show(workspace: Workspace, address: str, *, template: str | None = None) -> Shown:
    """Look one address up. ``template`` is that of corrections, which campaign.toml does not name.

    Raises ``InputError`` where nothing at all is known of it.
    """
    address = address.strip()
    store = workspace.ledger_store
    if not store.exists():
        look = shell_command("preview", "--to", "one.txt", "--address", address)
        raise InputError(
            "Nothing was sent from this folder yet, so nothing is known of anybody.",
            next_step=f"To see a letter that would be: {look}",
        )
    with store.read(workspace.campaign.name) as records, suppressed(workspace) as suppressions:
        persons = [_shown(workspace, records, person, template) for person in persons_at(records, address)]
        found = Shown(
            address=address,
            suppressed=_reason(suppressions, address),
            persons=tuple(persons),
            set_aside=tuple(records.persons.set_aside(address, mailbox_of(address))),
        )
    if not (found.persons or found.set_aside or found.suppressed):
        raise InputError(
            f"Nothing is known of {address}: no row of the last plan has it.",
            next_step="Look for another spelling in the recipients file, or in: mass-apology report --to results.csv",
        )
    return found


def _reason(suppressions: Suppressed, address: str) -> str:
    return next(iter(suppressions.among([address]).values()), "")


def _shown(workspace: Workspace, records: Records, person: KnownPerson, template: str | None) -> ShownPerson:
    came_back = records.persons.came_back(person.recipient)
    by_row = {each.delivery: each for each in person.letters}
    letters = []
    for letter in person.letters:
        before = by_row.get(letter.repeats or 0, letter)
        letters.append(_letter(workspace, records.header, person, letter, before.wave, template))
    return ShownPerson(
        address=person.address,
        name=person.name,
        language=person.language,
        time_zone=person.time_zone,
        lines=tuple(read_lines(person.lines)),
        rows=tuple(read_rows(person.rows)),
        left_file=person.left_file,
        code=person.code,
        letters=tuple(letters),
        came_back=tuple(each for each in came_back if each.kind != ANSWERED),
        chosen=tuple(records.persons.chosen(person.recipient)),
        waits_since=_waits_since(came_back),
    )


def _waits_since(came_back: Sequence[CameBack]) -> float | None:
    answered_at = max((each.read_at for each in came_back if each.kind == ANSWERED), default=0.0)
    waiting = [each for each in came_back if each.kind == REPLY and each.address and each.read_at > answered_at]
    return min((each.at or each.read_at for each in waiting), default=None)


def _letter(
    workspace: Workspace,
    header: Sequence[str],
    person: KnownPerson,
    letter: PersonLetter,
    of_wave: str,
    template: str | None,
) -> ShownLetter:
    shown = ShownLetter(letter=letter, of_wave=of_wave, subject=letter.subject or "")
    written_from = wave_letter(workspace, of_wave, None) or wave_letter(workspace, of_wave, template)
    if written_from is None:
        return replace(shown, trouble="campaign.toml does not name its template; give it with --template.")
    try:
        content = _writer(workspace, header, written_from).content(delivery_of(person, letter))
        now = workspace.letter_parts(written_from.template)
    except MassApologyError as error:
        return replace(shown, trouble=error.problem)
    return replace(
        shown,
        subject=shown.subject or content.subject,
        text=content.text,
        changed=plan.changed_parts(letter.parts, now) if letter.parts else (),
    )


def _writer(workspace: Workspace, header: Sequence[str], written_from: WaveLetter) -> Writer:
    return plan.writer_recipe(workspace, header, written_from.template, written_from.subject_line)()
