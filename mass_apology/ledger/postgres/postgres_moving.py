"""A campaign's ledger in a database when it is moved: there from a file or another server, or away."""

from __future__ import annotations

from collections.abc import Iterator

from mass_apology.ledger.in_sql.moved_tables import DELIVERY, EDITION, TABLES, MovedTable, Row, SqlContents
from mass_apology.ledger.in_sql.moving_rows import copy, relocate
from mass_apology.ledger.in_sql.sql_ledger import SqlLedger
from mass_apology.ledger.moving import Contents, Copied, Relocation, Stage
from mass_apology.ledger.postgres.postgres_connections import Connection, PagedConnection
from mass_apology.ledger.postgres.postgres_site import PostgresSite
from mass_apology.ledger.postgres.postgres_statements import statements

_QUERIES = statements("moving.sql")
_ADD_NOTE = statements("records.sql")["add-note"]


def leave(ledger: SqlLedger[Connection], to: str, now: float) -> None:
    """One commit: nothing but the place it went to stays of the campaign."""

    def act(connection: Connection) -> None:
        _empty(connection)
        connection.execute(_QUERIES["forget-header"])
        relocate(connection, _QUERIES["relocate"], Relocation(stage=Stage.GONE, place=to, at=now))

    ledger.change_fenced(act)


def arrive(connection: Connection, contents: Contents, arriving: Relocation) -> Copied:
    """Within a transaction of a connection about the campaign: see ``MovableStore.arrive``."""
    _empty(connection)
    connection.raw.execute(_QUERIES["tables"])
    copied = copy(contents, lambda: _written(connection), lambda *table: _fill(connection, *table))
    relocate(connection, _QUERIES["relocate"], arriving)
    return copied


def put_to_use(connection: Connection, site: PostgresSite, note: str, now: float) -> None:
    """Within such a transaction: see ``MovableStore.put_to_use``."""
    site.settle(connection)
    connection.execute(_ADD_NOTE, {"now": now, "what": note})
    connection.execute(_QUERIES["put-to-use"])


def _written(connection: Connection) -> SqlContents:
    connection.raw.execute("ANALYZE all_recipient, all_delivery, all_outcome, all_mark")  # it is read by index soon
    return SqlContents(PagedConnection(connection.raw))


def _empty(connection: Connection) -> None:
    for statement in (
        "empty-marks",
        "empty-outcomes",
        "empty-chunks",
        "empty-sessions",
        "empty-shared",
        "empty-limits",
    ):
        connection.execute(_QUERIES[statement])
    for table in reversed(TABLES):
        if not table.is_one_row:
            own = f"all_{table.name} WHERE campaign = this_campaign()"
            connection.execute(f"DELETE FROM {own}")  # noqa: S608 (names of TABLES)


def _fill(connection: Connection, table: MovedTable, rows: Iterator[Row]) -> None:
    if table.is_one_row:
        changes = ", ".join(f'"{column}" = %({column})s' for column in table.columns)
        facts = dict(zip(table.columns, next(rows), strict=True))
        connection.execute(f"UPDATE {table.name} SET {changes}", facts)  # noqa: S608 (names of TABLES)
    elif table == EDITION:
        for number, *facts_of in rows:
            facts = dict(zip(table.columns[1:], facts_of, strict=True))
            (edition,) = connection.execute(_QUERIES["add-edition"], facts).fetchone()
            connection.execute(_QUERIES["number-edition"], {"number": number, "edition": edition})
    elif table == DELIVERY:
        _copy(connection, "arrived_letter", table, rows)
        for statement in ("letters", "outcomes", "marks"):
            connection.execute(_QUERIES[statement])
    else:
        _copy(connection, f"all_{table.name}", table, rows)


def _copy(connection: Connection, into: str, table: MovedTable, rows: Iterator[Row]) -> None:
    with connection.raw.cursor().copy(f"COPY {into} ({table.listed}) FROM STDIN") as copying:
        for row in rows:
            copying.write_row(row)
