"""Messages and events that could not be recorded: kept beside the campaign, so that the others can go on."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from mass_apology.bounces.bounce_report import one_line
from mass_apology.errors import OutputError
from mass_apology.flows.feedback.feedback_sources import Returned
from mass_apology.system.whole_file import write_whole

FOLDER = "kept-apart"  # below the campaign's
_NAME = 16  # hexadecimal digits of a message's key

UNFIT = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""What a message raises that is to blame itself: its text or its numbers do not fit where they are to be written."""


class KeptApart(Struct, frozen=True, kw_only=True):
    """One message or event that could not be recorded."""

    where: str  # where it was read: "bounces.mbox, message 12"
    file: str  # its copy, as a path from the campaign's folder
    reason: str


def keep_apart(folder: Path, one: Returned, reason: Exception) -> KeptApart:
    """Copy a message into the campaign's folder; reading it again overwrites the copy. Raises ``OutputError``."""
    place = folder / FOLDER / f"{one.key[:_NAME]}{one.suffix}"
    try:
        place.parent.mkdir(exist_ok=True)
        write_whole(place, one.octets)
    except OSError as error:
        raise OutputError(
            f"{one.where} cannot be recorded, nor copied to {place}: {error.strerror or error}.",
            next_step="Make room there, then read the same box again. What was read before it is recorded.",
        ) from error
    said = f"{type(reason).__name__}: {reason}"
    return KeptApart(where=one.where, file=str(place.relative_to(folder)), reason=one_line(said, 200))
