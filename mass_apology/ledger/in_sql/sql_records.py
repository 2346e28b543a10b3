"""A ledger opened for reading, at any time and from any process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Self

import msgspec

from mass_apology.ledger.in_sql import editions, sender_reports
from mass_apology.ledger.in_sql.answer_records import SqlAnswerRecords
from mass_apology.ledger.in_sql.choice_records import SqlChoiceRecords
from mass_apology.ledger.in_sql.connection import Cursor, Reading
from mass_apology.ledger.in_sql.continuity import Site, SqlContinuityRecords
from mass_apology.ledger.in_sql.holders import SenderRow
from mass_apology.ledger.in_sql.kept_letter_files import SqlLetterFileRecords
from mass_apology.ledger.in_sql.overview import SqlOverview
from mass_apology.ledger.in_sql.person_records import SqlPersonRecords
from mass_apology.ledger.in_sql.waves import SqlWaveRecords
from mass_apology.ledger.purged_notes import PURGED
from mass_apology.ledger.recorded import Edition, Note, People, Result
from mass_apology.ledger.sender_state import Control, Holder, SenderReport, SharedWave
from mass_apology.model import LargestLetter, Status, largest_of, read_lines, read_rows

_PAGE = 500  # rows fetched at a time


class SqlRecords(ABC):
    """Implements ``port.Records``; writes nothing but requests to the sender, and notes."""

    def __init__(self, name: str, place: str, reading: Reading, site: Site, sender: SenderRow) -> None:
        self.name = name
        self.place = place
        self._reading = reading
        self._site = site
        self._sender = sender
        self._queries = reading.statements("records.sql")

    def __enter__(self) -> Self:
        return self

    @abstractmethod
    def __exit__(self, *_: object) -> None: ...

    def holder(self) -> Holder | None:
        return self._sender.holder()

    def request(self, wanted: Control, *, note: str = "") -> None:
        self._sender.request(wanted, note)

    def remark(self, what: str) -> None:
        self._sender.remark(what)

    def shared(self) -> SharedWave | None:
        return self._sender.shared()

    # Its parts

    @property
    def waves(self) -> SqlWaveRecords:
        return SqlWaveRecords(self._reading)

    @property
    def choices(self) -> SqlChoiceRecords:
        return SqlChoiceRecords(self._reading)

    @property
    def answers(self) -> SqlAnswerRecords:
        return SqlAnswerRecords(self._reading)

    @property
    def persons(self) -> SqlPersonRecords:
        return SqlPersonRecords(self._reading)

    @property
    def continuity(self) -> SqlContinuityRecords:
        return SqlContinuityRecords(self._reading, self._site)

    @property
    def letter_files(self) -> SqlLetterFileRecords:
        return SqlLetterFileRecords(self._reading)

    @property
    def overview(self) -> SqlOverview:
        return SqlOverview(self._reading)

    # The campaign

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
            return editions.editions(reader, self._reading.statements("editions.sql"))

    # Letters and people

    def counts(self, wave: str) -> dict[Status, int]:
        return dict(self.people(wave).counts)

    def people(self, wave: str) -> People:
        counts = dict.fromkeys(Status, 0)
        with self._reading.moment() as reader:
            for status, count in reader.execute(self._queries["counts"], {"wave": wave}):
                counts[Status(status)] += count
            letters, set_aside, rows_set_aside = reader.execute(self._queries["totals"], {"wave": wave}).fetchone()
        return People(counts=counts, letters=letters, set_aside=set_aside, rows_set_aside=rows_set_aside)

    def largest_letter(self, wave: str) -> LargestLetter:
        with self._reading.shared() as reader:
            rows = reader.execute(self._queries["largest-letter"], {"wave": wave}).fetchall()
        return largest_of(LargestLetter(octets=octets, encoded=encoded, line=line) for octets, encoded, line in rows)

    def wave_names(self) -> list[str]:
        with self._reading.shared() as reader:
            return [wave for (wave,) in reader.execute(self._queries["waves"])]

    def waiting(self, wave: str) -> Iterator[list[tuple[int, str, bool]]]:
        after = 0
        while page := self._waiting_page(wave, after):
            yield [(letter, address, bool(left_file)) for letter, address, left_file in page]
            after = page[-1][0]

    def _waiting_page(self, wave: str, after: int) -> list[tuple[int, str, int]]:
        facts = {"wave": wave, "after": after, "limit": _PAGE}
        with self._reading.shared() as reader:
            return reader.execute(self._queries["waiting"], facts).fetchall()

    def in_doubt_ids(self, wave: str) -> list[int]:
        with self._reading.shared() as reader:
            return [letter for (letter,) in reader.execute(self._queries["in-doubt"], {"wave": wave})]

    def kept_back(self, wave: str) -> Iterator[tuple[str, str]]:
        with self._reading.own() as reader:
            for address, reason in _stream(reader.execute(self._queries["kept-back"], {"wave": wave})):
                yield str(address), str(reason)

    def usage_since(self, since: float, relay: str | None = None) -> list[tuple[int, int]]:
        with self._reading.shared() as reader:
            return reader.execute(self._queries["usage-since"], {"since": since, "relay": relay}).fetchall()

    def notes(self) -> list[Note]:
        with self._reading.shared() as reader:
            return [Note(at=at, what=what) for at, what in reader.execute(self._queries["notes"])]

    def results(self, wave: str) -> Iterator[Result]:
        with self._reading.own() as reader:  # both queries see the same moment
            for row in _stream(reader.execute(self._queries["results"], {"wave": wave})):
                yield _result(row)
            for row in _stream(reader.execute(self._queries["set-aside"], {"wave": wave})):
                yield _set_aside(row, wave)

    # The sender

    def requested(self) -> Control:
        with self._reading.shared() as reader:
            (wanted,) = reader.execute(self._reading.statements("lock.sql")["requested"]).fetchone()
            return Control(wanted)

    def handed_over(self, since: float) -> tuple[int, float | None]:
        with self._reading.shared() as reader:
            row: tuple[int, float | None] = reader.execute(self._queries["handed-over"], {"since": since}).fetchone()
            return row

    def reports(self) -> tuple[SenderReport, ...]:
        with self._reading.shared() as reader:
            return sender_reports.reports(reader, self._reading.statements("sender_reports.sql"))

    def _campaign(self) -> tuple[str, bytes, str, str]:
        with self._reading.shared() as reader:
            row: tuple[str, bytes, str, str] = reader.execute(self._queries["campaign"]).fetchone()
            return row


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
