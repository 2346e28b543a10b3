"""What the ledger says, for everyone who looks: results, counts, usage, notes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from operator import itemgetter
from pathlib import Path
from sqlite3 import Connection, Cursor
from typing import Self

import msgspec
from msgspec import Struct

from mass_apology.errors import require_sum
from mass_apology.ledger.sqlite import control_file, lock
from mass_apology.ledger.sqlite.control_file import Control
from mass_apology.ledger.sqlite.database import explained, open_reading
from mass_apology.ledger.sqlite.lock import Holder
from mass_apology.ledger.sqlite.origin import Origin, read_origin
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.model import LargestLetter, Status, largest_of, read_lines, read_rows

_QUERIES = statements("queries.sql")
_LOCK = statements("lock.sql")
_PAGE = 500  # rows fetched at a time


class Result(Struct, frozen=True, kw_only=True):
    """What became of one person in one wave. Times are Unix seconds."""

    delivery: int | None  # the ledger's row; None for somebody without a letter, whose rows were set aside
    address: str
    name: str
    language: str  # the letter's
    time_zone: str
    wave: str
    status: Status
    message_id: str  # with angle brackets; empty for a row that was set aside
    attempts: int
    lines: str  # JSON array of line numbers in the recipients file
    rows: str  # JSON array of objects: the recipient's rows, non-empty fields only
    planned_at: float
    due_at: float | None = None  # DEFERRED: not before
    handed_over_at: float | None = None  # the last time the final dot was about to be written
    accepted_at: float | None = None
    marked_at: float | None = None  # the last change of status
    code: int | None = None  # of the relay's last reply
    enhanced_code: str | None = None
    reply: str | None = None  # its text, or what happened instead of one; for a row that was set aside, why
    sha256: bytes | None = None  # of the message's octets


class People(Struct, frozen=True, kw_only=True):
    """Everybody whom a wave is about: each in one status, and none twice."""

    counts: Mapping[Status, int]  # every status is there
    letters: int  # people who have a letter in the wave, whatever became of it
    set_aside: int  # people without one: their rows cannot be written to, or must not
    rows_set_aside: int  # rows of the file that are set aside, also of people who have a letter

    def __post_init__(self) -> None:
        """Raise ``CountingError`` where somebody is in no status, or in two."""
        require_sum(
            "the people of the wave",
            self.total,
            {status.value: count for status, count in self.counts.items() if count},
        )

    @property
    def total(self) -> int:
        """How many they are."""
        return self.letters + self.set_aside


class Note(Struct, frozen=True, kw_only=True):
    """Something that was done and may be asked about later."""

    at: float  # Unix seconds
    what: str


class Records:
    """A ledger opened for reading, at any time and from any process; writes nothing but requests to the sender."""

    def __init__(self, path: Path, name: str, reader: Connection) -> None:
        self.path = path
        self.name = name
        self._reader = reader

    @classmethod
    def open(cls, path: Path, name: str) -> Self:
        """The ledger of the campaign ``name``. Raises ``LedgerError`` if it is missing, damaged, newer or another's."""
        return cls(path, name, open_reading(path, name))

    @staticmethod
    def open_any(path: Path) -> Records:
        """The ledger of whichever campaign it is; raises as ``open``."""
        reader = open_reading(path, None)
        with explained(path):
            (name, *_) = reader.execute(_QUERIES["campaign"]).fetchone()
        return Records(path, name, reader)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        self._reader.close()

    @property
    def key(self) -> bytes:
        """The campaign's secret for its Message-IDs: 32 octets, made with the ledger."""
        return bytes(self._campaign()[1])

    @property
    def origin(self) -> Origin:
        """Which ledger this is, and where it was last sent from."""
        with explained(self.path):
            return read_origin(self._reader)

    @property
    def digest_parts(self) -> Mapping[str, str]:
        """What the last plan was made from, and its digests; empty before the first plan."""
        return msgspec.json.decode(self._campaign()[2], type=dict[str, str])

    @property
    def header(self) -> tuple[str, ...]:
        """The column names of the recipients file, as of the last plan; empty before the first one."""
        return msgspec.json.decode(self._campaign()[3], type=tuple[str, ...])

    def counts(self, wave: str) -> dict[Status, int]:
        """How many people of the wave are in each status; every status is there."""
        return dict(self.people(wave).counts)

    def people(self, wave: str) -> People:
        """Everybody whom the wave is about, as of one moment. Raises ``CountingError`` where they do not add up."""
        counts = dict.fromkeys(Status, 0)
        with explained(self.path), _moment(self._reader):
            for status, count in self._reader.execute(_QUERIES["counts"], {"wave": wave}):
                counts[Status(status)] += count
            letters, set_aside, rows_set_aside = self._reader.execute(_QUERIES["totals"], {"wave": wave}).fetchone()
        return People(counts=counts, letters=letters, set_aside=set_aside, rows_set_aside=rows_set_aside)

    def largest_letter(self, wave: str) -> LargestLetter:
        """The largest letter of the wave, whether or not it has left; of 0 octets where none was looked at."""
        with explained(self.path):
            rows = self._reader.execute(_QUERIES["largest-letter"], {"wave": wave}).fetchall()
        return largest_of(LargestLetter(octets=octets, encoded=encoded, line=line) for octets, encoded, line in rows)

    def waves(self) -> list[str]:
        """The names of all waves that have letters, in the order in which they were planned."""
        with explained(self.path):
            return [wave for (wave,) in self._reader.execute(_QUERIES["waves"])]

    def waiting(self, wave: str) -> Iterator[list[tuple[int, str, bool]]]:
        """The wave's letters that are due, now or later, page by page: row, address, whether they left the file."""
        after = 0
        while page := self._waiting_page(wave, after):
            yield [(letter, address, bool(left_file)) for letter, address, left_file in page]
            after = page[-1][0]

    def _waiting_page(self, wave: str, after: int) -> list[tuple[int, str, int]]:
        facts = {"wave": wave, "after": after, "limit": _PAGE}
        with explained(self.path):
            return self._reader.execute(_QUERIES["waiting"], facts).fetchall()

    def in_doubt_ids(self, wave: str) -> list[int]:
        """The letters of the wave in doubt that may be sent again: those of customers who are still in the file."""
        with explained(self.path):
            return [letter for (letter,) in self._reader.execute(_QUERIES["in-doubt"], {"wave": wave})]

    def kept_back(self, wave: str) -> Iterator[tuple[str, str]]:
        """Who was withheld from the wave and did not leave the file: address and reason, of letters and of rows."""
        with explained(self.path):
            for address, reason in _stream(self._reader.execute(_QUERIES["kept-back"], {"wave": wave})):
                yield str(address), str(reason)

    def usage_since(self, since: float) -> list[tuple[int, int]]:
        """(minute, letters handed over in it) for all minutes that reach beyond ``since``; Unix seconds, in order.

        A letter that was handed over several times counts where it was handed over last.
        """
        with explained(self.path):
            return self._reader.execute(_QUERIES["usage-since"], {"since": since}).fetchall()

    def notes(self) -> list[Note]:
        """What was noted, in order."""
        with explained(self.path):
            return [Note(at=at, what=what) for at, what in self._reader.execute(_QUERIES["notes"])]

    def results(self, wave: str) -> Iterator[Result]:
        """Everyone in the wave in the order of planning, then those whose rows were set aside, as of one moment.

        Each person once: rows that were set aside of somebody who has a letter are passed over.

        Streams in constant memory on a connection of its own, and works while a sender runs.
        """
        with explained(self.path), closing(open_reading(self.path, self.name)) as reader:
            reader.execute("BEGIN")  # both queries see the same moment
            for row in _stream(reader.execute(_QUERIES["results"], {"wave": wave})):
                yield _result(row)
            for row in _stream(reader.execute(_QUERIES["set-aside"], {"wave": wave})):
                yield _set_aside(row, wave)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """The reading connection, for the other modules of this room; SQLite's errors become ``LedgerError``."""
        with explained(self.path):
            yield self._reader

    def holder(self) -> Holder | None:
        """The process that is sending, as far as this host can tell; ``None`` where there is none, or it has ended."""
        with explained(self.path):
            _, host, pid, started, renewed_at = self._reader.execute(_LOCK["holder"]).fetchone()
        if host is None:
            return None
        holder = Holder(host=host, pid=pid, started=started)
        ended = lock.may_be_taken(holder, host=lock.this_process().host, idle=time.time() - renewed_at)
        return None if ended else holder

    def request(self, wanted: Control) -> None:
        """Ask the running sender, or the next one, to run, pause or stop."""
        control_file.request(self.path, wanted)

    def requested(self) -> Control:
        """What was asked last."""
        return control_file.requested(self.path)

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
