"""Editions: what a wave's letters were made from, so that those with a mistake can be told from those without."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from contextlib import closing
from sqlite3 import Connection

import msgspec
from msgspec import Struct

from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.database import explained, open_reading
from mass_apology.ledger.sqlite.sqlite_ledger import Ledger
from mass_apology.ledger.sqlite.sqlite_records import Records
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("editions.sql")


class Edition(Struct, frozen=True, kw_only=True):
    """The letters of one wave that were made from the same files."""

    wave: str
    digest: str  # SHA-256 over the parts, hexadecimal
    digest_parts: Mapping[str, str]  # "the template", "campaign.toml", … and the digest of each
    first_at: float  # when sending from it began, Unix seconds
    letters: int  # that were accepted


def begin(ledger: Ledger, wave: str, parts: Mapping[str, str], now: float) -> None:
    """From here on this process hands letters over that are made from these parts.

    Raises ``FencedOut`` unless the lock is held.
    """
    facts = {
        "wave": wave,
        "digest": digest_of(parts),
        "digest_parts": msgspec.json.encode(parts, order="sorted").decode(),
        "now": now,
    }

    def act(connection: Connection) -> None:
        with lock.fenced(connection):
            for statement in ("add", "forget", "keep"):
                connection.execute(_QUERIES[statement], facts if statement != "forget" else {})

    ledger.write(act)


def editions(records: Records) -> list[Edition]:
    """All editions, in the order in which sending from them began."""
    with explained(records.path), closing(open_reading(records.path, records.name)) as reader:
        rows = reader.execute(_QUERIES["all"]).fetchall()
    return [
        Edition(wave=wave, digest=digest, digest_parts=msgspec.json.decode(parts), first_at=first_at, letters=letters)
        for wave, digest, parts, first_at, letters in rows
    ]


def digest_of(parts: Mapping[str, str]) -> str:
    """One digest over all parts, whatever their order."""
    return hashlib.sha256(msgspec.json.encode(parts, order="sorted")).hexdigest()
