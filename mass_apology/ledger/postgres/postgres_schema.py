"""The schema of an installation: made, and brought up to date, by whoever opens a ledger first.

A sender of an earlier version may be running: a step adds what it does not know, and takes nothing away.
"""

from __future__ import annotations

from mass_apology.errors import LedgerError
from mass_apology.ledger.postgres.postgres_connections import SCHEMA, Connection, Server
from mass_apology.ledger.postgres.postgres_statements import VERSION, step
from mass_apology.model import TRANSITIONS

_LOCK = 0x6D41504F  # "mAPO": the advisory lock of who changes the schema


def version_of(connection: Connection) -> int:
    """The schema's version; 0 where there is none."""
    table = {"table": f"{SCHEMA}.migration"}
    (there,) = connection.execute("SELECT to_regclass(%(table)s) IS NOT NULL", table).fetchone()
    if not there:
        return 0
    (version,) = connection.execute("SELECT max(version) FROM migration").fetchone()
    return int(version)


def bring_up_to_date(server: Server, connection: Connection) -> None:
    """Take all steps that the schema lacks, or none. Raises ``LedgerError`` where it is newer than this program."""
    version = version_of(connection)
    if version > VERSION:
        raise LedgerError(
            f"{server.place} holds ledgers of version {version}; this program reads version {VERSION}.",
            next_step="Use the newest mass-apology for it.",
        )
    if version == VERSION:
        return
    with connection.raw.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migration "
            "(version integer PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp())"
        )
        (version,) = connection.execute("SELECT coalesce(max(version), 0) FROM migration").fetchone()
        for each in range(version + 1, VERSION + 1):  # another process may have been here
            connection.raw.execute(step(each).encode())
            connection.execute("INSERT INTO migration (version) VALUES (%(version)s)", {"version": each})
        connection.execute("DELETE FROM transition")
        ways = [{"before": before.value, "after": after.value} for before, to in TRANSITIONS.items() for after in to]
        connection.executemany("INSERT INTO transition (before, after) VALUES (%(before)s, %(after)s)", ways)
