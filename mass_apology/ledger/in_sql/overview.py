"""Passes over a ledger's letters for who watches them leave."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import msgspec

from mass_apology.ledger.in_sql.connection import Reading
from mass_apology.ledger.recorded import Destinations, LatestReply
from mass_apology.model import Status


class SqlOverview:
    """Implements ``port.Overview``; each pass has a connection of its own, so it may be asked in any thread."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries = reading.statements("overview.sql")

    def by_language(self, wave: str) -> Mapping[str, Mapping[Status, int]]:
        with self._reading.own() as reader:
            found = _gathered(reader.execute(self._queries["by-language"], {"wave": wave}))
        return dict(sorted(found.items(), key=lambda each: (-sum(each[1].values()), each[0])))

    def by_destination(self, wave: str, largest: int, troubled: int) -> Destinations:
        asked = {"wave": wave, "largest": largest, "troubled": troubled}
        with self._reading.own() as reader:
            rows = reader.execute(self._queries["by-destination"], asked).fetchall()
        return Destinations(counts=_gathered(row[:3] for row in rows), domains=rows[0][3] if rows else 0)

    def latest_replies(self, most: int) -> list[LatestReply]:
        with self._reading.own() as reader:
            rows = reader.execute(self._queries["latest-replies"], {"most": most}).fetchall()
        names = LatestReply.__struct_fields__
        return [msgspec.convert(dict(zip(names, row, strict=True)), LatestReply) for row in rows]

    def hand_overs(self, seconds: int) -> list[tuple[int, int]]:
        with self._reading.own() as reader:
            return reader.execute(self._queries["hand-overs"], {"seconds": seconds}).fetchall()


def _gathered(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[Status, int]]:
    """In the order in which the names come."""
    found: defaultdict[str, dict[Status, int]] = defaultdict(dict)
    for name, status, count in rows:
        found[name][Status(status)] = count
    return dict(found)
