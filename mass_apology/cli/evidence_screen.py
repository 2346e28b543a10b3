"""``report --evidence``: packs what proves the sending, and says what to do with the pack."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mass_apology.cli import screen, watching
from mass_apology.cli.options import opened
from mass_apology.cli.screen import say
from mass_apology.quantities import counted

if TYPE_CHECKING:
    from mass_apology.flows.evidence.packing import Evidence


def pack(folder: Path, to: Path, request: Path | None, token: Path | None, *, force: bool, as_json: bool) -> None:
    """Write a pack, or put a time-stamp into the one that is there."""
    from mass_apology.flows.evidence import packing as flow

    if request is not None and token is not None:
        raise typer.BadParameter("the request comes first, and the answer later", param_hint="--timestamp")
    options = flow.PackOptions(to=to, request=request, force=force)
    if token is not None:
        found = flow.stamp(options, token)
    else:
        with watching.planning_progress(quiet=as_json) as on_progress:
            found = flow.pack(opened(folder), options, on_progress=on_progress)
    show = screen.print_json if as_json else _show
    show(found)


def _show(found: Evidence) -> None:
    if found.stamped_at:
        say(f"{found.written} has a time-stamp of {found.stamped_at} now.")
        return
    say(f"{found.written} tells of {counted(found.people, 'person', 'people')}. To verify it, take its verify.py:")
    say(f"  python3 verify.py {found.written}")
    say(f"SHA-256 of its manifest, which stands for all of it: {found.digest}")
    say("Print that, mail it, or have it time-stamped: who knows it can tell every later change.")
    if found.request:
        say(
            f"{found.request} is what an authority is sent. With its answer: mass-apology report --evidence "
            f"{found.written} --timestamp ANSWER"
        )
