"""Which remedy each recipient chose, of those their letter offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from sqlite3 import Connection

from msgspec import Struct

from mass_apology.ledger.sqlite.database import explained, open_reading
from mass_apology.ledger.sqlite.lock import transaction
from mass_apology.ledger.sqlite.sqlite_ledger import Ledger
from mass_apology.ledger.sqlite.sqlite_records import Records
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("choice_records.sql")


class Token(Struct, frozen=True, kw_only=True):
    """What a link of a letter says when it is used."""

    remedy: str
    letter: str  # the left part of its Message-ID
    at: float | None  # Unix seconds, where it is known
    source: str  # the file or mailbox it was read from


class Choice(Struct, frozen=True, kw_only=True):
    """Somebody's last choice."""

    address: str
    name: str
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects
    remedy: str
    at: float  # Unix seconds
    source: str


class Recorded(Struct, frozen=True, kw_only=True):
    """What became of tokens that were read."""

    new: int
    known: int  # read before
    strange: int  # of no letter of this campaign


def record(ledger: Ledger, tokens: Sequence[Token], now: float) -> Recorded:
    """Keep these choices, all of them or none; needs no campaign's lock."""
    return ledger.write(lambda connection: _record(connection, tokens, now))


def choices(records: Records) -> Iterator[Choice]:
    """The last choice of everybody who made one, in the order of the recipients file; streams."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        for row in reader.execute(_QUERIES["last"]):
            yield Choice(**dict(zip(Choice.__struct_fields__, row, strict=True)))


def undecided(records: Records) -> int:
    """How many people have a letter that was accepted and have chosen nothing."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        (count,) = reader.execute(_QUERIES["undecided"]).fetchone()
        return int(count)


def _record(connection: Connection, tokens: Sequence[Token], now: float) -> Recorded:
    new = strange = 0
    with transaction(connection):
        connection.execute(_QUERIES["prepare"])
        for token in tokens:
            facts = {
                "token": token.letter,
                "remedy": token.remedy,
                "at": token.at,
                "now": now,
                "source": token.source,
            }
            added = connection.execute(_QUERIES["add"], facts).rowcount
            new += added
            if not added:
                (there,) = connection.execute(_QUERIES["exists"], {"token": token.letter}).fetchone()
                strange += not there
    return Recorded(new=new, known=len(tokens) - new - strange, strange=strange)
