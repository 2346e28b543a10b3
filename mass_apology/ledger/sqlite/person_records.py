"""One person in the ledger: all that is known of them, and the letters that they get once more."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection
from typing import Any, TypeVar

import msgspec

from mass_apology.errors import LedgerError
from mass_apology.ledger.one_person import CameBack, Chosen, KnownPerson, NewAddress, OnceMore, PersonLetter, SetAside
from mass_apology.ledger.sqlite.connections import Reading, Writing
from mass_apology.ledger.sqlite.lock import fenced
from mass_apology.ledger.sqlite.statements import statements

T = TypeVar("T", bound=msgspec.Struct)

_QUERIES = statements("person_records.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]


class SqlitePersonRecords:
    """Implements ``port.PersonRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def at(self, address: str, mailbox: int) -> list[KnownPerson]:
        with self._reading.own() as reader:
            rows = reader.execute(_QUERIES["at"], {"address": address, "mailbox": mailbox}).fetchall()
            return [_made(KnownPerson, (*row, _letters(reader, row[0]))) for row in rows]

    def set_aside(self, address: str, mailbox: int) -> list[SetAside]:
        with self._reading.own() as reader:
            rows = reader.execute(_QUERIES["set-aside"], {"address": address, "mailbox": mailbox})
            return [_made(SetAside, row) for row in rows]

    def came_back(self, recipient: int) -> list[CameBack]:
        with self._reading.own() as reader:
            return [_made(CameBack, row) for row in reader.execute(_QUERIES["came-back"], {"recipient": recipient})]

    def chosen(self, recipient: int) -> list[Chosen]:
        with self._reading.own() as reader:
            return [_made(Chosen, row) for row in reader.execute(_QUERIES["chosen"], {"recipient": recipient})]


class SqliteResends:
    """Implements ``port.Resends``."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing

    def again(self, letter: OnceMore, what: str, now: float) -> int:
        facts = {**msgspec.structs.asdict(letter), "now": now}

        def act(connection: Connection) -> int:
            with fenced(connection):
                (delivery,) = connection.execute(_QUERIES["again"], facts).fetchone()
                connection.execute(_ADD_NOTE, {"now": now, "what": what})
                return int(delivery)

        return self._writing.write(act)

    def elsewhere(self, letter: NewAddress, what: str, now: float) -> int:
        return self._writing.write(lambda connection: _elsewhere(connection, letter, what, now))


def _elsewhere(connection: Connection, letter: NewAddress, what: str, now: float) -> int:
    facts = {**msgspec.structs.asdict(letter), "now": now}
    with fenced(connection):
        (is_known,) = connection.execute(_QUERIES["is-known"], facts).fetchone()
        if is_known:
            raise LedgerError(
                "The new address is one of the campaign's already; nothing was planned.",
                next_step=f"See what it got: mass-apology show --address {letter.address}",
            )
        (recipient,) = connection.execute(_QUERIES["move-in"], facts).fetchone()
        facts["recipient"] = recipient
        connection.execute(_QUERIES["take-customers"], facts)
        connection.execute(_QUERIES["take-code"], facts)
        (delivery,) = connection.execute(_QUERIES["write-there"], facts).fetchone()
        connection.execute(_ADD_NOTE, {"now": now, "what": what})
        return int(delivery)


def _letters(reader: Connection, recipient: int) -> tuple[PersonLetter, ...]:
    rows = reader.execute(_QUERIES["letters"], {"recipient": recipient})
    return tuple(_made(PersonLetter, (*row, msgspec.json.decode(parts or "{}"))) for *row, parts in rows)


def _made(kind: type[T], row: Sequence[Any]) -> T:
    return msgspec.convert(dict(zip(kind.__struct_fields__, row, strict=True)), kind, strict=False)
