"""A person's consent to a number of letters: typed, or given beforehand."""

from __future__ import annotations

from collections.abc import Callable


def disagreement(letters: int, confirm: int | None, ask: Callable[[int], str]) -> str | None:
    """What was said instead of ``letters``, as a clause; ``None`` where just that number was given or typed.

    ``confirm`` was given beforehand; without it ``ask`` gets what the person types.
    """
    given = str(confirm) if confirm is not None else ask(letters)
    if given == str(letters):
        return None
    return f"the number given was {given}" if given else "no number was given"
