"""Personal data out of a campaign's ledger, once nobody needs it any more."""

from __future__ import annotations

from collections.abc import Callable

from mass_apology.ledger.in_sql.connection import Connection, Writing
from mass_apology.ledger.purged_notes import PURGED, kept_of_note
from mass_apology.ledger.recorded import Unfinished

_STATEMENTS = (
    "recipients",
    "further-customers",
    "letters",
    "withheld",
    "feedback",
    "choices",
    "consents",
    "header",
    "letter-files",
    "letter-contents",
)


class SqlPurging:
    """Implements ``port.Purging``."""

    def __init__(self, writing: Writing, compact: Callable[[Connection], None]) -> None:
        """``compact`` takes what was forgotten off the disk, too; it may raise ``LedgerError``."""
        self._writing = writing
        self._compact = compact
        self._queries = writing.statements("purging.sql")

    def newest(self) -> float | None:
        (moment,) = self._writing.write(lambda connection: connection.execute(self._queries["newest"]).fetchone())
        return None if moment is None else float(moment)

    def unfinished(self) -> Unfinished:
        due, in_doubt = self._writing.write(
            lambda connection: connection.execute(self._queries["unfinished"]).fetchone()
        )
        return Unfinished(due=due, in_doubt=in_doubt)

    def named(self) -> int:
        (count,) = self._writing.write(lambda connection: connection.execute(self._queries["named"]).fetchone())
        return int(count)

    def purge(self, now: float) -> None:
        self._writing.change_fenced(lambda connection: self._purge(connection, now))
        self._writing.write(self._compact)

    def _purge(self, connection: Connection, now: float) -> None:
        for statement in _STATEMENTS:
            connection.execute(self._queries[statement])
        for note, what in connection.execute(self._queries["notes"]).fetchall():
            connection.execute(self._queries["set-note"], {"note": note, "what": kept_of_note(what)})
        connection.execute(self._writing.statements("sender_reports.sql")["forget"])
        connection.execute(self._writing.statements("records.sql")["add-note"], {"now": now, "what": PURGED})
