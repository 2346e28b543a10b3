"""``facts``: what the letters tell of the incident, to a translator and back."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import results, screen
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder, Force, Json, opened
from mass_apology.errors import shell_command
from mass_apology.quantities import counted, number

if TYPE_CHECKING:
    from mass_apology.flows.facts.fact_import import Imported
    from mass_apology.flows.facts.incident_import import ImportedFact, IncidentImported

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
    screen.say(f"When its last column is filled in: {shell_command('facts', 'import', to)}")


@app.command("import")
def take(  # noqa: PLR0913, PLR0917 (options)
    file: Annotated[
        str,
        typer.Argument(
            help="The file that `facts export` wrote, translated; or the answer of an incident page, .json, - for "
            "standard input."
        ),
    ],
    folder: Folder = HERE,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Take translations of texts that have changed since the export, too.")
    ] = False,
    incident: Annotated[
        str | None, typer.Option(metavar="ID", help="Of an incident page: which incident, where it tells of several.")
    ] = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Of an incident page: take its word where campaign.toml says otherwise.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    as_json: Json = False,
) -> None:
    """Write a translator's facts, or those of an incident page, into campaign.toml, which stays as it is otherwise.

    Keys and types are checked first; if anything is wrong, nothing is written. Of Statuspage, PagerDuty and incident.io
    start, end, component and updates are taken, each with its source as a comment.

    \b
    Examples:
      mass-apology facts import facts-pl.csv --dry-run
      mass-apology facts import facts-pl.csv
      mass-apology facts import statuspage.json --incident kctm4gbp9xmg
      curl -s https://status.acme.example/api/v2/incidents.json | mass-apology facts import - --dry-run
    """
    from mass_apology.flows.facts import fact_import, incident_import

    if incident_import.is_page(file):
        found = incident_import.import_incident(
            opened(folder), file, incident=incident, overwrite=overwrite, dry_run=dry_run
        )
        show = screen.print_json if as_json else partial(_show_incident, dry_run=dry_run)
        show(found)
        if found.findings:
            raise typer.Exit(Exit.NEEDS_A_PERSON)
        return
    taken = fact_import.import_facts(opened(folder), Path(file), outdated=outdated, dry_run=dry_run)
    tell = screen.print_json if as_json else partial(_show, dry_run=dry_run)
    tell(taken)


def _show_incident(found: IncidentImported, *, dry_run: bool) -> None:
    screen.say(f"{found.page}, {found.id}{': ' * bool(found.name)}{found.name}")
    verbs = {"written": "would be written", "overwritten": "would be overwritten"} if dry_run else {}
    screen.table(
        (f"  {fact.key}", f"{_shortly(fact)}  ({verbs.get(fact.outcome, fact.outcome)}, {fact.source})")
        for fact in found.facts
    )
    if found.goes_on:
        screen.say("The page knows no end yet.")
    results.show_notices(found.findings)


def _shortly(fact: ImportedFact) -> str:
    lines = fact.value.count("\n") - 1
    return counted(lines, "update") if fact.key == "updates" else fact.value


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
