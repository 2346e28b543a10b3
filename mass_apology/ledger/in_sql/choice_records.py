"""Which remedy each recipient chose, of those their letter offered."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence

from mass_apology.ledger.came_back import Choice, Recorded, Token
from mass_apology.ledger.in_sql.connection import Connection, Reading, Writing


class SqlChoiceRecords:
    """Implements ``port.ChoiceRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._queries = reading.statements("choice_records.sql")

    def last(self) -> Iterator[Choice]:
        with self._reading.own() as reader:
            for row in reader.execute(self._queries["last"], {"soon": time.time() + 1}):
                yield Choice(**dict(zip(Choice.__struct_fields__, row, strict=True)))

    def undecided(self) -> int:
        with self._reading.own() as reader:
            (count,) = reader.execute(self._queries["undecided"]).fetchone()
            return int(count)


class SqlChoices(SqlChoiceRecords):
    """Implements ``port.Choices``."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        super().__init__(reading)
        self._writing = writing

    def record(self, tokens: Sequence[Token], now: float) -> Recorded:
        return self._writing.change(lambda connection: self._record(connection, tokens, now))

    def _record(self, connection: Connection, tokens: Sequence[Token], now: float) -> Recorded:
        new = strange = 0
        if prepare := self._queries.get("prepare"):
            connection.execute(prepare)
        for order, token in enumerate(tokens):
            facts = {
                "token": token.letter,
                "remedy": token.remedy,
                "at": token.at,
                "now": now + order / 1_000_000,  # of two choices without a time, the one that was read later is later
                "source": token.source,
            }
            added = connection.execute(self._queries["add"], facts).rowcount
            new += added
            if not added:
                (there,) = connection.execute(self._queries["exists"], {"token": token.letter}).fetchone()
                strange += not there
        return Recorded(new=new, known=len(tokens) - new - strange, strange=strange)
