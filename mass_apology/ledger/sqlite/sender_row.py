"""The row about the sender, for who only reads: who it is, and what a person asks of it: run, pause or stop.

A request stands in the row of the lock, since it is said to who holds that: the next holder finds ``RUN``. The sender
reads it beside its commits; who asks waits for the write lock, which the sender gives back after each of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.ledger.in_sql.connection import Reading
from mass_apology.ledger.in_sql.holders import this_process
from mass_apology.ledger.local_file import explained, transaction
from mass_apology.ledger.sender_state import Control, Holder, SharedWave
from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.database import open_writing
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.sqlite.write_lock import WriteLock

_QUERIES = statements("lock.sql")
_ADD_NOTE = statements("records.sql")["add-note"]


class SqliteSenderRow:
    """Implements ``holders.SenderRow``."""

    def __init__(self, path: Path, reading: Reading) -> None:
        self._path = path
        self._reading = reading

    def holder(self) -> Holder | None:
        with self._reading.shared() as reader:
            _, host, pid, started, renewed_at = reader.execute(_QUERIES["holder"]).fetchone()
        if host is None:
            return None
        found = Holder(host=host, pid=pid, started=started)
        ended = lock.may_be_taken(found, host=this_process().host, idle=time.time() - renewed_at)
        return None if ended else found

    def request(self, wanted: Control, note: str) -> None:
        with _own_transaction(self._path) as connection:
            connection.execute(_QUERIES["request"], {"wanted": wanted.value})
            if note:
                connection.execute(_ADD_NOTE, {"now": time.time(), "what": note})

    def remark(self, what: str) -> None:
        with _own_transaction(self._path) as connection:
            connection.execute(_ADD_NOTE, {"now": time.time(), "what": what})

    def shared(self) -> SharedWave | None:
        return None


@contextmanager
def _own_transaction(path: Path) -> Iterator[Connection]:
    """By a connection that lasts no longer than that."""
    with (
        closing(WriteLock(path, beside_others=True)) as write_lock,
        write_lock.held(),
        explained(path),
        closing(open_writing(path, None)) as connection,
        transaction(connection),
    ):
        yield connection
