"""Writes sentences, tables, durations and JSON to the terminal.

rich is imported in the functions that use it: ``--help`` does not need it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from mass_apology.cli.exits import printable
from mass_apology.cli.terminal_lines import terminal_width, wrapped

if TYPE_CHECKING:
    from rich.console import Console

_WITHOUT_CURSOR = frozenset({"dumb", "unknown"})  # values of TERM


def console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    class OurConsole(Console):
        """A console that raises ``BrokenPipeError`` when its reader has gone; rich's own would end the process."""

        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return OurConsole(stderr=stderr, highlight=False, soft_wrap=True, markup=False)


def say(sentence: str, *, style: str = "", hang: int | None = None) -> None:
    """Print a result: on a terminal wrapped at its width, and in a ``style`` of rich; elsewhere as it is.

    ``hang`` is the column at which further lines begin, where it is not that of the words.
    """
    text = printable(sentence)
    width = terminal_width(sys.stdout)
    if width is not None:
        text = wrapped(text, width, hang=hang)
    if style and width is not None:
        console().print(text, style=style)
    else:
        print(text, flush=True)  # other processes may write to the same output


WIDEST = 110
"""Most columns of a page on a terminal; longer lines are hard to read."""


def show_markdown(text: str) -> None:
    """Print a page of Markdown: formatted on a terminal, unchanged into a file or pipe."""
    to = console()
    if not to.is_terminal:
        say(text.rstrip("\n"))
        return
    from rich.markdown import Markdown

    to.print(Markdown(text, hyperlinks=False), soft_wrap=False, width=min(to.width, WIDEST))


def print_json(found: object) -> None:
    """Print one JSON object with the fields' names as keys."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(found), indent=2) + b"\n")
    sys.stdout.flush()


def duration(seconds: float) -> str:
    """``75`` → "1 min 15 s"."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    if whole < 86400:
        return f"{whole // 3600} h {whole % 3600 // 60} min"
    return f"{whole // 86400} d {whole % 86400 // 3600} h"


def table(rows: Iterable[tuple[str, str]], *, right: bool = False) -> None:
    """Print two columns; ``right`` aligns the second one to the right."""
    width, lines = table_lines(rows, right=right)
    for line in lines:
        say(line, hang=width)


def table_lines(rows: Iterable[tuple[str, str]], *, right: bool = False) -> tuple[int, list[str]]:
    """The column at which the values begin, and the lines of ``table``."""
    pairs = [(name, printable(value)) for name, value in rows]
    width = max((len(name) for name, _ in pairs), default=0)
    room = max((len(value) for _, value in pairs), default=0) if right else 0
    return width + 2, [f"{name:<{width}}  {value:>{room}}" for name, value in pairs]


def has_cursor() -> bool:
    """Whether the terminal can move its cursor, as far as it says so."""
    return os.environ.get("TERM", "") not in _WITHOUT_CURSOR
