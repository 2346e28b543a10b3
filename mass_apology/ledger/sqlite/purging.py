"""Personal data out of a campaign's ledger, once nobody needs it any more."""

from __future__ import annotations

import re
from sqlite3 import Connection

from mass_apology.errors import LedgerError
from mass_apology.ledger.recorded import Unfinished
from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.connections import Writing
from mass_apology.ledger.sqlite.statements import statements

NOTE = "personal data purged"

_QUERIES = statements("purging.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]

# What of a note names nobody, whatever follows it. Of any other note only its time stays.
_KEPT = re.compile(
    r"plan [a-z]+(?:-[a-z]+)* of [\d,]+ letters? confirmed"
    r"|wave [a-z0-9-]+ of at most [\d,]+ letters? armed"
    r"|[\d,]+ letters? of the (?:correction|wave) [a-z0-9-]+ confirmed"
    r"|[\d,]+ letters? of the wave [a-z0-9-]+ in doubt (?:was|were) released to be sent again"
    r"|[\d,]+ letters? in doubt (?:was|were) found in the relay's log and counted as accepted"
    r"|the lock was taken over from process \d+"
    rf"|{NOTE}"
)
_ANOTHER = "a note, whose text was purged"


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
    connection.create_function("kept_of_note", 1, _kept_of_note, deterministic=True)
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
        connection.execute(_ADD_NOTE, {"now": now, "what": NOTE})
    connection.execute(_QUERIES["compact"])
    (is_busy, *_) = connection.execute(_QUERIES["checkpoint"]).fetchone()
    if is_busy:
        raise LedgerError(
            "Another program is reading the ledger, so that old pages of it are still in its file.",
            next_step="Let the other program end (status, report, a database browser), then run the same purge again.",
        )


def _kept_of_note(what: str) -> str:
    kept = _KEPT.match(what)
    return kept[0] if kept else _ANOTHER
