"""The database where a campaign's ledger is kept, whether or not there is one yet."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mass_apology.errors import LedgerError
from mass_apology.ledger import port
from mass_apology.ledger.postgres.postgres_backend import prepare
from mass_apology.ledger.postgres.postgres_connections import Connection, PostgresReading, Server
from mass_apology.ledger.postgres.postgres_ledger import PostgresLedger
from mass_apology.ledger.postgres.postgres_planning import PostgresStaging
from mass_apology.ledger.postgres.postgres_records import PostgresRecords
from mass_apology.ledger.postgres.postgres_schema import bring_up_to_date, version_of
from mass_apology.ledger.postgres.postgres_site import PostgresSite
from mass_apology.ledger.postgres.postgres_statements import VERSION, statements
from mass_apology.ledger.staging.staging_file import delete_abandoned, delete_kept

_QUERIES = statements("campaign.sql")
_RENAME = statements("records.sql")["take-name"]


class PostgresStore:
    """Implements ``port.Store``: the ledger of one campaign among those of an installation.

    ``slot`` is what the campaign is found by; ``folder`` is its folder here, where plans in the making are kept.
    """

    def __init__(self, server: Server, slot: str, folder: Path) -> None:
        self._server = server
        self._slot = slot
        self._folder = folder
        self.beside = folder / "ledger.postgres"
        """Plans lie beside this, and are named after it; nothing is there."""

    @property
    def place(self) -> str:
        return self._server.place

    def exists(self) -> bool:
        with self._opened() as connection:
            return self._has_schema(connection) and self._found(connection) is not None

    def create(self, name: str) -> port.Ledger:
        with self._opened() as connection:
            bring_up_to_date(self._server, connection)
            with connection.raw.transaction():
                self._make(connection, name)
        return self.open(name)

    def open(self, name: str) -> port.Ledger:
        with self._opened() as connection:
            campaign, _ = self._existing(connection, name)
        reading = self._reading(campaign)
        try:
            writing = self._server.connect(campaign)
        except BaseException:
            reading.close()
            raise
        with self._server.explained():
            prepare(writing)
            Connection(writing).execute(_RENAME, {"name": name})
        return PostgresLedger(name, reading, writing, self._folder)

    def read(self, name: str) -> port.Records:
        with self._opened() as connection:
            campaign, _ = self._existing(connection, name)
        return PostgresRecords(name, self._reading(campaign), self._folder)

    def read_any(self) -> port.Records:
        with self._opened() as connection:
            campaign, name = self._existing(connection, None)
        return PostgresRecords(name, self._reading(campaign), self._folder)

    def planner(
        self, wave: str, message_id: Callable[[int], str], *, each_customer: bool = False, stamp: bytes = b""
    ) -> port.Planner:
        return PostgresStaging(self, wave, message_id, each_customer=each_customer, stamp=stamp)

    def delete_plans(self, *, kept: bool = False) -> None:
        delete_abandoned(self.beside)
        if kept:
            delete_kept(self.beside)

    def stray(self) -> str:
        return ""

    def files(self) -> frozenset[Path]:
        return frozenset()

    @contextmanager
    def found(self) -> Iterator[Connection | None]:
        """A connection about the campaign, where it has a ledger."""
        with self._opened() as connection:
            found = self._found(connection) if self._has_schema(connection) else None
            if found is None:
                yield None
                return
            connection.execute("SELECT set_config('mass_apology.campaign', %(id)s, false)", {"id": str(found[0])})
            yield connection

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        raw = self._server.connect()
        try:
            with self._server.explained():
                yield Connection(raw)
        finally:
            raw.close()

    def _reading(self, campaign: int) -> PostgresReading:
        return PostgresReading(self._server, campaign, self._server.connect(campaign))

    def _has_schema(self, connection: Connection) -> bool:
        """Whether there is one; one of an earlier version is brought up to date. Raises ``LedgerError``."""
        version = version_of(connection)
        if version not in {0, VERSION}:
            bring_up_to_date(self._server, connection)
        return version != 0

    def _found(self, connection: Connection) -> tuple[int, str, bool] | None:
        """The campaign's row, its name, and whether nothing was ever planned in it; ``None`` where there is none."""
        row: tuple[int, str, bool] | None = connection.execute(_QUERIES["find"], {"slot": self._slot}).fetchone()
        if row is None:
            self._require_no_other(connection)
        return row

    def _require_no_other(self, connection: Connection) -> None:
        """A campaign that got another name would write to everybody again."""
        facts = {"host": socket.gethostname(), "folder": str(self._folder.resolve())}
        other = connection.execute(_QUERIES["other-of-folder"], facts).fetchone()
        if other is not None:
            raise LedgerError(
                f'The ledger of this folder in {self.place} belongs to the campaign "{other[0]}", not to '
                f'"{self._slot}".',
                next_step="Put the name in campaign.toml back, or make a new folder for the new campaign.",
            )

    def _existing(self, connection: Connection, name: str | None) -> tuple[int, str]:
        found = self._found(connection) if self._has_schema(connection) else None
        if found is None:
            raise LedgerError(
                f"There is no ledger of {self._slot} in {self.place}.",
                next_step="Make one by running: mass-apology send",
            )
        campaign, own, is_unused = found
        if name not in {None, own} and not is_unused:
            raise LedgerError(
                f'The ledger in {self.place} belongs to the campaign "{own}", not to "{name}".',
                next_step="Put the name in campaign.toml back, or make a new folder for the new campaign.",
            )
        return campaign, own

    def _make(self, connection: Connection, name: str) -> None:
        facts = {"slot": self._slot, "name": name, "key": secrets.token_bytes(32), "now": time.time()}
        row = connection.execute(_QUERIES["add"], facts).fetchone()
        if row is None:
            raise LedgerError(
                f"There is a ledger of {self._slot} in {self.place} already.",
                next_step="Use it, or choose another name for a new campaign.",
            )
        site = PostgresSite(self._folder).facts(connection)
        connection.execute(_QUERIES["add-lock"], {"campaign": row[0]})
        connection.execute(_QUERIES["add-origin"], {"campaign": row[0], "ledger": secrets.token_hex(16), **site})
