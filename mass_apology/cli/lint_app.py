"""``lint``: judges the wording of any letter."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from mass_apology.cli import completion, screen
from mass_apology.cli.exits import Exit

app = typer.Typer(rich_markup_mode=None)


class Form(StrEnum):
    """How findings are printed."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@app.command("lint")
def lint(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE…", help="Letters: .md .txt .html .eml .mbox, - for input.")
    ],
    language: Annotated[
        str, typer.Option(metavar="CODE", help="The letters' language; otherwise their names or words tell it.")
    ] = "",
    scenario: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="What sort of letters they are: a template's name.",
            autocompletion=completion.templates,
        ),
    ] = "",
    form: Annotated[Form, typer.Option("--format", help="sarif and github are for a code forge's annotations.")] = (
        Form.TEXT
    ),
    as_json: Annotated[
        bool, typer.Option("--json", help="A list of findings on standard output; as --format json.")
    ] = (False),
) -> None:
    """Judge the wording of letters: is it an apology, and what spoils it.

    Each finding names its passage, the reason with its source, and a better wording. The exit code is 1 where one of
    them is an error.

    \b
    Examples:
      mass-apology lint letter.md
      mass-apology lint --language pl --scenario wrong-charge draft.eml
      mass-apology lint --json templates/*/en.md
      pbpaste | mass-apology lint -
    """
    from mass_apology.cli import lint_output
    from mass_apology.flows.lint import lint as flow
    from mass_apology.wording.reading.files import LARGEST

    stdin = sys.stdin.buffer.read(LARGEST + 1) if Path(flow.STANDARD_INPUT) in files else None
    found = flow.lint(files, stdin, language=language, scenario=scenario)
    if as_json or form is Form.JSON:
        screen.print_json(found.findings)
    elif form is Form.SARIF:
        screen.print_json(lint_output.sarif(found))
    elif form is Form.GITHUB:
        sys.stdout.write("".join(f"{line}\n" for line in lint_output.github(found)))
    else:
        lint_output.show(found)
    if found.has_errors:
        raise typer.Exit(Exit.NEEDS_A_PERSON)
