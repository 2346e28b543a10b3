"""A ledger changed behind the program's back: into states that its own triggers would refuse."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from sqlite3 import Connection

_TRIGGERS = ("delivery_begins", "delivery_changes", "delivery_ends")


@contextmanager
def tampered(path: Path) -> Iterator[Connection]:
    """The ledger's file without its triggers, which are back afterwards."""
    with closing(sqlite3.connect(path)) as connection, connection:
        made = [
            connection.execute("SELECT sql FROM sqlite_schema WHERE name = ?", (name,)).fetchone()[0]
            for name in _TRIGGERS
        ]
        for name in _TRIGGERS:
            connection.execute(f"DROP TRIGGER {name}")
        yield connection
        for sql in made:
            connection.execute(sql)
