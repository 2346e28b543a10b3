"""Which remedy each recipient chose, of those their letter offered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from sqlite3 import Connection

from mass_apology.ledger.came_back import Choice, Recorded, Token
from mass_apology.ledger.sqlite.connections import Reading, Writing
from mass_apology.ledger.sqlite.lock import transaction
from mass_apology.ledger.sqlite.statements import statements

_QUERIES = statements("choice_records.sql")


class SqliteChoiceRecords:
    """Implements ``port.ChoiceRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    def last(self) -> Iterator[Choice]:
        with self._reading.own() as reader:
            for row in reader.execute(_QUERIES["last"]):
                yield Choice(**dict(zip(Choice.__struct_fields__, row[:-1], strict=True)))

    def undecided(self) -> int:
        with self._reading.own() as reader:
            (count,) = reader.execute(_QUERIES["undecided"]).fetchone()
            return int(count)


class SqliteChoices(SqliteChoiceRecords):
    """Implements ``port.Choices``."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        super().__init__(reading)
        self._writing = writing

    def record(self, tokens: Sequence[Token], now: float) -> Recorded:
        return self._writing.write(lambda connection: _record(connection, tokens, now))


def _record(connection: Connection, tokens: Sequence[Token], now: float) -> Recorded:
    new = strange = 0
    with transaction(connection):
        connection.execute(_QUERIES["prepare"])
        for order, token in enumerate(tokens):
            facts = {
                "token": token.letter,
                "remedy": token.remedy,
                "at": token.at,
                "now": now + order / 1_000_000,  # of two choices without a time, the one that was read later is later
                "source": token.source,
            }
            added = connection.execute(_QUERIES["add"], facts).rowcount
            new += added
            if not added:
                (there,) = connection.execute(_QUERIES["exists"], {"token": token.letter}).fetchone()
                strange += not there
    return Recorded(new=new, known=len(tokens) - new - strange, strange=strange)
