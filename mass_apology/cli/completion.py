"""What the shell offers for the value of an option, at each press of the tab key: fast, and silent about errors."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import typer

Complete = Callable[[typer.Context, str], list[str]]


def _completing(known: Callable[[Path], Iterable[str]]) -> Complete:
    """A completion from what is known in a campaign's folder; whatever is wrong there offers nothing."""

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        given: Any = ctx.params.get("folder")
        try:
            return sorted(each for each in set(known(Path(given or "."))) if each.startswith(incomplete))
        except Exception:  # a traceback would stand in the middle of the line that is being typed
            return []

    return complete


@_completing
def templates(folder: Path) -> Iterable[str]:
    """The templates that are shipped, and the campaign's own."""
    from mass_apology.system.shipped_folder import shipped_folder

    places = (folder / "templates", shipped_folder("templates"))
    return (path.parent.name for place in places for path in place.glob("*/??.md"))


@_completing
def waves(folder: Path) -> Iterable[str]:
    """The waves that campaign.toml names."""
    from mass_apology.campaign import read_campaign
    from mass_apology.model import FIRST_WAVE
    from mass_apology.schedule import waves as waves_of

    return (FIRST_WAVE, *(each.name for each in waves_of(read_campaign(folder).follow_up)))


@_completing
def follow_ups(folder: Path) -> Iterable[str]:
    """The follow-ups that campaign.toml names."""
    from mass_apology.campaign import read_campaign
    from mass_apology.schedule import waves as waves_of

    return (each.name for each in waves_of(read_campaign(folder).follow_up))


@_completing
def guards(_folder: Path) -> Iterable[str]:
    """The codes of the guards against accidents."""
    from mass_apology.guards import GUARDS

    return GUARDS


@_completing
def reasons(_folder: Path) -> Iterable[str]:
    """Why an address is on the suppression list."""
    from mass_apology.suppression import Reason

    return list(Reason)


@_completing
def columns(folder: Path) -> Iterable[str]:
    """The columns of the recipients file, where it is a CSV: what a condition begins with."""
    import re

    from mass_apology.campaign import read_campaign

    path = folder / read_campaign(folder).recipients
    if path.suffix.lower() != ".csv":
        return ()
    with path.open("rb") as file:
        header = file.readline(65_536).decode("utf-8-sig")
    return (name for each in re.split(r"[,;\t|]", header.strip()) if (name := each.strip('" ')))
