"""Values that stand in for facts, marked wherever a letter shows them.

Texts hold their mark. A moment, a date or a number has to stay one, so that a letter can reckon with it: its type says
that it is an example, and what a filter writes of it is marked.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from functools import wraps
from typing import Any

MARK = "EXAMPLE — not your fact"
"""What stands before every example."""

_IN_ADDRESS = "EXAMPLE-not-your-fact"


class Example:
    """What stands in for a fact."""

    __slots__ = ()


class ExampleMoment(Example, datetime):
    """A moment."""

    __slots__ = ()


class ExampleDate(Example, date):
    """A date."""

    __slots__ = ()


class ExampleNumber(Example, Decimal):
    """A number."""

    __slots__ = ()

    def __str__(self) -> str:
        """Marked, since a number is printed without a filter too."""
        return marked(super().__str__())


def marked(text: str) -> str:
    """``text`` as an example: "[EXAMPLE — not your fact: Acme API]"."""
    return f"[{MARK}: {text}]"


def marking(write: Callable[..., str]) -> Callable[..., str]:
    """The filter, which marks what it writes of an example."""

    @wraps(write)  # with the marks by which Jinja knows what else to pass
    def written(*given: Any) -> str:
        text = write(*given)
        return marked(text) if any(isinstance(each, Example) for each in given) else text

    return written


def stand_in(kind: str, example: Any) -> Any:
    """The example as a value of its kind, which is a ``FactType``."""
    if kind == "datetime":
        return ExampleMoment.fromisoformat(example.isoformat())
    if kind == "date":
        return ExampleDate.fromisoformat(example.isoformat())
    if kind == "number":
        return ExampleNumber(str(example))
    if kind == "url":
        return f"{example}#{_IN_ADDRESS}" if example.startswith("http") else example
    return marked(str(example))
