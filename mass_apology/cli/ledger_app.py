"""``ledger move``: to a database, or back.

Flows are imported inside the commands, as in ``app``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import screen, watching
from mass_apology.cli.options import HERE, CaFile, DatabasePassword, Folder, Json, opened
from mass_apology.quantities import counted, number

if TYPE_CHECKING:
    from mass_apology.flows.ledger.move_ledger import Moved

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Where a campaign's ledger is kept: a file, or a PostgreSQL database.",
)


@app.callback()
def ledger() -> None:
    """Where a campaign's ledger is kept: a file, or a PostgreSQL database."""


@app.command()
def move(
    to: Annotated[
        str, typer.Option(metavar="URL", help="postgresql://user@host/database; or sqlite: the file in the folder.")
    ],
    folder: Folder = HERE,
    password: DatabasePassword = None,
    ca_file: CaFile = None,
    confirm: Annotated[
        int | None, typer.Option(metavar="N", help="Instead of typing the number of letters: it must equal it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Move the campaign's ledger to a database, or back to the folder's file.

    While nobody sends. It asks for the number of letters, copies everything, compares both, and edits campaign.toml.
    The old ledger keeps nothing but where it went. If it was interrupted, the same command again goes on.

    \b
    Examples:
      mass-apology ledger move --to postgresql://letters@db.acme.example/letters --password env:LETTERS
      mass-apology ledger move --to sqlite --confirm 48172
    """
    from mass_apology.flows.ledger import move_ledger as flow

    options = flow.MoveOptions(to=to, password=password, ca_file=ca_file, confirm=confirm)
    workspace = opened(folder)
    with watching.run_terminal(quiet=as_json) as terminal:
        moved = flow.move(workspace, options, terminal.count_moved, terminal.stage)
    if as_json:
        screen.print_json(moved)
    else:
        _show(moved)


def _show(moved: Moved) -> None:
    if moved.was_there:
        screen.say(f"The ledger is in {moved.to} already; nothing was done.")
        return
    if moved.copied is None:
        screen.say(f"The interrupted move was finished: the ledger is in {moved.to} now, and campaign.toml says so.")
        return
    for wave, statuses in moved.copied.letters.items():
        counts = ", ".join(f"{number(count)} {status}" for status, count in statuses.items())
        screen.say(f"{wave}: {counts}")
    screen.say(
        f"All {counted(moved.copied.rows, 'row')} were read back and compared (SHA-256 {moved.copied.digest[:16]}…). "
        f"The ledger is in {moved.to} now, and campaign.toml says so."
    )
    screen.say(f"Nothing is sent any more from {moved.came_from}, which keeps nothing but that.")
    if moved.traces:
        screen.say("Another program reads it just now, so that free pages of it may still name people.")
