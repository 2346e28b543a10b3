"""``notify``: who is told of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import results, screen
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder, Json, opened

if TYPE_CHECKING:
    from mass_apology.flows.notify.notify import TrialResult

app = typer.Typer(rich_markup_mode=None)


@app.command()
def notify(
    folder: Folder = HERE,
    trial: Annotated[bool, typer.Option("--try", help="Tell them now that this is a trial.")] = False,
    as_json: Json = False,
) -> None:
    """Say who is told when a sending is over, pauses itself or needs a person.

    campaign.toml names them in [notify]. No customer is written to.

    \b
    Examples:
      mass-apology notify
      mass-apology notify --try
    """
    from mass_apology.flows.notify import notify as flow

    result = flow.notify(opened(folder), trial=trial)
    if as_json:
        screen.print_json(result)
    else:
        _show(result)
    if not result.all_well:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _show(result: TrialResult) -> None:
    results.show_notices(result.findings)
    if result.channels and not result.tried:
        screen.say(f"Of {', '.join(result.on) or 'nothing'} is told:")
    for channel in result.channels:
        named = f"{channel[0].upper()}{channel[1:]}"
        if not result.tried:
            screen.say(f"  {channel}")
        elif channel in result.failures:
            screen.say(f"{named} was not told: {result.failures[channel]}.")
        else:
            screen.say(f"{named} was told.")
    if result.channels and not result.tried:
        screen.say("To try it: mass-apology notify --try")
