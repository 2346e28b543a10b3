"""What a person asks of the running sender from another terminal: run, pause or stop.

It stands in the row of the lock, since it is said to who holds that: the next holder finds ``RUN``. The sender reads it
beside its commits; who asks waits for the write lock, which the sender gives back after each of them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

from mass_apology.ledger.sender_state import Control
from mass_apology.ledger.sqlite.database import explained, open_writing
from mass_apology.ledger.sqlite.lock import transaction
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.sqlite.write_lock import WriteLock

_QUERIES = statements("lock.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]


def request(path: Path, wanted: Control, note: str) -> None:
    """Ask, and keep ``note`` where there is one."""
    with _own_transaction(path) as connection:
        connection.execute(_QUERIES["request"], {"wanted": wanted.value})
        if note:
            connection.execute(_ADD_NOTE, {"now": time.time(), "what": note})


def remark(path: Path, what: str) -> None:
    """Keep a note."""
    with _own_transaction(path) as connection:
        connection.execute(_ADD_NOTE, {"now": time.time(), "what": what})


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


def requested(reader: Connection) -> Control:
    """What was asked last of who holds the lock, or held it last."""
    (wanted,) = reader.execute(_QUERIES["requested"]).fetchone()
    return Control(wanted)
