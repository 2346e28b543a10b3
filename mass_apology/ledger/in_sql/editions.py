"""Editions: what a wave's letters were made from, so that those with a mistake can be told from those without."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from mass_apology.ledger.in_sql.connection import Connection
from mass_apology.ledger.recorded import Edition, digest_of


def begin(connection: Connection, queries: Mapping[str, str], wave: str, parts: Mapping[str, str], now: float) -> int:
    """The edition that is made from these parts, which begins now unless it is known: its row."""
    facts = {
        "wave": wave,
        "digest": digest_of(parts),
        "digest_parts": msgspec.json.encode(parts, order="sorted").decode(),
        "now": now,
    }
    connection.execute(queries["add"], facts)
    (edition,) = connection.execute(queries["of"], facts).fetchone()
    return int(edition)


def editions(connection: Connection, queries: Mapping[str, str]) -> list[Edition]:
    """All editions, in the order in which sending from them began."""
    return [
        Edition(wave=wave, digest=digest, digest_parts=msgspec.json.decode(parts), first_at=first_at, letters=letters)
        for wave, digest, parts, first_at, letters in connection.execute(queries["all"])
    ]
