"""``serve``: the live page of campaigns.

The flow is imported inside the command, as in ``app``; it needs an extra.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import screen
from mass_apology.cli.options import HERE
from mass_apology.errors import InputError, install_extra

if TYPE_CHECKING:
    from mass_apology.flows.serve.serve import Announcement

app = typer.Typer(rich_markup_mode=None)


@app.command()
def serve(
    folder: Annotated[
        Path,
        typer.Option(
            "--campaign",
            "-C",
            metavar="FOLDER",
            help="A campaign's folder, or one with campaigns in it; by default the current one.",
        ),
    ] = HERE,
    listen: Annotated[str, typer.Option(metavar="HOST:PORT", help="Where to listen; port 0 is any free one.")] = (
        "127.0.0.1:8460"
    ),
    unix_socket: Annotated[
        Path | None, typer.Option(metavar="PATH", help="Listen on a Unix socket instead, for this account alone.")
    ] = None,
    access: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Who may do what, and how people are known; see the page `serve` of docs."),
    ] = None,
) -> None:
    """Serve a live page of campaigns, to watch, pause, resume and stop a sending.

    Alone it serves this machine, and the one-time link that it prints lets one browser in; Enter prints another.
    With an access file it serves a team. It needs the extra `web`. Ctrl-C ends it; no sending is touched by that.

    \b
    Examples:
      mass-apology serve
      mass-apology serve --campaign ~/campaigns
      mass-apology serve --unix-socket /run/apology/page.sock --access access.toml
    """
    from mass_apology.flows import event_loop

    flow = _flow()
    options = flow.ServeOptions(folder=folder, listen=listen, unix_socket=unix_socket, access=access)
    event_loop.run(flow.serve(options, _show))
    screen.say("The page has ended. No sending is touched by that.")


def _show(announced: Announcement) -> None:
    if announced.link:
        screen.say(f"Open this link in your browser; it lets one in, within ten minutes:\n  {announced.link}")
        screen.say("Enter prints another link, Ctrl-C ends the page.")
    else:
        screen.say(f"The page is at {announced.address}")


def _flow() -> ModuleType:
    try:
        from mass_apology.flows.serve import serve as flow
    except ImportError as error:
        raise InputError(
            "The live page needs packages that are not installed here.", next_step=f"To have it, {install_extra('web')}"
        ) from error
    return flow
