"""Personal data out of a campaign's ledger, once nobody needs it any more."""

from __future__ import annotations

from sqlite3 import Connection

from mass_apology.errors import LedgerError
from mass_apology.ledger.purged_notes import PURGED, kept_of_note
from mass_apology.ledger.recorded import Unfinished
from mass_apology.ledger.sqlite import lock, sender_reports
from mass_apology.ledger.sqlite.connections import Writing
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("purging.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]


class SqlitePurging:
    """Implements ``port.Purging``."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    def newest(self) -> float | None:
        (moment,) = self._writing.write(lambda connection: connection.execute(_QUERIES["newest"]).fetchone())
        return None if moment is None else float(moment)

    def unfinished(self) -> Unfinished:
        due, in_doubt = self._writing.write(lambda connection: connection.execute(_QUERIES["unfinished"]).fetchone())
        return Unfinished(due=due, in_doubt=in_doubt)

    def named(self) -> int:
        (count,) = self._writing.write(lambda connection: connection.execute(_QUERIES["named"]).fetchone())
        return int(count)

    def purge(self, now: float) -> None:
        """As the port says. ``LedgerError`` also where another program reads just now: then the tables name nobody any
        more, and the file may; purging again finishes it."""
        self._writing.write(lambda connection: _purge(connection, now))


def _purge(connection: Connection, now: float) -> None:
    connection.create_function("kept_of_note", 1, kept_of_note, deterministic=True)
    with lock.fenced(connection):
        for statement in (
            "recipients",
            "further-customers",
            "letters",
            "withheld",
            "feedback",
            "choices",
            "consents",
            "header",
            "notes",
        ):
            connection.execute(_QUERIES[statement])
        sender_reports.forget(connection)
        connection.execute(_ADD_NOTE, {"now": now, "what": PURGED})
    connection.execute(_QUERIES["compact"])
    (is_busy, *_) = connection.execute(_QUERIES["checkpoint"]).fetchone()
    if is_busy:
        raise LedgerError(
            "Another program is reading the ledger, so that old pages of it are still in its file.",
            next_step="Let the other program end (status, report, a database browser), then run the same purge again.",
        )
