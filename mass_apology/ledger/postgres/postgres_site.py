"""Where a campaign's ledger is: in which server's history, and which folder it was last sent from."""

from __future__ import annotations

import socket
from pathlib import Path

from mass_apology.ledger.in_sql.connection import Connection
from mass_apology.ledger.postgres.postgres_statements import statements

_QUERIES = statements("campaign.sql")


def cluster_of(connection: Connection) -> str:
    """The server's history: another one after a standby took over, or a copy of its files was started."""
    (cluster,) = connection.execute(_QUERIES["cluster"]).fetchone()
    return str(cluster)


class PostgresSite:
    """Implements ``continuity.Site``. Any folder on any machine may send, so no ledger is a copy of another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def facts(self, connection: Connection) -> dict[str, object]:
        """As the ledger keeps them."""
        return {
            "host": socket.gethostname(),
            "folder": str(self._folder.resolve()),
            "cluster": cluster_of(connection),
        }

    def copied_from(self, reader: Connection) -> str:
        return ""

    def is_settled_here(self, reader: Connection) -> bool:
        return tuple(reader.execute(_QUERIES["settled-at"]).fetchone()) == tuple(self.facts(reader).values())

    def settle(self, connection: Connection) -> None:
        connection.execute(_QUERIES["settle"], self.facts(connection))
