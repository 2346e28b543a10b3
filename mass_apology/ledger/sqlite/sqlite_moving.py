"""A ledger's file when the ledger is moved: to a database, or from one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.ledger.in_sql.moved_tables import TABLES, MovedTable, Row, SqlContents
from mass_apology.ledger.in_sql.moving_rows import copy, relocate, standing
from mass_apology.ledger.in_sql.sql_ledger import SqlLedger
from mass_apology.ledger.local_file import LEDGER, explained, transaction
from mass_apology.ledger.moving import Contents, Copied, Relocation, Require, Stage, Standing
from mass_apology.ledger.sqlite import database
from mass_apology.ledger.sqlite.lock import fenced
from mass_apology.ledger.sqlite.place import FileSite
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.sqlite.write_lock import WriteLock

_QUERIES = statements("moving.sql")
_ADD_NOTE = statements("records.sql")["add-note"]


def standing_in(path: Path) -> Standing:
    """Whatever stage it is in."""
    with explained(path), closing(LEDGER.open(path, "ro", lambda _: None)) as connection:
        return standing(connection)


def leave(ledger: SqlLedger[Connection], to: str, now: float) -> None:
    """One commit: nothing but the place it went to stays in the file."""

    def act(connection: Connection) -> None:
        # With them each deleted letter is looked for in all others; the setting is none of a transaction.
        connection.execute("PRAGMA foreign_keys = OFF")
        try:
            with fenced(connection):
                _empty(connection)
                connection.execute(_QUERIES["forget-header"])
                relocate(connection, _QUERIES["relocate"], Relocation(stage=Stage.GONE, place=to, at=now))
        finally:
            connection.execute("PRAGMA foreign_keys = ON")

    ledger.write(act)


def arrive(path: Path, name: str, contents: Contents, arriving: Relocation, require: Require) -> Copied:
    """As ``MovableStore.arrive``. A file that is made for it is an unused ledger until the commit."""
    if not path.is_file() or not path.stat().st_size:
        with closing(WriteLock(path)) as write_lock, write_lock.held():
            database.create(path, name, time.time())
    with _alone(path) as connection, transaction(connection):
        require(standing(connection))
        _empty(connection)
        with _without_triggers(connection):
            copied = copy(contents, lambda: SqlContents(connection), lambda *table: _fill(connection, *table))
        relocate(connection, _QUERIES["relocate"], arriving)
    return copied


def put_to_use(path: Path, note: str, now: float) -> None:
    """As ``MovableStore.put_to_use``."""
    with _alone(path) as connection, transaction(connection):
        FileSite(path).settle(connection)
        connection.execute(_ADD_NOTE, {"now": now, "what": note})
        connection.execute(_QUERIES["put-to-use"])


@contextmanager
def _alone(path: Path) -> Iterator[Connection]:
    """A writing connection, whatever stage the ledger is in; nobody else writes meanwhile."""
    with (
        closing(WriteLock(path)) as write_lock,
        write_lock.held(),
        explained(path),
        closing(database.open_writing(path, None, in_use=False)) as connection,
    ):
        connection.execute("PRAGMA foreign_keys = OFF")  # rows come in the order of their tables
        yield connection


def _empty(connection: Connection) -> None:
    with _without_triggers(connection):
        for table in reversed(TABLES):
            if not table.is_one_row:
                connection.execute(f"DELETE FROM {table.name}")  # noqa: S608 (names of TABLES)


@contextmanager
def _without_triggers(connection: Connection) -> Iterator[None]:
    """Within a transaction: letters come and go in whatever status they are."""
    triggers = connection.execute(_QUERIES["letters-triggers"]).fetchall()
    for name, _ in triggers:
        connection.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        connection.execute(sql)


def _fill(connection: Connection, table: MovedTable, rows: Iterator[Row]) -> None:
    if table.is_one_row:
        changes = ", ".join(f'"{column}" = ?' for column in table.columns)
        connection.execute(f"UPDATE {table.name} SET {changes}", next(rows))  # noqa: S608 (names of TABLES)
        return
    places = ", ".join("?" * len(table.columns))
    insert = f"INSERT INTO {table.name} ({table.listed}) VALUES ({places})"  # noqa: S608 (names of TABLES)
    connection.executemany(insert, rows)
