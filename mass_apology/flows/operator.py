"""The person who runs a command: progress for their screen, and their consent to a number of letters."""

from __future__ import annotations

import getpass
import time
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

OnProgress = Callable[[str, int, int | None], None]
"""Called with a step's name, the units done, and the units in total if known."""

T = TypeVar("T")
_OFTEN = 1000  # items between two looks at the clock


def watched(items: Iterable[T], step: str, total: int | None, on_progress: OnProgress) -> Iterator[T]:
    """The same items; the progress is told from the second second on."""
    begun = time.monotonic()
    for number, item in enumerate(items, start=1):
        yield item
        if number % _OFTEN == 0 and time.monotonic() - begun > 1:
            on_progress(step, number, total)


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
