"""The person who runs a command: progress for their screen, and their consent to a number of letters."""

from __future__ import annotations

import getpass
from collections.abc import Callable

OnProgress = Callable[[str, int, int | None], None]
"""Called with a step's name, the units done, and the units in total if known."""


def disagreement(letters: int, confirm: int | None, ask: Callable[[int], str]) -> str | None:
    """The disagreement as a clause, such as "the number given was 12"; ``None`` if the number is ``letters``.

    ``confirm`` is the number given as an option; without it ``ask`` returns the text that the person types.
    """
    given = str(confirm) if confirm is not None else ask(letters)
    if given == str(letters):
        return None
    return f"the number given was {given}" if given else "no number was given"


def user_name() -> str:
    """The login name of the person."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "an unknown user"
