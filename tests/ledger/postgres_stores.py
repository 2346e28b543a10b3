"""Ledgers on the PostgreSQL of this process's tests: all in one database, as an installation's campaigns are."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from postgres_server import shared_server

from mass_apology.ledger.postgres.postgres_connections import Server
from mass_apology.ledger.postgres.postgres_store import PostgresStore


def postgres_store(folder: Path) -> PostgresStore:
    """A ledger of one's own for the campaign in this folder."""
    return PostgresStore(installation(), str(folder), folder)


@cache
def installation() -> Server:
    """The database that all of them share."""
    return Server(conninfo=shared_server().new_database(), place="the tests' database")
