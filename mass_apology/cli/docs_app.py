"""``docs``: the pages of documentation on the terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from mass_apology.cli import screen

app = typer.Typer(rich_markup_mode=None)


@app.command()
def docs(
    page: Annotated[str | None, typer.Argument(help="The page's name; by default all are listed.")] = None,
) -> None:
    """Show a page of the documentation, or list all pages.

    On a terminal it is laid out; into a file or a pipe goes the Markdown as it is.

    \b
    Examples:
      mass-apology docs
      mass-apology docs guards
      mass-apology docs campaign | less
    """
    from mass_apology.flows import docs as flow

    if page is None:
        screen.table((each.name, each.title) for each in flow.pages())
        screen.say("To read one: mass-apology docs NAME")
    else:
        screen.show_markdown(flow.read(page))
