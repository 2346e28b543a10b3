"""All campaigns of one database: which of them have letters that somebody confirmed."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from msgspec.structs import replace

from mass_apology.errors import LedgerError
from mass_apology.ledger.moving import MovableStore
from mass_apology.ledger.postgres.postgres_connections import Connection, Server
from mass_apology.ledger.postgres.postgres_schema import version_of
from mass_apology.ledger.postgres.postgres_statements import VERSION, statements
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.ledger.sender_state import ConfirmedCampaign


class PostgresInstallation:
    """Implements ``port.Installation``."""

    def __init__(self, server: Server) -> None:
        self._server = server

    @property
    def place(self) -> str:
        return self._server.place

    def confirmed(self) -> list[ConfirmedCampaign]:
        with self._server.explained(), closing(self._server.connect()) as raw:
            connection = Connection(raw)
            version = version_of(connection)
            if version > VERSION:
                raise LedgerError(
                    f"{self.place} holds ledgers of version {version}; this program reads version {VERSION}.",
                    next_step="Use the newest mass-apology for it.",
                )
            if version < VERSION:  # who confirms next brings it up to date
                return []
            rows = connection.execute(statements("confirmed.sql")["campaigns"], {}).fetchall()
        return [ConfirmedCampaign(slot=slot, name=name, ledger=ledger) for slot, name, ledger in rows]

    def store(self, campaign: ConfirmedCampaign, folder: Path, lease: float | None = None) -> MovableStore:
        server = self._server if lease is None else replace(self._server, lease=lease)
        return PostgresStore(server, campaign.slot, folder)
