"""``show`` and ``resend``: for one customer who asks.

Flows are imported inside the commands, as in ``app``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import screen
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder, Json, Override, opened
from mass_apology.cli.watching import Terminal
from mass_apology.errors import shell_command
from mass_apology.model import DUE, Status
from mass_apology.quantities import counted
from mass_apology.system.timestamps import local_minute

if TYPE_CHECKING:
    from mass_apology.flows.person.resend import Proposal, Resent
    from mass_apology.flows.person.show import Shown, ShownLetter, ShownPerson
    from mass_apology.ledger.one_person import CameBack, PersonLetter

app = typer.Typer(rich_markup_mode=None)

Template = Annotated[
    str | None, typer.Option(metavar="NAME", help="The template of a correction, which campaign.toml does not name.")
]


@app.command()
def show(
    address: Annotated[str, typer.Option(help="The customer's address.")],
    folder: Folder = HERE,
    template: Template = None,
    as_json: Json = False,
) -> None:
    """Tell all that is known of one customer, and show their letters.

    Letters of every wave with status and times, what came back, choices, a code, the suppression list, rows that were
    set aside.

    \b
    Examples:
      mass-apology show --address anna@acme.example
      mass-apology show --address anna@acme.example --json | jq -r '.persons[0].letters[0].text'
    """
    from mass_apology.flows.person import show as flow

    shown = flow.show(opened(folder), address, template=template)
    if as_json:
        screen.print_json(shown)
    else:
        _show(shown)


@app.command()
def resend(  # noqa: PLR0913, PLR0917 (options)
    address: Annotated[str, typer.Option(help="The customer's address, as it was written to.")],
    folder: Folder = HERE,
    to: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Another address of theirs.")] = None,
    wave: Annotated[
        str, typer.Option(metavar="NAME", help="Which letter: that of a follow-up or correction.")
    ] = "first",
    template: Template = None,
    row: Annotated[
        int | None, typer.Option(min=1, metavar="N", help="Whose letter, where several customers have the address.")
    ] = None,
    new_message_id: Annotated[
        bool,
        typer.Option("--new-message-id", help="Send a letter of its own, which no mailbox takes for the same one."),
    ] = False,
    again: Annotated[bool, typer.Option("--again", help="Although it was sent once more already.")] = False,
    confirm: Annotated[int | None, typer.Option(metavar="1", help="Instead of typing yes.")] = None,
    override: Override = None,
) -> None:
    """Send one customer their letter once more, after a typed yes.

    It has the same Message-ID as before, so that a mailbox which has both may show one. Who agreed is recorded. With
    --to it goes to another address: correct it in the recipients file too, since follow-ups go by that.

    \b
    Examples:
      mass-apology resend --address anna@acme.example
      mass-apology resend --address anna@acme.example --new-message-id
      mass-apology resend --address ana@acme.example --to anna@acme.example
    """
    from mass_apology.flows.person import resend as flow

    options = flow.ResendOptions(
        address=address,
        to=to,
        wave=wave,
        template=template,
        row=row,
        new_message_id=new_message_id,
        again=again,
        confirm=confirm,
        override=tuple(override or ()),
    )
    workspace = opened(folder)
    with closing(_PersonTerminal(screen.console(stderr=True))) as terminal:
        resent = flow.resend(workspace, options, terminal)
    _show_resent(resent, workspace.campaign.recipients)


class _PersonTerminal(Terminal):
    """The operator of ``resend``; implements ``flows.person.resend.ResendOperator``."""

    def propose(self, proposal: Proposal) -> None:
        """Print what would be sent."""
        self.close()
        before = proposal.before
        name = f", {proposal.name}" if proposal.name else ""
        screen.say(f"{proposal.address}{name}: row {proposal.line}, in {proposal.language}")
        screen.say(f"  the letter of the wave {proposal.wave}: {_state(before)}")
        if proposal.earlier:
            screen.say(f"  sent once more already: {counted(proposal.earlier, 'time')}")
        screen.say(f"  {'with the same Message-ID' if proposal.same_id else 'with a Message-ID of its own'}")
        if proposal.changed:
            screen.say(f"  not as it left: {' and '.join(proposal.changed)} changed since. Look: mass-apology show")

    def agree(self, question: str) -> str:
        """Ask for a yes."""
        return self._ask(question)


def _show_resent(resent: Resent, recipients: str) -> None:
    said = f": {resent.reply}" if resent.reply else ""
    screen.say(f"{resent.address} is {resent.status.value}{said}")
    if resent.elsewhere:
        screen.say(f"Correct the address on line {resent.line} of {recipients} too: later letters go by the file.")
    if resent.status in DUE:
        when = f" from {local_minute(resent.due_at)} on" if resent.due_at else ""
        screen.say(f"It is due again{when}. To go on, run the same command again.")
        raise typer.Exit(Exit.INTERRUPTED)
    if resent.status is not Status.ACCEPTED:
        screen.say(f"See all that is known: {shell_command('show', '--address', resent.address)}")
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _show(shown: Shown) -> None:
    for person in shown.persons:
        _show_person(person)
    if shown.suppressed:
        screen.say(f"On the suppression list: {shown.suppressed}.")
    for row in shown.set_aside:
        screen.say(f"Line {row.line} was set aside ({row.wave}): {row.reason}")
    for person in shown.persons:
        for each in person.letters:
            _show_letter(each)


def _show_person(person: ShownPerson) -> None:
    lines = ", ".join(map(str, person.lines))
    screen.say(f"{person.address}{', ' + person.name if person.name else ''}")
    facts = {
        "rows": lines + (" (no longer in the recipients file)" if person.left_file else ""),
        "language": person.language,
        "time zone": person.time_zone,
        "code": person.code,
        "waits for an answer": f"since {local_minute(person.waits_since)}" if person.waits_since else "",
    }
    screen.table((f"  {name}", value) for name, value in facts.items() if value)
    screen.table((f"  {each.letter.wave}", _state(each.letter)) for each in person.letters)
    for came in person.came_back:
        screen.say(f"  came back {local_minute(came.at or came.read_at)}: {_came(came)}")
    for choice in person.chosen:
        screen.say(f"  chose {choice.remedy}, {local_minute(choice.at)} ({choice.source})")


def _came(came: CameBack) -> str:
    cause = f" ({came.cause})" if came.cause else ""
    return f"{came.kind}{cause} to {came.wave}: {came.detail}"


def _state(letter: PersonLetter) -> str:
    """ "ACCEPTED 2026-11-20 10:12, 250 2.0.0 Ok: queued as 4XYZ"."""
    at = letter.accepted_at or letter.marked_at or letter.planned_at
    words = [f"{letter.status.value} {local_minute(at)}"]
    if reply := " ".join(str(each) for each in (letter.code, letter.enhanced_code, letter.reply) if each):
        words.append(reply)
    if letter.status is Status.DEFERRED and letter.due_at:
        words.append(f"due {local_minute(letter.due_at)}")
    if letter.repeats is not None:
        words.append("once more, with the same Message-ID" if letter.same_id else "once more")
    return ", ".join(words)


def _show_letter(shown: ShownLetter) -> None:
    letter = shown.letter
    screen.say(f"\n--- {letter.wave}: {_with_plain_spaces(shown.subject) or 'no subject'}")
    for line in _remarks(shown):
        screen.say(line)
    if shown.text:
        screen.say(textwrap.indent(_with_plain_spaces(shown.text).rstrip("\n"), "  "))


def _with_plain_spaces(text: str) -> str:
    """The text without no-break spaces, which a terminal would be shown as escapes."""
    return "".join(" " if each.isspace() and each != "\n" else each for each in text)


def _remarks(shown: ShownLetter) -> Iterator[str]:
    if shown.trouble:
        yield f"It cannot be written now: {shown.trouble}"
    elif shown.changed:
        yield f"As it would be now: {' and '.join(shown.changed)} changed since it left."
