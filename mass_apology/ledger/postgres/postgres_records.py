"""A PostgreSQL ledger opened for reading, at any time and from any process."""

from __future__ import annotations

from pathlib import Path

from mass_apology.ledger.in_sql.sql_records import SqlRecords
from mass_apology.ledger.postgres.postgres_connections import PostgresReading
from mass_apology.ledger.postgres.postgres_sender import holder, remark, request
from mass_apology.ledger.postgres.postgres_site import PostgresSite
from mass_apology.ledger.sender_state import Control, Holder


class PostgresRecords(SqlRecords):
    """Implements ``port.Records``; writes nothing but requests to the sender, and notes."""

    def __init__(self, name: str, reading: PostgresReading, folder: Path) -> None:
        super().__init__(name, reading.server.place, reading, PostgresSite(folder))
        self._own = reading

    def __exit__(self, *_: object) -> None:
        """Close the connection."""
        self._own.close()

    def holder(self) -> Holder | None:
        return holder(self._own)

    def request(self, wanted: Control, *, note: str = "") -> None:
        request(self._own, wanted, note)

    def remark(self, what: str) -> None:
        remark(self._own, what)
