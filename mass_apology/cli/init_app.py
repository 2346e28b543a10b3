"""``init``: begins a campaign, by a short conversation or by options, and brings one up to date.

Flows are imported inside the commands, as in ``app``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mass_apology.cli import completion, findings, screen
from mass_apology.cli.options import HERE, Folder, opened
from mass_apology.quantities import counted

if TYPE_CHECKING:
    from mass_apology.flows.init.questions import Ask, Question
    from mass_apology.flows.init.updating import Updated

app = typer.Typer(rich_markup_mode=None)

_WIDTH = 78


@app.command()
def init(  # noqa: PLR0913, PLR0917 (options)
    name: Annotated[str | None, typer.Argument(help="The campaign's name, and its new folder's.")] = None,
    template: Annotated[
        str | None,
        typer.Option(
            help="The situation: service-outage, follow-up, or one of your own.", autocompletion=completion.templates
        ),
    ] = None,
    letter: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A letter of your own instead: .md, .txt or .html. Repeatable, by language."),
    ] = None,
    recipients: Annotated[Path | None, typer.Option(help="The file of affected customers.")] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help='A fact: service="Acme API", started_at="yesterday 9:12". Repeatable.'),
    ] = None,
    sender: Annotated[str | None, typer.Option(help='Who signs: "Anna Kowalska <anna@acme.example>".')] = None,
    relay: Annotated[str | None, typer.Option(metavar="URL", help="The mail server that takes the letters.")] = None,
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="PART=COLUMN", help="Which column plays a part: address=E-mail. Repeatable."),
    ] = None,
    sheet: Annotated[str | None, typer.Option(metavar="NAME", help="Which sheet of the workbook.")] = None,
    no_questions: Annotated[bool, typer.Option("--no-questions", help="Ask nothing on a terminal either.")] = False,
    update: Annotated[
        bool, typer.Option("--update", help="Add what an existing campaign lacks; nothing in it is changed.")
    ] = False,
    language: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="With --update: a language more. Repeatable.")
    ] = None,
    folder: Folder = HERE,
) -> None:
    """Make a campaign's folder from the file of affected customers.

    Its campaign.toml explains every fact that the letter needs. The file's columns are matched to the parts they can
    play; what was matched, and what is in doubt, is shown. On a terminal it asks for what only a person knows; Enter
    leaves a question for later.

    With --update it looks at a campaign again, and adds to campaign.toml what is new: columns of the file, facts of the
    template, of follow-ups and, with --template, of a correction, tables of languages.

    \b
    Examples:
      mass-apology init acme-outage --template service-outage --recipients affected.csv
      mass-apology init acme --template service-outage --recipients a.csv --fact service="Acme API" --no-questions
      mass-apology init note --letter letter.md --recipients customers.csv
      mass-apology init --update --language lv
    """
    if update:
        _refuse_beside_update(name, letter, recipients, fact, sender, relay, column, sheet)
        from mass_apology.flows.init import updating

        _show_updated(updating.update(opened(folder), languages=language or (), template=template))
        return
    if language:
        raise typer.BadParameter(
            "it belongs to --update; a new campaign has the languages of its rows", param_hint="--language"
        )
    if template and letter:
        raise typer.BadParameter("it takes the place of --template", param_hint="--letter")
    if name is None or not (template or letter) or recipients is None:
        lacking = {"NAME": name, "--template": template or letter or None, "--recipients": recipients}
        raise typer.BadParameter(
            "needed for a new campaign", param_hint=", ".join(k for k, v in lacking.items() if v is None)
        )
    from mass_apology.flows.init import new_campaign, own_letter
    from mass_apology.flows.init.questions import Given

    given = Given(
        facts=_pairs(fact or (), "--fact"),
        sender=sender,
        relay=relay,
        columns=_pairs(column or (), "--column"),
        sheet=sheet,
    )
    asks = sys.stdin.isatty() and sys.stdout.isatty() and not no_questions
    ask = _conversation() if asks else None
    if letter:
        findings.show_init(own_letter.init_with_letters(name, letter, recipients, given, ask))
    elif template:
        findings.show_init(new_campaign.init(name, template, recipients, given, ask))


def _refuse_beside_update(*others: object) -> None:
    if any(others):
        raise typer.BadParameter(
            "it takes only --campaign, --language and --template: what is written already stays", param_hint="--update"
        )


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise typer.BadParameter(f"{text!r} is not NAME=VALUE", param_hint=option)
        pairs[name.strip()] = value.strip()
    return pairs


def _conversation() -> Ask:
    """A function that asks on the terminal; it says once how to leave a question out."""
    begun = False

    def ask(question: Question, objection: str) -> str:
        nonlocal begun
        if not begun:
            begun = True
            screen.say("Enter leaves a question for later; Ctrl-C leaves everything as it was.")
        if objection:
            _paragraph(objection)
        else:
            screen.say("")
            _paragraph(question.text)
            for number, choice in enumerate(question.choices, start=1):
                screen.say(f"  {number}  {choice}")
        example = f" (such as {question.example})" if question.example else ""
        print(f"{question.about}{example}: ", end="", flush=True)
        typed = sys.stdin.readline()
        if not typed:  # the end of the input: the rest stays open
            screen.say("")
        return typed.strip()

    return ask


def _paragraph(text: str) -> None:
    import textwrap

    for line in textwrap.wrap(text, _WIDTH):
        screen.say(line)


def _show_updated(updated: Updated) -> None:
    for place in updated.added:
        screen.say(f"  + {place}")
    if updated.added:
        screen.say(f"{counted(len(updated.added), 'line')} added to campaign.toml; nothing else in it changed.")
    else:
        screen.say("campaign.toml has all that the file and the letters ask for; nothing was changed.")
    for doubt in updated.doubts:
        screen.say(f"In doubt: {doubt.role}, perhaps {' or '.join(doubt.columns)}. {doubt.why}")
    if updated.trouble:
        screen.say(f"The file needs mending: {updated.trouble}")
    if updated.added:
        screen.say("Now: fill in what is empty, then run: mass-apology check")
