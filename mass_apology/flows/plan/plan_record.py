"""What reading and rendering found out about a plan, besides its staged rows: kept with them, and judged later."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from mass_apology.guards import Audience, Commonest
from mass_apology.ledger import Counts
from mass_apology.letter.inspecting.inspection import Inspection
from mass_apology.preflight import Asked, Group


class PlanRecord(Struct, frozen=True, kw_only=True):
    """All that a ``Check`` needs of one pass over the file and its letters.

    It depends on the sources of the plan alone; the clock, the ledger, the guards and the relay come later.
    """

    header: tuple[str, ...]  # the names of the rows' columns
    written_as: str  # how the file is written, as a phrase
    rows_read: int
    rows_chosen: int  # by `where`
    counts: Counts  # of what is staged
    links: tuple[str, ...] = ()  # what the letters link to; values as {…}
    groups: tuple[Group, ...]  # findings about the file, its rows and its letters
    asked: tuple[tuple[Asked, int], ...]  # languages asked for and given, with the number of rows
    audience: Audience
    crowd: Commonest  # the mailbox shared by most persons, and their number
    gmail: int  # letters to Gmail's own domains
    unnamed: int  # letters that call nobody by name
    canary: tuple[int, ...]  # ids of the letters that go before the others
    is_rendered: bool  # whether every letter was written once
    inspected: Inspection


def encode(record: PlanRecord) -> bytes:
    """The record as octets, to be kept with the plan."""
    return msgspec.msgpack.encode(record)


def decode(octets: bytes) -> PlanRecord | None:
    """What ``encode`` made; ``None`` for anything else."""
    try:
        return msgspec.msgpack.decode(octets, type=PlanRecord)
    except msgspec.DecodeError:
        return None
