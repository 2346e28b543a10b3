"""The person who runs a command: what is told of each step, and the consent to a number of letters."""

from __future__ import annotations

import getpass
from collections.abc import Callable

OnProgress = Callable[[str, int, int | None], None]
"""Told of each step: its name, how much of it is done, and of how much."""


def disagreement(letters: int, confirm: int | None, ask: Callable[[int], str]) -> str | None:
    """What was said instead of ``letters``, as a clause; ``None`` where just that number was given or typed.

    ``confirm`` was given beforehand; without it ``ask`` gets what the person types.
    """
    given = str(confirm) if confirm is not None else ask(letters)
    if given == str(letters):
        return None
    return f"the number given was {given}" if given else "no number was given"


def whose_word() -> str:
    """Who gave it, by the name that this machine knows."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):
        return "an unknown user"
