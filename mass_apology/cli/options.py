"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import completion

if TYPE_CHECKING:
    from mass_apology.workspace.workspace import Workspace

Folder = Annotated[
    Path, typer.Option("--campaign", "-C", metavar="FOLDER", help="The campaign's folder; by default the current one.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on standard output, for scripts.")]
Force = Annotated[bool, typer.Option("--force", help="Overwrite the file if it exists.")]
Override = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE",
        help="Go on in spite of this guard against accidents. Repeatable.",
        autocompletion=completion.guards,
    ),
]
SkipBadRows = Annotated[bool, typer.Option("--skip-bad-rows", help="Set bad rows aside as WITHHELD; send the others.")]
DatabasePassword = Annotated[
    str | None,
    typer.Option(
        "--password", metavar="PLACE", help="Where its password is kept: env:NAME, file:PATH or keyring:SERVICE."
    ),
]
CaFile = Annotated[
    str | None, typer.Option("--ca-file", metavar="FILE", help="The authority of its certificate, as PEM.")
]
HERE = Path()


def opened(folder: Path) -> Workspace:
    """The workspace of a command, which opens it once. Raises ``CampaignError``."""
    from mass_apology.workspace.workspace import Workspace  # late: --help must not pay for it

    return Workspace.open(folder)
