"""Making and opening the ledger's file."""

from __future__ import annotations

import os
import secrets
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection

from mass_apology.errors import LedgerError
from mass_apology.ledger.in_sql.moving_rows import relocation
from mass_apology.ledger.local_file import LEDGER, connect, explained, ledger_error
from mass_apology.ledger.moving import require_in_use
from mass_apology.ledger.sqlite.on_disk import set_wal_aside, wal_of
from mass_apology.ledger.sqlite.place import begin, read_place
from mass_apology.ledger.sqlite.statements import read_sql, statements
from mass_apology.system.sqlite_file import is_empty

# What the writing connection is told. FULL: a commit is on the disk when it returns, on macOS only with fullfsync.
# The size limit gives the disk back what a large plan needed.
_WRITING = """
PRAGMA synchronous = FULL;
PRAGMA fullfsync = ON;
PRAGMA checkpoint_fullfsync = ON;
PRAGMA foreign_keys = ON;
PRAGMA temp_store = MEMORY;
PRAGMA cache_size = -8000;
PRAGMA journal_size_limit = 67108864;
"""

_QUERIES = statements("records.sql")


def create(path: Path, name: str, now: float) -> None:
    """Make the ledger of the campaign ``name``, mode 0600, complete or not at all.

    Raises ``LedgerError`` if the file holds anything already. An empty file, which a crash in here leaves, is used.
    """
    LEDGER.require_sqlite()
    try:
        _set_wal_aside(path)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # SQLite gives its -wal and -shm the mode of the file
    except OSError as error:
        raise ledger_error(error, path) from error
    with explained(path), closing(connect(path, "rw")) as connection:
        if not is_empty(connection):
            raise LedgerError(
                f"{path} exists already.", next_step="Use it, or choose another folder for a new campaign."
            )
        connection.executescript(f"BEGIN EXCLUSIVE; {read_sql('schema.sql')}")
        facts = {"name": name, "key": secrets.token_bytes(32), "now": now}
        connection.execute(_QUERIES["add-campaign"], facts)
        begin(connection, path)
        connection.execute("COMMIT")
        connection.execute("PRAGMA journal_mode = WAL")


def _set_wal_aside(path: Path) -> None:
    """SQLite deletes the -wal of a file that is gone or empty; what a ledger recorded last may be in it."""
    wal = wal_of(path)
    if wal.exists() and wal.stat().st_size and not (path.exists() and path.stat().st_size):
        set_wal_aside(path)


def open_writing(path: Path, name: str | None, *, in_use: bool = True) -> Connection:
    """The one writing connection of this process; ``name`` is the campaign's, where it is known.

    A ledger that is moved is none that is ``in_use``.
    """
    with explained(path):
        connection = _open(path, "rw", name, in_use=in_use)
        if connection.execute("PRAGMA journal_mode = WAL").fetchone() != ("wal",):
            raise LedgerError(
                f"{path} is on a file system that SQLite cannot keep it on safely.",
                next_step="Move the campaign's folder to a local disk.",
            )
        connection.executescript(_WRITING)
        return connection


def open_reading(path: Path, name: str | None) -> Connection:
    """A read-only connection. It sees every commit, and works while another process writes."""
    with explained(path):
        return _open(path, "ro", name, in_use=True)


def require_ledger(path: Path) -> None:
    """Raise ``LedgerError`` where there is no such file."""
    if not path.is_file():
        raise LedgerError(f"There is no ledger at {path}.", next_step="Make one by running: mass-apology send")


def _open(path: Path, mode: str, name: str | None, *, in_use: bool) -> Connection:
    require_ledger(path)

    def begin(connection: Connection) -> None:
        if in_use:
            require_used_here(connection, path)
        _require_campaign(connection, path, name)

    return LEDGER.open(path, mode, begin)


def require_used_here(connection: Connection, path: str | Path) -> None:
    """Raise ``LedgerError`` where the ledger was moved, or is being moved here."""
    require_in_use(str(path), relocation(connection))


def take_name(connection: Connection, name: str) -> None:
    """Make an unused ledger that of ``name``: ``check`` makes one before a campaign has its last name."""
    if _is_unused(connection):
        connection.execute(_QUERIES["take-name"], {"name": name})


def _is_unused(connection: Connection) -> bool:
    """Whether nothing was ever planned in it."""
    return bool(connection.execute(_QUERIES["is-unused"]).fetchone()[0])


def _require_campaign(connection: Connection, path: Path, name: str | None) -> None:
    (found, *_) = connection.execute(_QUERIES["campaign"]).fetchone()
    if name is None or found == name or _is_unused(connection):
        return
    copied = not read_place(connection).is_at(path)
    raise LedgerError(
        f'{path} belongs to the campaign "{found}", not to "{name}".',
        next_step="This folder is a copy. For the new campaign, delete ledger.sqlite* and log.jsonl in it; the others "
        "stay in the folder it was copied from."
        if copied
        else "Put the name in campaign.toml back, or make a new folder for the new campaign.",
    )
