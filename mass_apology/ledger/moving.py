"""A ledger that is moved from one store to another, and which of the two counts meanwhile.

1. The new one is written whole, compared with the old one, and committed: ARRIVING. Nobody can open it. The old one
   counts.
2. One commit makes the old one GONE: it keeps its name and where the ledger went, and nothing else. Nobody can open it
   any more, so nobody sends from it, and the new one counts.
3. The new one is put to use.

The steps are taken under the old one's lock. After a crash between two of them the same move goes on: an ARRIVING
ledger is written anew, or put to use where the old one is GONE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from mass_apology.errors import LedgerError
from mass_apology.ledger.port import Ledger, Store
from mass_apology.system.timestamps import utc_minute


class Stage(StrEnum):
    """Why a ledger is not in use where it is."""

    ARRIVING = "arriving"
    GONE = "gone"


class Relocation(Struct, frozen=True, kw_only=True):
    """What a ledger says that is not in use."""

    stage: Stage
    place: str  # from where it arrives, or to where it has gone: ``Store.place``
    at: float  # Unix seconds


class Standing(Struct, frozen=True, kw_only=True):
    """A ledger, before anything is copied over it."""

    ledger: str  # which one: ``whereabouts.Origin.ledger``
    is_unused: bool  # nothing was ever planned in it
    relocation: Relocation | None  # None: it is in use


class Copied(Struct, frozen=True, kw_only=True):
    """What a new ledger holds, as it was read back before its commit; the old one holds the same."""

    letters: Mapping[str, Mapping[str, int]]  # wave → status → number
    rows: int  # of all tables
    digest: str  # SHA-256 over the digests of all tables, hexadecimal


Require = Callable[[Standing], None]
"""Raises ``LedgerError`` for a ledger that must not be written over."""


class Contents(Protocol):
    """All rows of a ledger as of one moment, as every store writes them; see ``in_sql.moved_tables``."""

    def rows(self, table: str) -> Iterator[tuple[object, ...]]:
        """Of one table, streamed, in the order of its key."""

    def letters(self) -> Mapping[str, Mapping[str, int]]:
        """Wave → status → number."""


class Leaving(Protocol):
    """A ledger that is open for writing, under our lock, and is to be moved."""

    def contents(self) -> AbstractContextManager[Contents]:
        """What is copied."""

    def leave(self, to: str, now: float) -> None:
        """From this commit on it is GONE. Raises ``FencedOut``."""

    def compact(self) -> None:
        """Take what was forgotten off the disk, too. Raises ``LedgerError`` where another program reads just now."""


class MovableStore(Store, Protocol):
    """A store whose ledger can be moved to another one."""

    def standing(self) -> Standing | None:
        """The ledger that is there; ``None`` where there is none. Raises ``LedgerError``, but not for its stage."""

    def leaving(self, ledger: Ledger) -> Leaving:
        """``ledger`` is of this store."""

    def arrive(self, name: str, contents: Contents, arriving: Relocation, require: Require) -> Copied:
        """Write a ledger of campaign ``name`` in place of what ``standing`` tells of, unless ``require`` raises for it.

        All of it is durable afterwards, or nothing. Raises ``LedgerError``, also where what was read back differs.
        """

    def put_to_use(self, note: str, now: float) -> None:
        """From now on the ARRIVING ledger is used, and belongs where it is; the note is kept in it."""


def require_in_use(place: str, relocation: Relocation | None) -> None:
    """Raise ``LedgerError`` that says where the ledger is instead."""
    if relocation is None:
        return
    when = utc_minute(relocation.at)
    if relocation.stage is Stage.GONE:
        raise LedgerError(
            f"{place} is not in use any more: the campaign's ledger was moved to {relocation.place} at {when}.",
            next_step="Name that place in campaign.toml under [ledger] url. If the move was interrupted, run the same "
            "mass-apology ledger move again: it finishes it.",
        )
    raise LedgerError(
        f"{place} is not in use yet: moving the campaign's ledger there from {relocation.place} was interrupted at "
        f"{when}.",
        next_step="Let campaign.toml name the former place again, then run the same mass-apology ledger move again.",
    )
