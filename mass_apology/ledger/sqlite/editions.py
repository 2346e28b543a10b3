"""Editions: what a wave's letters were made from, so that those with a mistake can be told from those without."""

from __future__ import annotations

from collections.abc import Mapping
from sqlite3 import Connection

import msgspec

from mass_apology.ledger.recorded import Edition, digest_of
from mass_apology.ledger.sqlite.lock import fenced
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("editions.sql")


def begin(connection: Connection, wave: str, parts: Mapping[str, str], now: float) -> None:
    """From here on this process hands letters over that are made from these parts."""
    facts = {
        "wave": wave,
        "digest": digest_of(parts),
        "digest_parts": msgspec.json.encode(parts, order="sorted").decode(),
        "now": now,
    }
    with fenced(connection):
        for statement in ("add", "forget", "keep"):
            connection.execute(_QUERIES[statement], facts if statement != "forget" else {})


def editions(connection: Connection) -> list[Edition]:
    """All editions, in the order in which sending from them began."""
    return [
        Edition(wave=wave, digest=digest, digest_parts=msgspec.json.decode(parts), first_at=first_at, letters=letters)
        for wave, digest, parts, first_at, letters in connection.execute(_QUERIES["all"])
    ]
