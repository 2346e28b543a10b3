"""What a line of a relay's log says about one letter."""

from __future__ import annotations

from enum import StrEnum, auto

from msgspec import Struct


class Disposition(StrEnum):
    """What became of a transaction, as far as a line tells."""

    TAKEN = auto()  # the relay has the letter in its queue, or has delivered it, or dropped it by a rule of its own
    NOT_TAKEN = auto()  # refused after its content, or the connection was gone before the final dot came
    NAMED = auto()  # the letter came in, perhaps not wholly; what became of it stands elsewhere, or nowhere


class Sighting(Struct, frozen=True, kw_only=True):
    """A line that says something about one transaction."""

    message_id: str  # without angle brackets
    fate: Disposition
    queue_id: str  # the relay's own name for the letter
    said: str  # the words that decide it, printable
    at: float | None = None  # Unix seconds, where the line's time can be read


def printable(octets: bytes, longest: int = 200) -> str:
    """Part of a log line for terminals and ledgers."""
    text = octets[: longest * 2].decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)[
        :longest
    ]
