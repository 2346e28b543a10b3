"""Where a campaign's ledger is: in which server's history, and which folder it was last sent from."""

from __future__ import annotations

import socket
from pathlib import Path

from mass_apology.errors import LedgerError
from mass_apology.ledger.in_sql.connection import Connection
from mass_apology.ledger.postgres.postgres_statements import statements

_QUERIES = statements("campaign.sql")


def cluster_of(connection: Connection) -> str:
    """The server's history: another one after a standby took over, or a copy of its files was started."""
    (cluster,) = connection.execute(_QUERIES["cluster"]).fetchone()
    return str(cluster)


def has_other_history(connection: Connection) -> bool:
    """Whether the campaign was sent from another one last."""
    (_, _, cluster) = connection.execute(_QUERIES["settled-at"]).fetchone()
    return bool(cluster != cluster_of(connection))


def require_same_history(connection: Connection) -> None:
    """Raise ``LedgerError`` where it may lack what left last."""
    if has_other_history(connection):
        raise LedgerError(
            "The ledger's database has another history than when letters left last: a standby took over, or a backup "
            "was put back, and may lack what was recorded last. Nothing more is sent.",
            next_step="See what to do about it: mass-apology send",
        )


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

    def other_server(self, reader: Connection) -> bool:
        return has_other_history(reader)

    def is_settled_here(self, reader: Connection) -> bool:
        return tuple(reader.execute(_QUERIES["settled-at"]).fetchone()) == tuple(self.facts(reader).values())

    def settle(self, connection: Connection) -> None:
        connection.execute(_QUERIES["settle"], self.facts(connection))
