"""The commands that look at letters before they are sent: preview, test, approve.

Flows are imported inside the commands, as in ``app``, which gives them their names.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import completion, results, screen, watching
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder, Force, Override, SkipBadRows, opened
from mass_apology.model import FIRST_WAVE

if TYPE_CHECKING:
    from mass_apology.flows.preview.letter_choice import Choice
    from mass_apology.flows.preview.shown_letters import Source
    from mass_apology.workspace.workspace import Workspace

Rows = Annotated[
    list[int] | None, typer.Option(min=2, metavar="N", help="The letter of this line of the file. Repeatable.")
]
Addresses = Annotated[list[str] | None, typer.Option(help="The letters to this customer's address. Repeatable.")]
Wave = Annotated[
    str, typer.Option(help="Another wave than the first: a follow-up's name.", autocompletion=completion.waves)
]


def preview(  # noqa: PLR0913, PLR0917 (options)
    folder: Folder = HERE,
    to: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="An .html, .mbox, .jsonl or .txt; a name without a dot is a folder of .eml. "
            "By default preview.html in the campaign's folder.",
        ),
    ] = None,
    sample: Annotated[
        int, typer.Option(min=1, metavar="N", help="So many letters, or more where there are more kinds of them.")
    ] = 50,
    row: Rows = None,
    address: Addresses = None,
    everyone: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    wave: Wave = FIRST_WAVE,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the web browser.")] = False,
    force: Force = False,
) -> None:
    """Write letters to a file exactly as they would leave.

    They are the same byte for byte but for the Date. Nothing is sent. The sample has every language, segment and
    combination of optional sentences, and the longest and shortest values.

    \b
    Examples:
      mass-apology preview --open
      mass-apology preview --to preview.html
      mass-apology preview --to one.txt --address anna@acme.example
      mass-apology preview --to everyone.mbox --all
      mass-apology preview --wave follow-up-1
    """
    from mass_apology.flows.preview.letter_choice import Choice

    if open_it and to is not None and to.suffix != ".html":
        raise typer.BadParameter(f"a browser shows .html files, and not {to.name}", param_hint="--open")
    choice = Choice(everyone=everyone, lines=tuple(row or ()), addresses=tuple(address or ()), sample=sample)
    show_preview(opened(folder), _source(wave), to, choice, force=force, open_it=open_it)


def show_preview(
    workspace: Workspace,
    source: Source,
    to: Path | None = None,
    choice: Choice | None = None,
    *,
    force: bool = False,
    open_it: bool = False,
) -> None:
    """Write letters of a wave to a file; a sample of them, to the campaign's preview.html, unless told otherwise."""
    from mass_apology.flows import event_loop
    from mass_apology.flows.preview import preview as flow
    from mass_apology.flows.preview.letter_choice import Choice

    with watching.planning_progress(quiet=False) as on_progress:
        made = event_loop.run(
            flow.preview(workspace, to, choice or Choice(), source=source, force=force, on_progress=on_progress)
        )
    results.show_previewed(made)
    if open_it:
        _open(Path(made.file))
    if made.failed:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.absolute().as_uri()):
        screen.say(f"No web browser was found here. Open it yourself: {page.absolute()}")


def _source(wave: str) -> Source:
    from mass_apology.flows.preview import shown_letters, wave_letters

    return shown_letters.first_letters if wave == FIRST_WAVE else partial(wave_letters.wave_letters, name=wave)


def rehearse(
    to: Annotated[list[str], typer.Option(help="Your own address. Repeatable, for a list of guests.")],
    folder: Folder = HERE,
    sample: Annotated[int, typer.Option(min=1, metavar="N", help="So many letters to each address.")] = 3,
    row: Rows = None,
    address: Addresses = None,
    wave: Wave = FIRST_WAVE,
) -> None:
    """Send a few real letters to yourself, marked [TEST].

    They go through the campaign's relay. No customer is written to.

    \b
    Examples:
      mass-apology test --to me@acme.example
      mass-apology test --to me@acme.example --to legal@acme.example --sample 6
      mass-apology test --to me@acme.example --row 12
      mass-apology test --to me@acme.example --wave follow-up-1
    """
    from mass_apology.flows import event_loop
    from mass_apology.flows.preview import test as flow
    from mass_apology.flows.preview.letter_choice import Choice

    choice = Choice(lines=tuple(row or ()), addresses=tuple(address or ()), sample=sample)
    with watching.planning_progress(quiet=False) as on_progress:
        rehearsed = event_loop.run(
            flow.rehearse(opened(folder), to, choice, source=_source(wave), on_progress=on_progress)
        )
    results.show_rehearsed(rehearsed)
    if rehearsed.accepted < rehearsed.letters:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def approve(
    folder: Folder = HERE,
    by: Annotated[str | None, typer.Option(metavar="NAME", help="Your name; the login name otherwise.")] = None,
    key: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Your SSH key, where the campaign asks for signatures.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
    override: Override = None,
) -> None:
    """Approve the plan as it is now.

    `send` waits for as many people as the campaign asks for. Any change voids what they said.

    \b
    Examples:
      mass-apology approve
      mass-apology approve --by "Anna Kowalska"
      mass-apology approve --key ~/.ssh/id_ed25519
    """
    from mass_apology.flows import event_loop
    from mass_apology.flows.plan import approve as flow

    options = flow.ApproveOptions(by=by, key=key, skip_bad_rows=skip_bad_rows, override=tuple(override or ()))
    with watching.planning_progress(quiet=False) as on_progress:
        given = event_loop.run(flow.approve(opened(folder), options, on_progress=on_progress))
    results.show_approved(given)
