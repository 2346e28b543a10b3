"""Who wrote after a letter, and waits for an answer of the customer service."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from sqlite3 import Connection

from mass_apology.ledger.came_back import Returned, WaitingPerson
from mass_apology.ledger.sqlite.connections import Reading, Writing
from mass_apology.ledger.sqlite.lock import transaction
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("answer_records.sql")


class SqliteAnswerRecords:
    """Implements ``port.AnswerRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def waiting(self) -> Iterator[WaitingPerson]:
        with self._reading.own() as reader:
            for row in reader.execute(_QUERIES["waiting"]):
                yield WaitingPerson(**dict(zip(WaitingPerson.__struct_fields__, row, strict=True)))

    def all(self) -> Iterator[Returned]:
        with self._reading.own() as reader:
            for row in reader.execute(_QUERIES["all"]):
                facts = dict(zip(Returned.__struct_fields__, row, strict=True))
                yield Returned(**{**facts, "proven": bool(facts["proven"])})


class SqliteAnswers(SqliteAnswerRecords):
    """Implements ``port.Answers``."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        super().__init__(reading)
        self._writing = writing

    def answered(self, addresses: Collection[str], now: float) -> frozenset[str]:
        return self._writing.write(lambda connection: _answered(connection, addresses, now))


def _answered(connection: Connection, addresses: Collection[str], now: float) -> frozenset[str]:
    with transaction(connection):
        return frozenset(
            address
            for address in addresses
            if not connection.execute(_QUERIES["answer"], {"address": address, "now": now}).rowcount
        )
