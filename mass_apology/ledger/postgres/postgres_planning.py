"""Plans for a ledger in a database: what the plan is compared with is copied to it, and the plan to the database."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import islice
from pathlib import Path
from sqlite3 import Connection as Plan
from typing import Protocol

from mass_apology.ledger import port
from mass_apology.ledger.in_sql.committing import commit
from mass_apology.ledger.local_file import explained, transaction
from mass_apology.ledger.postgres.postgres_connections import Connection, PagedConnection
from mass_apology.ledger.postgres.postgres_ledger import PostgresLedger
from mass_apology.ledger.postgres.postgres_statements import statements
from mass_apology.ledger.staged import Planned
from mass_apology.ledger.staging.staged_plan import StagedPlan
from mass_apology.system.statement_files import statements as statements_in

_COMMIT = statements("commit.sql")
_COPIED = statements_in(__package__, "copied_ledger.sql")
_SENT = statements_in(__package__, "sent_plan.sql")

_TABLES = ("recipient", "further-customer", "delivery", "code")
"""What of the ledger a plan is compared with: statements of copied_ledger.sql, and the tables without a dash."""

_PLAN = ("staged", "further", "set-aside", "met", "superseded", "reidentified", "allotted")
"""What of the plan a commit needs: so too, of sent_plan.sql."""


class Found(Protocol):
    """Opens the ledger of a campaign."""

    @property
    def beside(self) -> Path: ...

    def found(self) -> AbstractContextManager[Connection | None]: ...


class PostgresStaging(StagedPlan):
    """Implements ``port.Planner``; the ledger need not exist yet."""

    def __init__(
        self,
        store: Found,
        wave: str,
        message_id: Callable[[int], str],
        *,
        each_customer: bool = False,
        stamp: bytes = b"",
    ) -> None:
        self._copy = _Copy(store)
        super().__init__(self._copy, wave, message_id, each_customer=each_customer, stamp=stamp)

    def _committed(self, ledger: port.Ledger, facts: dict[str, object]) -> Planned:
        if not isinstance(ledger, PostgresLedger):
            raise TypeError("a plan is committed to a ledger of its own store")
        return ledger.change_fenced(lambda connection: self._commit(connection, facts))

    def _commit(self, connection: Connection, facts: dict[str, object]) -> Planned:
        """In the writer's thread, in a transaction that nobody else changes anything beside."""
        self._met_as_of = None
        with self._copy.within(connection):
            planned = self.compare()
        connection.raw.execute(_SENT["tables"])
        with explained(self._path):
            for table in _PLAN:
                self._send(connection, table)
        connection.raw.execute("ANALYZE staged, met")
        last = {"last_number": self._met.last_number}
        commit(connection, _COMMIT, {**facts, **last}, by_priority=self._is_prioritised())
        connection.execute(statements("chunks.sql")["reopen"], last)
        connection.raw.execute("ANALYZE all_recipient, all_delivery")  # the first claims come before any autovacuum
        return planned

    def _send(self, connection: Connection, table: str) -> None:
        with connection.raw.cursor().copy(f"COPY {_named(table)} FROM STDIN") as copy:
            for row in self._connection.execute(_SENT[table]):
                copy.write_row(row)


class _Copy:
    """Implements ``staged_plan.LedgerOfPlan``: the ledger's people and letters, in a temporary database of the plan's
    connection."""

    def __init__(self, store: Found) -> None:
        self._store = store
        self._connection: Connection | None = None  # of the commit that is under way
        self.beside = store.beside

    def exists(self) -> bool:
        with self._opened() as connection:
            return connection is not None

    def as_of(self) -> object:
        with self._opened() as connection:
            if connection is None:
                return "there is no ledger"
            return connection.execute(statements("lock.sql")["changes"]).fetchone()

    @contextmanager
    def attached(self, plan: Plan) -> Iterator[None]:
        plan.execute("ATTACH '' AS ledger")
        try:
            with transaction(plan):
                for statement in _COPIED["tables"].split(";"):
                    plan.execute(statement)
                with self._opened() as connection:
                    if connection is not None:
                        _fill(plan, connection, within=self._connection is not None)
            yield
        finally:
            plan.execute("DETACH ledger")

    @contextmanager
    def within(self, connection: Connection) -> Iterator[None]:
        """Read by this connection, in its transaction."""
        self._connection = connection
        try:
            yield
        finally:
            self._connection = None

    @contextmanager
    def _opened(self) -> Iterator[Connection | None]:
        if self._connection is not None:
            yield self._connection
            return
        with self._store.found() as connection:
            yield connection


def _named(table: str) -> str:
    return table.replace("-", "_")


def _fill(plan: Plan, connection: Connection, *, within: bool) -> None:
    if not within:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    reader = PagedConnection(connection.raw)
    for table in _TABLES:
        rows = iter(reader.execute(_COPIED[table]))
        first = next(rows, None)
        if first is None:
            continue
        places = ", ".join("?" * len(first))
        insert = f"INSERT INTO ledger.{_named(table)} VALUES ({places})"  # noqa: S608 (a name of _TABLES)
        plan.execute(insert, first)
        while page := list(islice(rows, 5000)):
            plan.executemany(insert, page)
    if not within:
        connection.execute("ROLLBACK")
