"""One person in the ledger: all that is known of them, and the letters that they get once more."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, TypeVar

import msgspec

from mass_apology.errors import LedgerError, shell_command
from mass_apology.ledger.in_sql.connection import Connection, Facts, Reading, Writing
from mass_apology.ledger.one_person import (
    CameBack,
    Chosen,
    FoundPerson,
    KnownPerson,
    NewAddress,
    OnceMore,
    PersonLetter,
    SetAside,
)
from mass_apology.model import Status

T = TypeVar("T", bound=msgspec.Struct)


class SqlPersonRecords:
    """Implements ``port.PersonRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries = reading.statements("person_records.sql")

    def at(self, address: str, mailbox: int) -> list[KnownPerson]:
        return self._known("at", {"address": address, "mailbox": mailbox})

    def in_row(self, recipient: int) -> KnownPerson | None:
        return next(iter(self._known("in-row", {"recipient": recipient})), None)

    def like(self, text: str, most: int) -> list[FoundPerson]:
        typed, lower = (f"%{_literal(each)}%" for each in (text, text.lower()))
        return self._all(FoundPerson, "like", {"typed": typed, "lower": lower, "most": most})

    def with_status(self, wave: str, statuses: Collection[Status], most: int) -> list[FoundPerson]:
        found = [
            each
            for status in sorted(statuses)
            for each in self._all(FoundPerson, "with-status", {"wave": wave, "status": status.value, "most": most})
        ]
        return sorted(found, key=lambda each: each.recipient)[:most]

    def set_aside(self, address: str, mailbox: int) -> list[SetAside]:
        return self._all(SetAside, "set-aside", {"address": address, "mailbox": mailbox})

    def came_back(self, recipient: int) -> list[CameBack]:
        return self._all(CameBack, "came-back", {"recipient": recipient})

    def chosen(self, recipient: int) -> list[Chosen]:
        return self._all(Chosen, "chosen", {"recipient": recipient})

    def _known(self, query: str, facts: Facts) -> list[KnownPerson]:
        with self._reading.own() as reader:
            rows = reader.execute(self._queries[query], facts).fetchall()
            return [_made(KnownPerson, (*row, self._letters(reader, row[0]))) for row in rows]

    def _all(self, kind: type[T], query: str, facts: Facts) -> list[T]:
        with self._reading.own() as reader:
            return [_made(kind, row) for row in reader.execute(self._queries[query], facts)]

    def _letters(self, reader: Connection, recipient: int) -> tuple[PersonLetter, ...]:
        rows = reader.execute(self._queries["letters"], {"recipient": recipient})
        return tuple(_made(PersonLetter, (*row, msgspec.json.decode(parts or "{}"))) for *row, parts in rows)


class SqlResends:
    """Implements ``port.Resends``."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._queries = writing.statements("person_records.sql")

    def again(self, letter: OnceMore, what: str, now: float) -> int:
        facts = {**msgspec.structs.asdict(letter), "same_id": int(letter.same_id), "now": now}
        return self._writing.change_fenced(lambda connection: self._planned(connection, "again", facts, what))

    def elsewhere(self, letter: NewAddress, what: str, now: float) -> int:
        return self._writing.change_fenced(lambda connection: self._elsewhere(connection, letter, what, now))

    def _elsewhere(self, connection: Connection, letter: NewAddress, what: str, now: float) -> int:
        facts = {**msgspec.structs.asdict(letter), "now": now}
        (is_known,) = connection.execute(self._queries["is-known"], facts).fetchone()
        if is_known:
            raise LedgerError(
                "The new address is one of the campaign's already; nothing was planned.",
                next_step=f"See what it got: {shell_command('show', '--address', letter.address)}",
            )
        (recipient,) = connection.execute(self._queries["move-in"], facts).fetchone()
        facts["recipient"] = recipient
        connection.execute(self._queries["take-customers"], facts)
        connection.execute(self._queries["take-code"], facts)
        return self._planned(connection, "write-there", facts, what)

    def _planned(self, connection: Connection, query: str, facts: Facts, what: str) -> int:
        (delivery,) = connection.execute(self._queries[query], facts).fetchone()
        add_note = self._writing.statements("records.sql")["add-note"]
        connection.execute(add_note, {"now": facts["now"], "what": what})
        return int(delivery)


def _literal(text: str) -> str:
    """Of a pattern's wildcards each means itself."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def _made(kind: type[T], row: Sequence[Any]) -> T:
    return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=True)), kind, strict=False)
