"""What travels when a ledger is moved: every table of a ledger, in a shape that all databases share.

Editions are numbered 1, 2, … in their order here, since a database may give them other numbers; what is written in each
database's own way, such as the lock's holder or the file's place, is not among the columns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping

import msgspec
from msgspec import Struct

from mass_apology.ledger.in_sql.connection import COMMON, Connection
from mass_apology.system.statement_files import statements

Row = tuple[object, ...]


class MovedTable(Struct, frozen=True):
    """A table, or a view that shows one campaign's part of it."""

    name: str
    columns: tuple[str, ...]
    order: str = ""  # the columns of its key; a table of one row has none

    @property
    def is_one_row(self) -> bool:
        """Whether it always has a row, which is changed."""
        return not self.order

    @property
    def listed(self) -> str:
        """Its columns, as both databases take them: some are named as SQL's words."""
        return ", ".join(f'"{column}"' for column in self.columns)

    @property
    def select(self) -> str:
        """All its rows."""
        order = f" ORDER BY {self.order}" if self.order else ""
        return f"SELECT {self.listed} FROM {self.name}{order}"  # noqa: S608 (names of TABLES)


def _table(name: str, columns: str, order: str = "") -> MovedTable:
    return MovedTable(name, tuple(columns.split()), order)


DELIVERY = _table(
    "delivery",
    "id recipient wave status message_id language canary attempts planned_at first_tried_at due_at handed_over_at "
    "accepted_at marked_at code enhanced_code reply sha256 subject edition epoch repeats same_id relay stays",
    "id",
)
EDITION = _table("edition", "id wave digest digest_parts first_at", "id")

TABLES: tuple[MovedTable, ...] = (
    _table("campaign", "name key created_at digest_parts header"),
    _table("origin", "ledger suppressions suppressed log_size log_end"),
    _table("lock", "epoch"),
    _table("run", "id began_at", "id"),
    _table("replaced", "ledger at", "ledger"),
    _table("sender_report", "id epoch report", "id"),
    _table(
        "recipient",
        "id identity mailbox customer person address name language time_zone lines rows left_at",
        "id",
    ),
    _table("further_customer", "recipient customer", "recipient, customer"),
    EDITION,
    _table("largest_letter", "wave octets encoded line", "wave"),
    _table("code", "code recipient", "recipient"),
    DELIVERY,
    _table("choice", "delivery remedy chosen_at source", "delivery, remedy, chosen_at"),
    _table("withheld", "wave line identity recipient address reason row withheld_at", "wave, line"),
    _table("armed", "wave at by letters digest_parts", "wave"),
    _table(
        "feedback",
        "key part read_at at kind cause delivery proven address detail becomes said",
        "key, part",
    ),
    _table("letter_content", "sha256 data", "sha256"),
    _table("letter_file", "wave path sha256", "wave, path"),
    _table("note", "at what", "rowid"),
)
"""In the order in which they can be written: what a row speaks of comes before it."""

_NAMED = {table.name: table for table in TABLES}
_EDITION_OF_LETTER = DELIVERY.columns.index("edition")
_QUERIES = statements(COMMON, "moving.sql")


class SqlContents:
    """Implements ``moving.Contents``: what a connection sees, which is as of one moment."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        found = connection.execute(_QUERIES["editions"]).fetchall()
        self._editions: Mapping[object, int] = {id_: number for number, (id_,) in enumerate(found, start=1)}

    def rows(self, table: str) -> Iterator[Row]:
        found = self._connection.execute(_NAMED[table].select)
        if table == EDITION.name:
            return ((self._editions[id_], *rest) for id_, *rest in found)
        return self._numbered(found) if table == DELIVERY.name else map(tuple, found)

    def letters(self) -> Mapping[str, Mapping[str, int]]:
        counts: dict[str, dict[str, int]] = {}
        for wave, status, number in self._connection.execute(_QUERIES["letters"]):
            counts.setdefault(wave, {})[status] = number
        return counts

    def _numbered(self, letters: Iterable[Row]) -> Iterator[Row]:
        at = _EDITION_OF_LETTER
        for row in letters:
            edition = row[at]
            yield row if edition is None else (*row[:at], self._editions[edition], *row[at + 1 :])


class TableDigest:
    """Of the rows of a table, in whatever order: databases sort texts differently."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def over(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The same rows, each added as it passes by."""
        encode, blake = msgspec.msgpack.encode, hashlib.blake2b
        for row in rows:
            self.rows += 1
            self._sum += int.from_bytes(blake(encode(row), digest_size=32).digest())
            yield row

    def exhaust(self, rows: Iterable[Row]) -> TableDigest:
        """Add all of them."""
        for _ in self.over(rows):
            pass
        return self

    @property
    def value(self) -> str:
        """Number of rows, and the sum of their digests."""
        return f"{self.rows}:{self._sum % (1 << 256):064x}"
