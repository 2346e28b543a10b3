"""Connections to the database, and its errors as sentences."""

from __future__ import annotations

import re
import select
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from msgspec import Struct
from psycopg import ClientCursor, errors
from psycopg.conninfo import make_conninfo

from mass_apology.errors import IllegalTransition, LedgerError
from mass_apology.ledger.in_sql.connection import Cursor, Facts
from mass_apology.ledger.in_sql.holders import LEASE
from mass_apology.ledger.postgres.postgres_statements import statements

SCHEMA = "mass_apology"
"""All tables of an installation are in this schema of the database."""

_PAGE = 1000  # rows fetched at a time
_ILLEGAL = "MA001"  # the triggers' word for a letter that is to go where ``model.TRANSITIONS`` has no way

# So too, by a word of what the server said before it let us in: libpq passes the text on, and no SQLSTATE.
_BEFORE_IT_LET_US_IN = (
    (("starting up", "shutting down", "in recovery"), "is not ready: {said}", "Wait for it, or start it"),
    (
        ("too many clients", "remaining connection slots"),
        "has no connection left: {said}",
        "Raise max_connections, or end other programs",
    ),
    (("database",), "is not there: {said}", "Create the database, or correct [ledger] url"),
    (("",), "does not let us in: {said}", "Correct the user in [ledger] url, or the password"),
)
_ANSWERED = re.compile(r"failed: FATAL:\s+(?P<said>.*)")
_NO_PASSWORD = "no password supplied"  # noqa: S105 (libpq's words)

_SETTINGS = f"""
SET search_path = {SCHEMA}, pg_temp;
SET jit = off;
SET idle_in_transaction_session_timeout = '60s';
"""

# By the beginning of the error's SQLSTATE: the problem, and the step before the next try.
_PASSING = (
    ("53100", "cannot be written: its disk is full", "Free some space there"),
    ("53300", "has no connection left", "Raise max_connections, or end other programs"),
    ("25006", "cannot be written: it is read-only, as a standby is", "Name the primary server in [ledger] url"),
    ("42501", "does not let us: {said}", "Have its owner grant that"),
    ("28", "does not let us in: {said}", "Correct the user in [ledger] url, or the password"),
    ("3D000", "is not there: {said}", "Create the database, or correct [ledger] url"),
    ("57P01", "was shut down", "Start it"),
    ("25P03", "gave up on us after a long pause", "Look why this machine stood still"),
)


class Server(Struct, frozen=True, kw_only=True):
    """Where the ledgers are kept."""

    conninfo: str  # for libpq, with the password
    place: str  # as people are told: no password in it
    lease: float = LEASE  # seconds for which what a process has is its own without a sign of life

    @property
    def patience(self) -> float:
        """Seconds for which the server may be away: less than a lease, so that nobody takes the lock meanwhile."""
        return self.lease / 2

    def connect(self, campaign: int | None = None) -> psycopg.Connection[Any]:
        """A connection in autocommit mode, about this campaign. Raises ``LedgerError``."""
        with self.explained():
            connection = psycopg.connect(
                make_conninfo(self.conninfo, **_parameters(self.lease)),
                autocommit=True,
                cursor_factory=ClientCursor,
            )
            try:
                connection.execute(_SETTINGS)
                if campaign is not None:
                    connection.execute("SELECT set_config('mass_apology.campaign', %s, false)", (str(campaign),))
            except BaseException:
                connection.close()
                raise
            return connection

    def connect_again(self, campaign: int) -> psycopg.Connection[Any]:
        """After a connection was lost: as ``connect``, tried for ``patience`` seconds: a restart takes a while."""
        until = time.monotonic() + self.patience
        while True:
            try:
                return self.connect(campaign)
            except LedgerError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn psycopg's errors with this database into ``LedgerError``."""
        try:
            yield
        except psycopg.Error as error:
            raise self.to_error(error) from error

    def to_error(self, error: psycopg.Error) -> LedgerError:
        """The sentence for what PostgreSQL or libpq said."""
        said = _first_line(error)
        state = error.sqlstate or ""
        if state == _ILLEGAL:
            return IllegalTransition(
                f"{self.place}: a letter was to change to a status that cannot follow its own; nothing was recorded.",
                next_step="Run the command again, and report this as a mistake in mass-apology.",
            )
        again = "then run the command again: it continues where it stopped."
        for prefix, problem, remedy in _PASSING:
            if state.startswith(prefix):
                return LedgerError(f"{self.place} {problem.format(said=said)}.", next_step=f"{remedy}, {again}")
        if isinstance(error, psycopg.OperationalError) and not state:
            problem, remedy = _unconnected(said)
            return LedgerError(f"{self.place} {problem}.", next_step=f"{remedy}, {again}")
        if isinstance(error, errors.UndefinedTable | errors.InvalidSchemaName):
            return LedgerError(
                f"{self.place} holds no ledgers yet.", next_step="Make one by running: mass-apology send"
            )
        return LedgerError(
            f"{self.place} cannot be used: PostgreSQL says {said}.", next_step=f"Look after the database, {again}"
        )


def server_of(parameters: Mapping[str, str], *, place: str, lease: float = LEASE) -> Server:
    """The server that libpq finds by these parameters; ``lease`` in seconds."""
    try:
        return Server(conninfo=make_conninfo("", **parameters), place=place, lease=lease)
    except psycopg.ProgrammingError as error:
        raise LedgerError(
            f"[ledger] url in campaign.toml cannot be used: {_first_line(error)}.",
            next_step="Correct what stands after its question mark.",
        ) from error


class Connection:
    """Implements ``connection.Connection``; statements are those of ``postgres_statements``."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self.raw = raw

    def execute(self, statement: str, facts: Facts | None = None, /) -> Cursor:
        return self.raw.execute(statement, facts)

    def executemany(self, statement: str, facts: Iterable[Facts], /) -> Cursor:
        cursor = self.raw.cursor()
        cursor.executemany(statement, facts)
        return cursor


class Pages:
    """The rows of a statement, fetched page by page within a transaction: constant memory, however many there are."""

    rowcount = -1

    def __init__(self, raw: psycopg.Connection[Any], name: str) -> None:
        self._raw = raw
        self._name = name

    def fetchmany(self, size: int = _PAGE, /) -> list[Any]:
        return self._raw.execute(f"FETCH {size:d} FROM {self._name}").fetchall()

    def fetchone(self) -> Any:
        rows = self.fetchmany(1)
        return rows[0] if rows else None

    def fetchall(self) -> list[Any]:
        return self._raw.execute(f"FETCH ALL FROM {self._name}").fetchall()

    def __iter__(self) -> Iterator[Any]:
        while page := self.fetchmany():
            yield from page


class PagedConnection(Connection):
    """For questions whose answers are long; in a transaction."""

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        super().__init__(raw)
        self._asked = 0

    def execute(self, statement: str, facts: Facts | None = None, /) -> Cursor:
        self._asked += 1
        name = f"page{self._asked}"
        self.raw.execute(f"DECLARE {name} NO SCROLL CURSOR FOR {statement}", facts)
        return Pages(self.raw, name)


class PostgresReading:
    """Implements ``connection.Reading``. Several threads may read at once, one after the other by the one connection;
    it is replaced or closed only while none of them uses it, for libpq would use memory that is free."""

    def __init__(self, server: Server, campaign: int, raw: psycopg.Connection[Any]) -> None:
        self.server = server
        self.campaign = campaign
        self._raw = raw
        self._guard = threading.Lock()
        self._users = 0
        self._is_closing = False

    def statements(self, file: str) -> Mapping[str, str]:
        return statements(file)

    @contextmanager
    def shared(self) -> Iterator[Connection]:
        with self.server.explained(), self._used() as raw:
            yield Connection(raw)

    def close(self) -> None:
        """Close the connection that is shared, or have the last who uses it do so."""
        with self._guard:
            self._is_closing = True
            if not self._users:
                self._raw.close()

    @contextmanager
    def _used(self) -> Iterator[psycopg.Connection[Any]]:
        with self._guard:
            if not self._users and not self._is_closing and _has_ended(self._raw):
                self._raw.close()
                self._raw = self.server.connect(self.campaign)
            self._users += 1
            raw = self._raw
        try:
            yield raw
        finally:
            with self._guard:
                self._users -= 1
                if self._is_closing and not self._users:
                    raw.close()

    @contextmanager
    def moment(self) -> Iterator[Connection]:
        with self.server.explained(), self._used() as raw:
            raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                yield Connection(raw)
            finally:
                raw.execute("ROLLBACK")

    @contextmanager
    def own(self) -> Iterator[Connection]:
        with self.server.explained(), closing(self.server.connect(self.campaign)) as raw:
            raw.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield PagedConnection(raw)


def _has_ended(raw: psycopg.Connection[Any]) -> bool:
    """Whether the server has ended an idle connection, as far as it has told us: to one that is idle it tells nothing
    else that matters."""
    try:
        return raw.closed or bool(select.select([raw.fileno()], [], [], 0)[0])
    except (psycopg.Error, OSError, ValueError):
        return True


def _parameters(lease: float) -> Mapping[str, str | int]:
    """A peer that is gone is noticed within half a lease, also while nothing is said."""
    return {
        "application_name": "mass-apology",
        "connect_timeout": max(2, round(lease / 6)),
        "keepalives_idle": max(1, round(lease / 6)),
        "keepalives_interval": max(1, round(lease / 12)),
        "keepalives_count": 3,
        "tcp_user_timeout": round(lease * 1000 / 2),
    }


def is_lost(error: psycopg.Error) -> bool:
    """Whether the connection has ended: by a restart, a crash, or a network that broke."""
    state = error.sqlstate or ""
    lost = isinstance(error, psycopg.OperationalError) and (not state or state.startswith(("08", "57P")))
    return lost or isinstance(error, psycopg.InterfaceError)


def _unconnected(said: str) -> tuple[str, str]:
    """The problem, and the step before the next try, where there was no connection."""
    answered = _ANSWERED.search(said)
    if answered is not None:
        words = answered["said"]
        found = next(each for each in _BEFORE_IT_LET_US_IN if any(word in words for word in each[0]))
        return found[1].format(said=words), found[2]
    if _NO_PASSWORD in said:
        return "asks for a password", "Say in [ledger] password where it is kept"
    said = said.removeprefix("connection failed: ")
    return f"does not answer: {said}", "Start the server, or correct [ledger] url in campaign.toml"


def _first_line(error: psycopg.Error) -> str:
    said = error.diag.message_primary or str(error)
    return said.strip().splitlines()[0].rstrip(".") if said.strip() else type(error).__name__
