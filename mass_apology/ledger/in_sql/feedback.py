"""What came back after the letters: each message once, with the delivery it is about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from mass_apology.ledger.came_back import Match, Note, Traces
from mass_apology.ledger.in_sql.connection import Connection, Writing
from mass_apology.ledger.in_sql.waiting_feedback import settle, waiting
from mass_apology.ledger.purged_notes import PURGED
from mass_apology.model import Status


class SqlFeedback:
    """Implements ``port.Feedback``. It prepares the writing connection when it is made."""

    def __init__(self, writing: Writing) -> None:
        self._writing = writing
        self._queries = writing.statements("feedback.sql")
        writing.change(self._prepare)

    def known(self, keys: Collection[str]) -> frozenset[str]:
        return self._writing.write(lambda connection: frozenset(key for key in keys if self._is_known(connection, key)))

    def first_planned_at(self) -> float | None:
        return self._writing.write(lambda connection: self._moment(connection, "first-planned"))

    def first_letters_at(self, addresses: Collection[str]) -> Mapping[str, float]:
        return self._writing.write(lambda connection: self._first_letters(connection, addresses))

    def find(self, asked: Sequence[Traces]) -> list[Match | None]:
        return self._writing.write(lambda connection: [self._find(connection, traces) for traces in asked])

    def record(self, notes: Sequence[Note], now: float) -> Counter[Status]:
        return self._writing.change(lambda connection: self._record(connection, notes, now))

    def waiting(self) -> int:
        return self._writing.write(lambda connection: waiting(connection, self._queries))

    def _prepare(self, connection: Connection) -> None:
        for statement in self._queries.get("prepare", "").split(";"):
            if statement.strip():
                connection.execute(statement)

    def _is_known(self, connection: Connection, key: str) -> bool:
        (known,) = connection.execute(self._queries["known"], {"key": key}).fetchone()
        return bool(known)

    def _first_letters(self, connection: Connection, addresses: Collection[str]) -> Mapping[str, float]:
        moments = ((each, self._moment(connection, "first-letter", address=each)) for each in addresses)
        return {address: moment for address, moment in moments if moment is not None}

    def _find(self, connection: Connection, traces: Traces) -> Match | None:
        lookups = (
            *(("by-token", {"token": token}) for token in traces.tokens),
            *(("by-message-id", {"message_id": message_id}) for message_id in traces.message_ids),
            *(("by-relay-id", {"relay_id": relay_id}) for relay_id in traces.relay_ids),
        )
        for query, facts in lookups:
            if found := self._only(connection, query, **facts):
                return Match(delivery=found[0], address=found[1], proven=True)
        found = self._only(connection, "by-address", address=traces.address) if traces.address else None
        return Match(delivery=found[0], address=found[1], proven=False) if found else None

    def _record(self, connection: Connection, notes: Sequence[Note], now: float) -> Counter[Status]:
        connection.executemany(self._queries["add"], [_facts(note, now) for note in notes])
        return settle(connection, self._queries, now)

    def _only(self, connection: Connection, query: str, **facts: object) -> tuple[int, str] | None:
        rows: list[tuple[int, str]] = connection.execute(self._queries[query], facts).fetchall()
        return rows[0] if len(rows) == 1 else None

    def _moment(self, connection: Connection, query: str, **facts: object) -> float | None:
        moment: float | None
        (moment,) = connection.execute(self._queries[query], facts).fetchone()
        return moment


def _facts(note: Note, now: float) -> dict[str, object]:
    match = note.match
    becomes = note.becomes if match is not None else None
    return {
        "key": note.key,
        "part": note.part,
        "read_at": now,
        "at": note.at,
        "kind": note.kind,
        "cause": note.cause,
        "delivery": match.delivery if match else None,
        "proven": int(match is not None and match.proven),
        "address": note.address,
        "detail": note.detail,
        "becomes": becomes.value if becomes else None,
        "said": note.said if becomes else None,
        "purged": PURGED,
    }
