"""An event of one letter in a relay's log."""

from __future__ import annotations

from enum import StrEnum, auto

from msgspec import Struct


class Disposition(StrEnum):
    """The end of a transaction, as far as one line shows it."""

    TAKEN = auto()  # the relay has the letter in its queue, or has delivered it, or dropped it by a rule of its own
    NOT_TAKEN = auto()  # refused after its content, or the connection was gone before the final dot came
    NAMED = auto()  # the letter arrived, perhaps incomplete; its end is in another line, or in none


class LogEvent(Struct, frozen=True, kw_only=True):
    """A line about one transaction, made by the class of each kind of server; ``RelayLog`` adds the time."""

    message_id: str  # without angle brackets
    disposition: Disposition
    queue_id: str  # the relay's own name for the letter
    text: str  # the deciding words of the line, printable
    at: float | None = None  # Unix seconds; None if the line's time cannot be read


def printable(octets: bytes, longest: int = 200) -> str:
    """Part of a log line for terminals and ledgers."""
    text = octets[: longest * 2].decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)[
        :longest
    ]
