"""The commands that look at letters before they are sent: preview, test, approve.

Flows are imported inside the commands, as in ``app``, which gives them their names.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mass_apology.cli import results, screen, watching
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder, Force, Override, SkipBadRows, opened


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
    row: Annotated[
        list[int] | None, typer.Option(min=2, metavar="N", help="The letter of this line of the file. Repeatable.")
    ] = None,
    address: Annotated[list[str] | None, typer.Option(help="The letters to this address. Repeatable.")] = None,
    everyone: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
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
    """
    from mass_apology.flows import event_loop
    from mass_apology.flows.preview import preview as flow
    from mass_apology.flows.preview.letter_choice import Choice

    if open_it and to is not None and to.suffix != ".html":
        raise typer.BadParameter(f"a browser shows .html files, and not {to.name}", param_hint="--open")
    choice = Choice(everyone=everyone, lines=tuple(row or ()), addresses=tuple(address or ()), sample=sample)
    with watching.planning_progress(quiet=False) as on_progress:
        made = event_loop.run(flow.preview(opened(folder), to, choice, force=force, on_progress=on_progress))
    results.show_previewed(made)
    if open_it:
        _open(Path(made.file))
    if made.failed:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _open(page: Path) -> None:
    import webbrowser

    if not webbrowser.open(page.absolute().as_uri()):
        screen.say(f"No web browser was found here. Open it yourself: {page.absolute()}")


def rehearse(
    to: Annotated[list[str], typer.Option(help="Your own address. Repeatable, for a list of guests.")],
    folder: Folder = HERE,
    sample: Annotated[int, typer.Option(min=1, metavar="N", help="So many letters to each address.")] = 3,
) -> None:
    """Send a few real letters to yourself, marked [TEST].

    They go through the campaign's relay. No customer is written to.

    \b
    Examples:
      mass-apology test --to me@acme.example
      mass-apology test --to me@acme.example --to legal@acme.example --sample 6
    """
    from mass_apology.flows import event_loop
    from mass_apology.flows.preview import test as flow

    with watching.planning_progress(quiet=False) as on_progress:
        rehearsed = event_loop.run(flow.rehearse(opened(folder), to, sample, on_progress=on_progress))
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
