"""What a run says of itself while it sends: one row, which the next report replaces."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from mass_apology.ledger.in_sql.connection import Connection
from mass_apology.ledger.sender_state import SenderReport


def tell(connection: Connection, queries: Mapping[str, str], report: SenderReport, epoch: int | None) -> None:
    """Within a transaction: put it in the place of the one before; without effect where the lock is not of this
    epoch."""
    facts = {"report": msgspec.json.encode(report).decode(), "epoch": epoch}
    for statement in ("replace", "tell"):
        connection.execute(queries[statement], facts)


def reports(reader: Connection, queries: Mapping[str, str]) -> tuple[SenderReport, ...]:
    """What was said last, if anything was."""
    rows = reader.execute(queries["reports"]).fetchall()
    return tuple(
        replace(msgspec.json.decode(report, type=SenderReport), is_latest=bool(is_latest)) for report, is_latest in rows
    )
