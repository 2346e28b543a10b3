"""The commands for what comes back: bounces, answers, choices.

Flows are imported inside the commands, as in ``app``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mass_apology.cli import results, screen, watching
from mass_apology.cli.options import HERE, Folder, Force, Json, opened

app = typer.Typer(rich_markup_mode=None)


@app.command()
def bounces(
    source: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="PATH",
            help="An mbox, a Maildir, a folder of .eml, a message, or - for one on "
            "standard input; a folder on a server, as imaps://user@host/FOLDER; or events as .json or .jsonl.",
        ),
    ],
    folder: Folder = HERE,
    password: Annotated[
        str | None,
        typer.Option(metavar="WHERE", help="Where the mail server's is kept: env:NAME, file:PATH or keyring:SERVICE."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Read what came back: bounces, complaints and replies.

    Reading the same box twice changes nothing.

    \b
    Examples:
      mass-apology bounces --from bounces.mbox
      mass-apology bounces --from ~/Maildir
      mass-apology bounces --from imaps://bounces@imap.acme.example/INBOX --password file:/etc/acme/bounces
      mass-apology bounces --from ses-events.jsonl
    """
    from mass_apology.flows.feedback import bounces as flow

    with watching.planning_progress(quiet=as_json) as on_progress:
        settled = flow.settle(opened(folder), source, password=password, on_progress=on_progress)
    if as_json:
        screen.print_json(settled)
    else:
        results.show_settled(settled)


@app.command()
def answers(
    folder: Folder = HERE,
    answered: Annotated[
        list[str] | None, typer.Option(metavar="ADDRESS", help="Somebody who was answered; may be given several times.")
    ] = None,
    answered_from: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The list that --to wrote, with something in the column answered."),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write who waits, as .csv, .xlsx, .json or .jsonl.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """List who wrote after a letter and waits for an answer.

    The longest first. Who was answered waits again when they write again.

    \b
    Examples:
      mass-apology answers
      mass-apology answers --to waiting.csv
      mass-apology answers --answered anna@acme.example
      mass-apology answers --answered-from waiting.csv
    """
    from mass_apology.flows.feedback import answers as flow

    with watching.planning_progress(quiet=as_json) as on_progress:
        found = flow.answers(opened(folder), answered or [], answered_from, to, force=force, on_progress=on_progress)
    if as_json:
        screen.print_json(found)
    else:
        results.show_answers(found)


@app.command()
def choices(
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="FILE", help="A text file with the tokens of links that were used; or -."),
    ] = None,
    folder: Folder = HERE,
    to: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write who chose what, as .csv, .xlsx, .json or .jsonl.")
    ] = None,
    force: Force = False,
    as_json: Json = False,
) -> None:
    """Read which remedies were chosen, and list who chose what.

    Reading the same file twice changes nothing.

    \b
    Examples:
      mass-apology choices --from web-requests.log
      mass-apology choices --to choices.csv
    """
    from mass_apology.flows.feedback import choices as flow

    with watching.planning_progress(quiet=as_json) as on_progress:
        chosen = flow.choose(opened(folder), source, to, force=force, on_progress=on_progress)
    if as_json:
        screen.print_json(chosen)
    else:
        results.show_chosen(chosen)
