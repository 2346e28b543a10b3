"""A SQLite ledger opened for reading, at any time and from any process."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from sqlite3 import Connection, Cursor
from typing import Self

import msgspec

from mass_apology.ledger.purged_notes import PURGED
from mass_apology.ledger.recorded import Edition, Note, People, Result
from mass_apology.ledger.sender_state import Control, Holder, SenderReport
from mass_apology.ledger.sqlite import control_row, editions, lock, sender_reports
from mass_apology.ledger.sqlite.answer_records import SqliteAnswerRecords
from mass_apology.ledger.sqlite.choice_records import SqliteChoiceRecords
from mass_apology.ledger.sqlite.connections import Reading
from mass_apology.ledger.sqlite.database import explained, open_reading
from mass_apology.ledger.sqlite.origin import SqliteContinuityRecords
from mass_apology.ledger.sqlite.overview import SqliteOverview
from mass_apology.ledger.sqlite.person_records import SqlitePersonRecords
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.sqlite.waves import SqliteWaveRecords
from mass_apology.model import LargestLetter, Status, largest_of, read_lines, read_rows

_QUERIES = statements("queries.sql")
_LOCK = statements("lock.sql")
_PAGE = 500  # rows fetched at a time


class SqliteRecords:
    """Implements ``port.Records``; writes nothing but requests to the sender, and notes."""

    def __init__(self, path: Path, name: str, reader: Connection) -> None:
        self.path = path
        self.name = name
        self._reader = reader
        self._reading = Reading(path, name, reader)

    @classmethod
    def open(cls, path: Path, name: str) -> Self:
        """The ledger of the campaign ``name``. Raises ``LedgerError`` if it is missing, damaged, newer or another's."""
        return cls(path, name, open_reading(path, name))

    @staticmethod
    def open_any(path: Path) -> SqliteRecords:
        """The ledger of whichever campaign it is; raises as ``open``."""
        reader = open_reading(path, None)
        with explained(path):
            (name, *_) = reader.execute(_QUERIES["campaign"]).fetchone()
        return SqliteRecords(path, name, reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._reader.close()

    # Its parts

    @property
    def waves(self) -> SqliteWaveRecords:
        return SqliteWaveRecords(self._reading)

    @property
    def choices(self) -> SqliteChoiceRecords:
        return SqliteChoiceRecords(self._reading)

    @property
    def answers(self) -> SqliteAnswerRecords:
        return SqliteAnswerRecords(self._reading)

    @property
    def persons(self) -> SqlitePersonRecords:
        return SqlitePersonRecords(self._reading)

    @property
    def continuity(self) -> SqliteContinuityRecords:
        return SqliteContinuityRecords(self._reading)

    @property
    def overview(self) -> SqliteOverview:
        return SqliteOverview(self._reading)

    # The campaign

    @property
    def place(self) -> str:
        return str(self.path)

    @property
    def key(self) -> bytes:
        return bytes(self._campaign()[1])

    @property
    def digest_parts(self) -> Mapping[str, str]:
        return msgspec.json.decode(self._campaign()[2], type=dict[str, str])

    @property
    def header(self) -> tuple[str, ...]:
        return msgspec.json.decode(self._campaign()[3], type=tuple[str, ...])

    @property
    def is_purged(self) -> bool:
        return any(note.what == PURGED for note in self.notes())

    def editions(self) -> list[Edition]:
        with self._reading.own() as reader:
            return editions.editions(reader)

    # Letters and people

    def counts(self, wave: str) -> dict[Status, int]:
        return dict(self.people(wave).counts)

    def people(self, wave: str) -> People:
        counts = dict.fromkeys(Status, 0)
        with explained(self.path), _moment(self._reader):
            for status, count in self._reader.execute(_QUERIES["counts"], {"wave": wave}):
                counts[Status(status)] += count
            letters, set_aside, rows_set_aside = self._reader.execute(_QUERIES["totals"], {"wave": wave}).fetchone()
        return People(counts=counts, letters=letters, set_aside=set_aside, rows_set_aside=rows_set_aside)

    def largest_letter(self, wave: str) -> LargestLetter:
        with explained(self.path):
            rows = self._reader.execute(_QUERIES["largest-letter"], {"wave": wave}).fetchall()
        return largest_of(LargestLetter(octets=octets, encoded=encoded, line=line) for octets, encoded, line in rows)

    def wave_names(self) -> list[str]:
        with explained(self.path):
            return [wave for (wave,) in self._reader.execute(_QUERIES["waves"])]

    def waiting(self, wave: str) -> Iterator[list[tuple[int, str, bool]]]:
        after = 0
        while page := self._waiting_page(wave, after):
            yield [(letter, address, bool(left_file)) for letter, address, left_file in page]
            after = page[-1][0]

    def _waiting_page(self, wave: str, after: int) -> list[tuple[int, str, int]]:
        facts = {"wave": wave, "after": after, "limit": _PAGE}
        with explained(self.path):
            return self._reader.execute(_QUERIES["waiting"], facts).fetchall()

    def in_doubt_ids(self, wave: str) -> list[int]:
        with explained(self.path):
            return [letter for (letter,) in self._reader.execute(_QUERIES["in-doubt"], {"wave": wave})]

    def kept_back(self, wave: str) -> Iterator[tuple[str, str]]:
        with explained(self.path):
            for address, reason in _stream(self._reader.execute(_QUERIES["kept-back"], {"wave": wave})):
                yield str(address), str(reason)

    def usage_since(self, since: float, relay: str | None = None) -> list[tuple[int, int]]:
        with explained(self.path):
            return self._reader.execute(_QUERIES["usage-since"], {"since": since, "relay": relay}).fetchall()

    def notes(self) -> list[Note]:
        with explained(self.path):
            return [Note(at=at, what=what) for at, what in self._reader.execute(_QUERIES["notes"])]

    def results(self, wave: str) -> Iterator[Result]:
        with self._reading.own() as reader:
            reader.execute("BEGIN")  # both queries see the same moment
            for row in _stream(reader.execute(_QUERIES["results"], {"wave": wave})):
                yield _result(row)
            for row in _stream(reader.execute(_QUERIES["set-aside"], {"wave": wave})):
                yield _set_aside(row, wave)

    # The sender

    def holder(self) -> Holder | None:
        with explained(self.path):
            _, host, pid, started, renewed_at = self._reader.execute(_LOCK["holder"]).fetchone()
        if host is None:
            return None
        holder = Holder(host=host, pid=pid, started=started)
        ended = lock.may_be_taken(holder, host=lock.this_process().host, idle=time.time() - renewed_at)
        return None if ended else holder

    def request(self, wanted: Control, *, note: str = "") -> None:
        control_row.request(self.path, wanted, note)

    def remark(self, what: str) -> None:
        control_row.remark(self.path, what)

    def requested(self) -> Control:
        with explained(self.path):
            return control_row.requested(self._reader)

    def handed_over(self, since: float) -> tuple[int, float | None]:
        with explained(self.path):
            row: tuple[int, float | None] = self._reader.execute(_QUERIES["handed-over"], {"since": since}).fetchone()
            return row

    def reports(self) -> tuple[SenderReport, ...]:
        with explained(self.path):
            return sender_reports.reports(self._reader)

    def _campaign(self) -> tuple[str, bytes, str, str]:
        with explained(self.path):
            row: tuple[str, bytes, str, str] = self._reader.execute(_QUERIES["campaign"]).fetchone()
            return row


@contextmanager
def _moment(reader: Connection) -> Iterator[None]:
    """All that is read meanwhile is as of one moment."""
    reader.execute("BEGIN")
    try:
        yield
    finally:
        reader.execute("COMMIT")


def _stream(cursor: Cursor) -> Iterator[tuple[object, ...]]:
    while page := cursor.fetchmany(_PAGE):
        yield from page


def _result(row: tuple[object, ...]) -> Result:
    return msgspec.convert(dict(zip(Result.__struct_fields__, row, strict=True)), Result)


def _set_aside(row: tuple[object, ...], wave: str) -> Result:
    lines, address, reason, rows, withheld_at = row
    by_line = sorted(zip(read_lines(str(lines)), read_rows(str(rows)), strict=True), key=itemgetter(0))
    facts = {
        "delivery": None,
        "address": address,
        "name": "",
        "language": "",
        "time_zone": "",
        "wave": wave,
        "status": Status.WITHHELD,
        "message_id": "",
        "attempts": 0,
        "lines": msgspec.json.encode([line for line, _ in by_line]).decode(),
        "rows": msgspec.json.encode([fields for _, fields in by_line]).decode(),
        "planned_at": withheld_at,
        "marked_at": withheld_at,
        "reply": reason,
    }
    return msgspec.convert(facts, Result)
