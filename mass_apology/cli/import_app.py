"""``import``: campaigns from other programs' files."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import screen
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import Json
from mass_apology.errors import shell_command
from mass_apology.model import Severity

if TYPE_CHECKING:
    from mass_apology.flows.importing.mailmerge_import import Imported

app = typer.Typer(rich_markup_mode=None, no_args_is_help=True, help="Make a campaign of another program's files.")


class Several(StrEnum):
    """Who gets a letter where a row names several addresses."""

    EACH = "each"
    FIRST = "first"


@app.callback()
def _import() -> None:
    """Make a campaign of another program's files."""


@app.command("mailmerge")
def mailmerge(  # noqa: PLR0913, PLR0917 (options)
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder with mailmerge's files.")] = Path(),
    name: Annotated[str | None, typer.Option(help="The campaign's name, and its new folder's.")] = None,
    template: Annotated[Path | None, typer.Option(help="Another file than DIR/mailmerge_template.txt.")] = None,
    database: Annotated[Path | None, typer.Option(help="Another file than DIR/mailmerge_database.csv.")] = None,
    config: Annotated[Path | None, typer.Option(help="Another file than DIR/mailmerge_server.conf.")] = None,
    language: Annotated[str | None, typer.Option(help="The letter's language, such as de; detected otherwise.")] = None,
    several: Annotated[
        Several, typer.Option(help="Several addresses in TO: a letter to each, or to the first.")
    ] = Several.EACH,
    embed_images: Annotated[
        bool, typer.Option("--embed-images", help="Fetch images that the page shows from the web, and send them along.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a campaign of mailmerge's three files that sends the same letters.

    Every letter is compared with what mailmerge would send for its row. Whatever differs is told, each thing with what
    to do. Nothing is sent, and no network is asked but with --embed-images. The exit code is 1 where something must be
    mended first.

    \b
    Examples:
      mass-apology import mailmerge ~/merge
      mass-apology import mailmerge ~/merge --name grades --several first
    """
    from mass_apology.flows import event_loop
    from mass_apology.flows.importing import mailmerge_files
    from mass_apology.flows.importing.mailmerge_import import ImportOptions, import_mailmerge

    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", folder.resolve().name).strip("-.") or "mailmerge"
    options = ImportOptions(
        name=name or f"{plain}-campaign",
        template=template or folder / mailmerge_files.TEMPLATE,
        database=database or folder / mailmerge_files.DATABASE,
        config=config or folder / mailmerge_files.CONFIG,
        language=language,
        several="first" if several is Several.FIRST else "each",
        embed_images=embed_images,
    )
    imported = event_loop.run(import_mailmerge(options, on_progress=lambda *_: None))
    if as_json:
        screen.print_json(imported)
    else:
        _show(imported)
    if imported.needs_a_person:
        raise typer.Exit(Exit.NEEDS_A_PERSON)


def _show(imported: Imported) -> None:
    marks = {Severity.ERROR: "must be mended", Severity.WARNING: "differs", Severity.INFO: "told"}
    for severity, mark in marks.items():
        for each in imported.findings:
            if each.severity is severity:
                screen.say(f"{mark}: {each.where}: {each.problem}")
                screen.say(f"  → {each.advice}")
    screen.say(
        f"{imported.folder} is the campaign: {imported.letters:,} letters of {imported.rows:,} rows, in "
        f"{imported.language}; {imported.equal:,} mean exactly what mailmerge's do."
    )
    screen.say(f"Next: {shell_command('check', '-C', imported.folder)}")
