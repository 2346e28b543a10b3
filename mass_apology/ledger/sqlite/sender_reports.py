"""What a run says of itself while it sends: one row, which the next report replaces."""

from __future__ import annotations

from sqlite3 import Connection

import msgspec
from msgspec.structs import replace

from mass_apology.ledger.sender_state import SenderReport
from mass_apology.ledger.sqlite.lock import transaction
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("sender_reports.sql")


def tell(connection: Connection, report: SenderReport) -> None:
    """Put it in the place of the one before; without effect where the lock is not ours."""
    with transaction(connection):
        connection.execute(_QUERIES["tell"], {"report": msgspec.json.encode(report).decode()})


def reports(reader: Connection) -> tuple[SenderReport, ...]:
    """What was said last, if anything was."""
    rows = reader.execute(_QUERIES["reports"]).fetchall()
    return tuple(
        replace(msgspec.json.decode(report, type=SenderReport), is_latest=bool(is_latest)) for report, is_latest in rows
    )


def forget(connection: Connection) -> None:
    """Within a transaction: keep nothing of what was said."""
    connection.execute(_QUERIES["forget"])
