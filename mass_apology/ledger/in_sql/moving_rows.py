"""The parts of moving a ledger that are the same in every database."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from mass_apology.errors import LedgerError
from mass_apology.ledger.in_sql.connection import COMMON, Connection
from mass_apology.ledger.in_sql.moved_tables import TABLES, MovedTable, Row, SqlContents, TableDigest
from mass_apology.ledger.moving import Contents, Copied, Relocation, Stage, Standing
from mass_apology.system.statement_files import statements

_QUERIES = statements(COMMON, "moving.sql")


def relocation(connection: Connection) -> Relocation | None:
    """What the ledger says of itself; ``None`` where it is in use."""
    row = connection.execute(_QUERIES["relocation"]).fetchone()
    return None if row is None else Relocation(stage=Stage(row[0]), place=row[1], at=row[2])


def relocate(connection: Connection, statement: str, told: Relocation) -> None:
    """Let the ledger say of itself from now on where it is, or went; ``statement`` is how its database has that."""
    connection.execute(statement, {"stage": told.stage.value, "place": told.place, "now": told.at})


def standing(connection: Connection) -> Standing:
    """Of the ledger that the connection is about."""
    ledger, is_unused = connection.execute(_QUERIES["standing"]).fetchone()
    return Standing(ledger=ledger, is_unused=bool(is_unused), relocation=relocation(connection))


def copy(
    contents: Contents, here: Callable[[], SqlContents], fill: Callable[[MovedTable, Iterator[Row]], None]
) -> Copied:
    """Fill each table, then read all of it back. Raises ``LedgerError`` where anything differs from what was read."""
    digests = {table.name: TableDigest() for table in TABLES}
    for table in TABLES:
        fill(table, digests[table.name].over(contents.rows(table.name)))
    written = here()
    total = hashlib.sha256()
    for table in TABLES:
        digest = digests[table.name].value
        if TableDigest().exhaust(written.rows(table.name)).value != digest:
            raise _differs(f"the table {table.name}")
        total.update(f"{table.name}:{digest}\n".encode())
    letters = contents.letters()
    if written.letters() != letters:
        raise _differs("the numbers of letters in each status")
    return Copied(letters=letters, rows=sum(each.rows for each in digests.values()), digest=total.hexdigest())


def _differs(what: str) -> LedgerError:
    return LedgerError(
        f"Read back after it was copied, {what} differs from the ledger's; nothing was moved.",
        next_step="Run it again; if that does not help, report this as a mistake in mass-apology.",
    )
