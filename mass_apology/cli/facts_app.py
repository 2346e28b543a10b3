"""``facts``: what the letters tell of the incident, to a translator and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import screen
from mass_apology.cli.options import HERE, Folder, Force, opened
from mass_apology.quantities import counted, number

if TYPE_CHECKING:
    from mass_apology.flows.facts.fact_import import Imported

app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The facts of the incident, to a translator and back."
)


@app.command("export")
def give(
    language: Annotated[str, typer.Option(metavar="CODE", help="The language to translate into, such as pl.")],
    to: Annotated[Path, typer.Option(help="The .csv file.")],
    source: Annotated[
        str | None,
        typer.Option("--from", metavar="CODE", help="The language to translate from; else the campaign's first."),
    ] = None,
    folder: Folder = HERE,
    force: Force = False,
) -> None:
    """Write the facts to a file for a translator.

    Each row has a fact, what it is for, and a cell for its translation, or the one that is there.

    \b
    Example:
      mass-apology facts export --language pl --to facts-pl.csv
    """
    from mass_apology.flows.facts import fact_export as flow

    given = flow.export(opened(folder), language, source, to, force=force)
    translated = f"; {number(given.translated)} of them have a translation" if given.translated else ""
    screen.say(f"{to} holds {counted(given.facts, 'fact')} in {given.source} for {given.language}{translated}.")
    if given.unwritten:
        screen.say(f"Not written in {given.source} yet: {', '.join(given.unwritten)}.")
    screen.say(f"When its last column is filled in: mass-apology facts import {to}")


@app.command("import")
def take(
    file: Annotated[Path, typer.Argument(help="The file that `facts export` wrote, translated.")],
    folder: Folder = HERE,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Take translations of texts that have changed since the export, too.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Write a translator's facts into campaign.toml, which stays as it is otherwise.

    Keys and types are checked first; if anything is wrong, nothing is written.

    \b
    Examples:
      mass-apology facts import facts-pl.csv --dry-run
      mass-apology facts import facts-pl.csv
    """
    from mass_apology.flows.facts import fact_import as flow

    _show(flow.import_facts(opened(folder), file, outdated=outdated, dry_run=dry_run), dry_run=dry_run)


def _show(taken: Imported, *, dry_run: bool) -> None:
    for change in taken.changes:
        screen.say(f"{change.key}: {change.after}")
        if change.before:
            screen.say(f"  it was: {change.before}")
    same = f"; {number(taken.same)} stood there already" if taken.same else ""
    verb = "would be written" if dry_run else "written"
    screen.say(f"{counted(len(taken.changes), 'fact')} {verb} to [incident.{taken.language}] of campaign.toml{same}.")
    if taken.untranslated:
        screen.say(f"Still without a translation, and needed: {', '.join(taken.untranslated)}.")
    if not taken.has_letter:
        screen.say(f"The template has no letter in {taken.language}: see mass-apology docs templates.")
