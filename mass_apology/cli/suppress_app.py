"""``suppress``: the list of addresses never to write to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mass_apology.cli import completion, screen
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import Force
from mass_apology.quantities import counted, number

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Addresses never to write to, in any campaign of this machine.",
)

Address = Annotated[str, typer.Argument(metavar="ADDRESS", help="An address, or a whole domain as @acme.example.")]
Reason = Annotated[
    str,
    typer.Option(
        help="dead-address, complaint, requested, opt-out (of marketing) or manual.", autocompletion=completion.reasons
    ),
]


@app.command("add")
def add(
    address: Address,
    reason: Reason = "manual",
    note: Annotated[str, typer.Option(help="A note that is kept with the entry.")] = "",
) -> None:
    """Put an address on the list.

    \b
    Example:
      mass-apology suppress add anna@acme.example --reason requested --note "phoned on 20 November"
    """
    from mass_apology.flows import suppress as flow

    new = flow.add(address, reason, note)
    screen.say(f"{address} is on the list{'' if new else ' already'}.")


@app.command("remove")
def remove(address: Address) -> None:
    """Take an address off the list.

    \b
    Example:
      mass-apology suppress remove anna@acme.example
    """
    from mass_apology.flows import suppress as flow

    if not flow.remove(address):
        screen.say(f"{address} is not on the list.")
        raise typer.Exit(Exit.NEEDS_A_PERSON)
    screen.say(f"{address} is off the list.")


@app.command("list")
def show(
    reason: Annotated[
        str | None, typer.Option(help="Only those with this reason.", autocompletion=completion.reasons)
    ] = None,
) -> None:
    """Show the list, the earliest first.

    \b
    Example:
      mass-apology suppress list --reason dead-address
    """
    from mass_apology.flows import suppress as flow

    is_empty = True
    for line in flow.lines(reason):
        is_empty = False
        screen.say(line)
    if is_empty:
        screen.say("Nobody is on the list" + (f" with the reason {reason}." if reason else "."))


@app.command("import")
def take(
    file: Annotated[Path, typer.Argument(help="CSV: address[,reason][,date][,note].")], reason: Reason = "manual"
) -> None:
    """Put all addresses of a file on the list.

    None is put there where one cannot be used.

    \b
    Example:
      mass-apology suppress import unsubscribed.csv --reason opt-out
    """
    from mass_apology.flows import suppress as flow

    taken = flow.import_file(file, reason)
    screen.say(f"{counted(taken.rows, 'row')} read, {number(taken.new)} of them new.")
    if taken.ignored_columns:
        screen.say(f"These columns mean nothing here: {', '.join(taken.ignored_columns)}. Was it the right file?")


@app.command("export")
def give(
    to: Annotated[Path, typer.Option(help="The .csv file.")],
    force: Force = False,
) -> None:
    """Write the list to a file that `suppress import` reads.

    \b
    Example:
      mass-apology suppress export --to suppressed.csv
    """
    from mass_apology.flows import suppress as flow

    given = flow.export_file(to, force=force)
    screen.say(f"{to} holds {counted(given.rows, 'entry')}.")
    if given.purged:
        screen.say(f"Without an address any more, and not in it: {number(given.purged)}; they go on working.")
