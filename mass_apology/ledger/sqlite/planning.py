"""Plans for a ledger in a file: the two files are attached to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.ledger import port
from mass_apology.ledger.in_sql.committing import commit
from mass_apology.ledger.local_file import explained
from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.sqlite_ledger import SqliteLedger
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.staged import Planned
from mass_apology.ledger.staging.staged_plan import StagedPlan
from mass_apology.system.regular_file import file_stamp

_COMMIT = statements("commit.sql")


class SqliteStaging(StagedPlan):
    """Implements ``port.Planner``; the ledger at this path need not exist yet."""

    def __init__(
        self,
        ledger: Path,
        wave: str,
        message_id: Callable[[int], str],
        *,
        each_customer: bool = False,
        stamp: bytes = b"",
    ) -> None:
        super().__init__(_File(ledger), wave, message_id, each_customer=each_customer, stamp=stamp)

    def _committed(self, ledger: port.Ledger, facts: dict[str, object]) -> Planned:
        if not isinstance(ledger, SqliteLedger):
            raise TypeError("a plan is committed to a ledger of its own store")
        return ledger.write(lambda connection: self._commit(connection, facts))

    def _commit(self, connection: Connection, facts: dict[str, object]) -> Planned:
        """In the writer's thread. Under our lock nobody else writes, so what was compared stays true."""
        self._met_as_of = None
        planned = self.compare()
        connection.execute(_COMMIT["attach"], (f"{self._path.absolute().as_uri()}?mode=ro",))
        try:
            with lock.fenced(connection):
                last = {"last_number": self._met.last_number}
                commit(connection, _COMMIT, {**facts, **last}, by_priority=self._is_prioritised())
        finally:
            connection.execute(_COMMIT["detach"])
        connection.execute(_COMMIT["checkpoint"])
        return planned


class _File:
    """Implements ``staged_plan.LedgerOfPlan``."""

    def __init__(self, path: Path) -> None:
        self.beside = path

    def exists(self) -> bool:
        return self.beside.exists() and self.beside.stat().st_size > 0  # making an empty one was interrupted

    def as_of(self) -> object:
        return [file_stamp(self.beside), file_stamp(self.beside.with_name(f"{self.beside.name}-wal"))]

    @contextmanager
    def attached(self, connection: Connection) -> Iterator[None]:
        with explained(self.beside):
            connection.execute("ATTACH ? AS ledger", (f"{self.beside.absolute().as_uri()}?mode=ro",))
            try:
                yield
            finally:
                connection.execute("DETACH ledger")
