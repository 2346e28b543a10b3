"""``templates``: the library of letters."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from mass_apology.cli import findings, screen
from mass_apology.cli.exits import Exit
from mass_apology.cli.options import HERE, Folder
from mass_apology.model import Severity

app = typer.Typer(rich_markup_mode=None)

Name = Annotated[str, typer.Argument(help="The template's name.")]


@app.callback(invoke_without_command=True)
def show_all(
    context: typer.Context,
    folder: Folder = HERE,
    language: Annotated[str, typer.Option(help="The language to tell it in.")] = "en",
) -> None:
    """List the templates: your own and those that are shipped.

    \b
    Examples:
      mass-apology templates
      mass-apology templates --language pl
    """
    if context.invoked_subcommand is not None:
        return
    from mass_apology.flows.templates import templates

    for each in templates.situations(folder, language):
        own = " (your own)" if each.own else ""
        pack = f" Legal pack: {each.legal_pack}." if each.legal_pack else ""
        screen.say(f"{each.name}{own}: {each.title}  [{' '.join(each.languages)}]")
        screen.say(f"    {each.purpose}{pack}")


@app.command("show")
def show(
    name: Name,
    folder: Folder = HERE,
    language: Annotated[str, typer.Option(help="The letter's language.")] = "en",
    register: Annotated[
        Literal["formal", "informal"], typer.Option(help="How it speaks; only some letters have an informal variant.")
    ] = "formal",
) -> None:
    """Show one letter, written with example data.

    \b
    Example:
      mass-apology templates show service-outage --language pl
    """
    from mass_apology.flows.templates import templates

    letter = templates.show(folder, name, language, register)
    whole = f"Subject: {letter.subject}\n\n{letter.text}"
    screen.say(whole.replace("\u00a0", " "))  # a no-break space would be shown as an escape


@app.command("new")
def new(
    name: Name,
    folder: Folder = HERE,
    like: Annotated[str, typer.Option(help="The template to begin from.")] = "general-apology",
    languages: Annotated[
        str | None, typer.Option(metavar="CODES", help="Only these: en,de. One that is not there begins as a copy.")
    ] = None,
) -> None:
    """Begin a template of your own from one that there is.

    It is put into the campaign's folder.

    \b
    Examples:
      mass-apology templates new late-parcels --like late-delivery
      mass-apology templates new late-parcels --like late-delivery --languages en,de
    """
    from mass_apology.flows.templates import templates

    made = templates.copy(folder, name, like, languages.replace(" ", "").split(",") if languages else ())
    screen.say(f"{made} holds the letters, scenario.toml, and examples.toml: letters to test it with.")
    screen.say(f"Look at one: mass-apology templates show {name}. Test them: mass-apology templates test {name}")


@app.command("test")
def proofread(
    name: Annotated[
        str | None, typer.Argument(help="The template's name, or one of its letters; by default all of your own.")
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Write a template's letters with examples, and say what is wrong.

    Nothing is sent. Each letter is written in every language, with all facts and with the required ones, with every
    column and with none, and as examples.toml beside the letters says. The exit code is 1 where something is wrong.

    \b
    Examples:
      mass-apology templates test
      mass-apology templates test late-parcels
      mass-apology templates test templates/service-outage/en.md
    """
    from mass_apology.flows.templates import proofreading

    proofs = proofreading.proofs(folder, name)
    for proof in proofs:
        findings.show_proof(proof)
    if any(each.severity is Severity.ERROR for proof in proofs for each in proof.findings):
        raise typer.Exit(Exit.NEEDS_A_PERSON)
