"""The commands: parse, call one flow, print, exit code.

Flows are imported inside the commands, since ``--help`` must not pay for Jinja, SQLite and the event loop.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology import __version__
from mass_apology.cli import screen
from mass_apology.cli.exits import Exit, sentences

if TYPE_CHECKING:
    from mass_apology.ledger import Control

app = typer.Typer(
    name="mass-apology",
    no_args_is_help=True,
    rich_markup_mode=None,  # the plain help keeps the examples as they are typed, and starts faster
    pretty_exceptions_enable=False,
    help="Personal apologies to everyone an incident hit: once each, through a relay that limits you, with a record of "
    "who was reached.",
)

Folder = Annotated[
    Path, typer.Option("--campaign", "-C", metavar="FOLDER", help="The campaign's folder; by default the current one.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for scripts.")]
SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="Set bad rows aside as WITHHELD; send the others.")]
HERE = Path()


def run() -> None:
    """The whole program."""
    with sentences():
        app(prog_name="mass-apology")


def _version(asked: bool) -> None:  # noqa: FBT001 (typer's callback)
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _options(
    _version_asked: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""


@app.command()
def init(
    name: Annotated[str, typer.Argument(help="The campaign's name, and its new folder's.")],
    template: Annotated[str, typer.Option(help="The situation: service-outage, follow-up, or one of your own.")],
    recipients: Annotated[Path, typer.Option(help="The file of affected customers.")],
) -> None:
    """Make a campaign's folder: the customers' file and a campaign.toml with every fact explained.

    \b
    Example:
      mass-apology init acme-outage --template service-outage --recipients affected.csv
    """
    from mass_apology.flows import begin

    made = begin.init(name, template, recipients)
    screen.say(f"{made.folder} holds campaign.toml and {made.recipients}, with the columns {', '.join(made.columns)}.")
    screen.say(f"Now: cd {made.folder}, fill in campaign.toml, then run: mass-apology check")


@app.command()
def check(folder: Folder = HERE, skip_bad_rows: SkipBadRows = False, as_json: Json = False) -> None:
    """Read every row, render every letter, and say everything that is wrong at once. Nothing is sent.

    \b
    Examples:
      mass-apology check
      mass-apology check --json | jq .letters
    """
    from mass_apology.flows import plan

    with screen.stages(quiet=as_json) as observe:
        checked = asyncio.run(plan.check(folder, skip_bad_rows=skip_bad_rows, observe=observe))
    if as_json:
        screen.print_json(checked)
    else:
        screen.show_check(checked)
    if not checked.sendable:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


@app.command()
def send(
    folder: Folder = HERE,
    confirm: Annotated[
        int | None, typer.Option(metavar="N", help="Instead of typing the count: it must equal the letters due.")
    ] = None,
    skip_bad_rows: SkipBadRows = False,
    resend_in_doubt: Annotated[
        bool, typer.Option(help="Send again, with the same Message-ID, what is in doubt. This is recorded.")
    ] = False,
    withhold_missing: Annotated[
        bool, typer.Option(help="Withhold letters still due whose customers are no longer in the file.")
    ] = False,
) -> None:
    """Show the plan, ask for the count of letters to be typed, then send. Run it again to go on after anything.

    Ctrl-C once finishes the letters on their way; twice stops at once.

    \b
    Examples:
      mass-apology send
      mass-apology send --confirm 48172
      mass-apology send --skip-bad-rows
    """
    from mass_apology.flows import deliver

    wishes = deliver.Wishes(
        confirm=confirm,
        skip_bad_rows=skip_bad_rows,
        resend_in_doubt=resend_in_doubt,
        withhold_missing=withhold_missing,
    )
    with screen.sending() as eyes:
        ended = deliver.run(folder, wishes, eyes)
    screen.show_ended(ended)
    if ended.due:
        raise typer.Exit(Exit.NEEDS_A_PERSON if ended.reason else Exit.INTERRUPTED)
    if ended.unreached:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


@app.command()
def status(folder: Folder = HERE, as_json: Json = False) -> None:
    """Say how many letters are in which status, also while they are being sent.

    \b
    Examples:
      mass-apology status
      mass-apology status --json | jq .due
    """
    from mass_apology.flows import show

    standing = show.standing(folder)
    if as_json:
        screen.print_json(standing)
    else:
        screen.show_standing(standing)


@app.command()
def pause(folder: Folder = HERE) -> None:
    """Tell a running send to begin no further letter until resume.

    \b
    Example:
      mass-apology pause
    """
    from mass_apology.ledger import Control

    _ask(folder, Control.PAUSE, "No further letter is begun until: mass-apology resume")


@app.command()
def resume(folder: Folder = HERE) -> None:
    """Tell a paused send to go on.

    \b
    Example:
      mass-apology resume
    """
    from mass_apology.ledger import Control

    _ask(folder, Control.RUN, "The sending goes on.")


@app.command()
def stop(folder: Folder = HERE) -> None:
    """Tell a running send to finish the letters on their way and end, as Ctrl-C does.

    \b
    Example:
      mass-apology stop
    """
    from mass_apology.ledger import Control

    _ask(folder, Control.STOP, "The letters on their way are finished, then it ends. To go on: mass-apology send")


def _ask(folder: Path, wanted: Control, sentence: str) -> None:
    from mass_apology.flows import control

    screen.say(sentence if control.ask(folder, wanted) else "Nothing is being sent from this folder.")


@app.command()
def report(
    folder: Folder = HERE,
    to: Annotated[Path | None, typer.Option(help="Write a row per recipient to this .csv or .json file.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")] = False,
    as_json: Json = False,
) -> None:
    """Say who was reached and who was not, and why.

    \b
    Examples:
      mass-apology report
      mass-apology report --to results.csv
      mass-apology report --json
    """
    from mass_apology.flows import show

    found = show.report(folder, to, force=force)
    if as_json:
        screen.print_json(found)
    else:
        screen.show_report(found)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where to make the demo's campaign.")] = Path("demo"),
) -> None:
    """Make a campaign of 2,000 customers and send it to a relay inside this process, killed half-way once.

    \b
    Example:
      mass-apology demo
    """
    from mass_apology.flows import demo as flow

    if not flow.run(folder, screen.say):
        raise typer.Exit(Exit.NEEDS_A_PERSON)
