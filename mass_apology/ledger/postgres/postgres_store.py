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
from mass_apology.ledger.in_sql.moving_rows import relocation, standing
from mass_apology.ledger.moving import Contents, Copied, Leaving, Relocation, Require, Standing, require_in_use
from mass_apology.ledger.postgres import postgres_moving
from mass_apology.ledger.postgres.postgres_backend import writing_connection
from mass_apology.ledger.postgres.postgres_connections import Connection, PostgresReading, Server
from mass_apology.ledger.postgres.postgres_doorbell import PostgresDoorbell
from mass_apology.ledger.postgres.postgres_ledger import PostgresLedger, PostgresRecords
from mass_apology.ledger.postgres.postgres_planning import PostgresStaging
from mass_apology.ledger.postgres.postgres_schema import bring_up_to_date, version_of
from mass_apology.ledger.postgres.postgres_site import PostgresSite
from mass_apology.ledger.postgres.postgres_statements import VERSION, statements
from mass_apology.ledger.staging.staging_file import delete_abandoned, delete_kept

_QUERIES = statements("campaign.sql")
_RENAME = statements("records.sql")["take-name"]
_DURABLE = "SET synchronous_commit = on"


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

    def standing(self) -> Standing | None:
        """As ``moving.MovableStore``, which it implements, says; so the next ones."""
        with self._opened() as connection:
            found = self._found(connection) if self._has_schema(connection) else None
            if found is None:
                return None
            self._about(connection, found[0])
            return standing(connection)

    def leaving(self, ledger: port.Ledger) -> Leaving:
        if not isinstance(ledger, PostgresLedger):
            raise TypeError("a ledger leaves its own store")
        return ledger.leaving()

    def arrive(self, name: str, contents: Contents, arriving: Relocation, require: Require) -> Copied:
        with self._opened() as connection:
            bring_up_to_date(self._server, connection)
            connection.raw.execute(_DURABLE)
            with connection.raw.transaction():
                found = self._found(connection)
                self._about(connection, self._make(connection, name) if found is None else found[0])
                connection.execute(statements("lock.sql")["change"])
                require(standing(connection))
                return postgres_moving.arrive(connection, contents, arriving)

    def put_to_use(self, note: str, now: float) -> None:
        with self._opened() as connection:
            found = self._found(connection)
            if found is None:
                raise self._missing()
            connection.raw.execute(_DURABLE)
            self._about(connection, found[0])
            with connection.raw.transaction():
                connection.execute(statements("lock.sql")["change"])
                postgres_moving.put_to_use(connection, PostgresSite(self._folder), note, now)

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
            writing = writing_connection(self._server, campaign)
        except BaseException:
            reading.close()
            raise
        with self._server.explained():
            Connection(writing).execute(_RENAME, {"name": name})
        return PostgresLedger(name, reading, writing, self._folder)

    def read(self, name: str | None = None) -> port.Records:
        with self._opened() as connection:
            campaign, known_as = self._existing(connection, name)
        return PostgresRecords(name or known_as, self._reading(campaign), self._folder)

    def planner(
        self, wave: str, message_id: Callable[[int], str], *, each_customer: bool = False, stamp: bytes = b""
    ) -> port.Planner:
        return PostgresStaging(self, wave, message_id, each_customer=each_customer, stamp=stamp)

    def delete_plans(self, *, kept: bool = False) -> None:
        delete_abandoned(self.beside)
        if kept:
            delete_kept(self.beside)

    def doorbell(self) -> PostgresDoorbell:
        return PostgresDoorbell(self._server)

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
            self._about(connection, found[0])
            require_in_use(self.place, relocation(connection))
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
            raise self._missing()
        campaign, own, is_unused = found
        self._about(connection, campaign)
        require_in_use(self.place, relocation(connection))
        if name not in {None, own} and not is_unused:
            raise LedgerError(
                f'The ledger in {self.place} belongs to the campaign "{own}", not to "{name}".',
                next_step="Put the name in campaign.toml back, or make a new folder for the new campaign.",
            )
        return campaign, own

    def _missing(self) -> LedgerError:
        return LedgerError(
            f"There is no ledger of {self._slot} in {self.place}.",
            next_step="Make one by running: mass-apology send",
        )

    @staticmethod
    def _about(connection: Connection, campaign: int) -> None:
        """From now on the session is about this campaign."""
        connection.execute("SELECT set_config('mass_apology.campaign', %(id)s, false)", {"id": str(campaign)})

    def _make(self, connection: Connection, name: str) -> int:
        facts = {"slot": self._slot, "name": name, "key": secrets.token_bytes(32), "now": time.time()}
        row = connection.execute(_QUERIES["add"], facts).fetchone()
        if row is None:
            raise LedgerError(
                f"There is a ledger of {self._slot} in {self.place} already.",
                next_step="If another command has just made it, run this one again. A new campaign needs another name.",
            )
        site = PostgresSite(self._folder).facts(connection)
        connection.execute(_QUERIES["add-lock"], {"campaign": row[0]})
        connection.execute(_QUERIES["add-origin"], {"campaign": row[0], "ledger": secrets.token_hex(16), **site})
        return int(row[0])
