"""``report --evidence`` and ``--coverage``: what proves the sending, and what each person was told and when."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from mass_apology.cli import screen, watching
from mass_apology.cli.options import opened
from mass_apology.cli.screen import duration, say
from mass_apology.quantities import counted, number

if TYPE_CHECKING:
    from mass_apology.flows.evidence.packing import Evidence, PackOptions
    from mass_apology.flows.report.coverage import CoverageSum


def pack(folder: Path, options: PackOptions, token: Path | None, *, as_json: bool) -> None:
    """Write a pack, or put a time-stamp into the one that is there."""
    from mass_apology.flows.evidence import packing as flow

    if options.request is not None and token is not None:
        raise typer.BadParameter("the request comes first, and the answer later", param_hint="--timestamp")
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


def cover(folder: Path, to: Path, wave: str, *, force: bool, as_json: bool) -> None:
    """Write the table of what each person was told, and when."""
    from mass_apology.flows.report import report as flow

    with watching.planning_progress(quiet=as_json) as on_progress:
        found = flow.cover(opened(folder), to, force=force, wave=wave, on_progress=on_progress)
    show = screen.print_json if as_json else _show_coverage
    show(found)


def _show_coverage(found: CoverageSum) -> None:
    say(f"{counted(found.letters, 'letter')} that the relay took are in {found.written}.")
    if not found.legal_pack:
        say("Their contents were not judged: the template names no legal pack, or nobody knows which template it was.")
    else:
        judged = found.octets + found.files
        say(f"{counted(judged, 'letter')} were made again and judged by the legal pack {found.legal_pack}:")
        say(f"  {number(found.octets)} have the octets that left, by their SHA-256")
        say(f"  {number(found.files)} are of the same files")
        say(f"{number(found.complete)} of them give all {found.contents} contents. A help, no legal advice.")
        for what, letters in found.missing.items():
            say(f"  missing in {number(letters)}: {what}")
        if judged < found.letters:
            say(f"Not made again: {number(found.letters - judged)}. Their files changed since, or people were purged.")
    if found.first_minutes is None or found.last_minutes is None:
        say("When we became aware is not said: write aware_at = 2026-11-20T09:12:00Z into [incident] of campaign.toml.")
    else:
        first, last = (duration(60 * minutes) for minutes in (found.first_minutes, found.last_minutes))
        say(f"From becoming aware to the relay's acceptance: {first} for the first letter, {last} for the last.")
