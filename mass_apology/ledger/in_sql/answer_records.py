"""Who wrote after a letter, and waits for an answer of the customer service."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from mass_apology.ledger.came_back import Returned, WaitingPerson
from mass_apology.ledger.in_sql.connection import Connection, Reading, Writing


class SqlAnswerRecords:
    """Implements ``port.AnswerRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries = reading.statements("answer_records.sql")

    def waiting(self) -> Iterator[WaitingPerson]:
        with self._reading.own() as reader:
            for row in reader.execute(self._queries["waiting"]):
                yield WaitingPerson(**dict(zip(WaitingPerson.__struct_fields__, row, strict=True)))

    def all(self) -> Iterator[Returned]:
        with self._reading.own() as reader:
            for row in reader.execute(self._queries["all"]):
                facts = dict(zip(Returned.__struct_fields__, row, strict=True))
                yield Returned(**{**facts, "proven": bool(facts["proven"])})


class SqlAnswers(SqlAnswerRecords):
    """Implements ``port.Answers``."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        super().__init__(reading)
        self._writing = writing

    def answered(self, addresses: Collection[str], now: float) -> frozenset[str]:
        return self._writing.change(
            lambda connection: frozenset(address for address in addresses if not self._answer(connection, address, now))
        )

    def _answer(self, connection: Connection, address: str, now: float) -> bool:
        """Whether anybody wrote under this address."""
        letters = connection.execute(self._queries["asked"], {"address": address}).fetchall()
        for (letter,) in letters:
            facts = {"key": f"answered/{letter}", "letter": letter, "now": now}
            connection.execute(self._queries["forget-answer"], facts)
            connection.execute(self._queries["answer"], facts)
        return bool(letters)
