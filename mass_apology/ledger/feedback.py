"""What came back after the letters: each message once, with the delivery it is about."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from msgspec import Struct

from mass_apology.ledger import lock
from mass_apology.ledger.sqlite import Ledger
from mass_apology.ledger.statements import statements
from mass_apology.model import Status

_QUERIES = statements("feedback.sql")
_CHANGES = {Status.BOUNCED: "bounced", Status.COMPLAINED: "complained"}


class Match(Struct, frozen=True, kw_only=True):
    """Whose letter something is about."""

    delivery: int
    address: str  # the recipient's, as the ledger has it
    proven: bool  # by something that an outsider cannot guess


class Note(Struct, frozen=True, kw_only=True):
    """What one message or event says of one letter."""

    key: str  # of the message
    part: int  # which of the recipients it speaks of, from 0
    at: float | None  # the message's own date, Unix seconds
    kind: str
    cause: str | None
    match: Match | None
    address: str  # as reported
    detail: str
    becomes: Status | None  # BOUNCED or COMPLAINED, where it changes the letter's status


class FeedbackBook:
    """The ledger's part about feedback. Use it under the campaign's lock."""

    def __init__(self, ledger: Ledger) -> None:
        """Raises ``FencedOut`` unless the lock is held."""
        self._ledger = ledger
        ledger.write(_prepare)

    def is_known(self, key: str) -> bool:
        """Whether this message was read before."""
        return self._ledger.write(lambda connection: _is_known(connection, key))

    def find(self, *, token: str = "", message_ids: Sequence[str] = (), address: str = "") -> Match | None:
        """The letter with this ENVID, or one of these Message-IDs; at last the latest one to this address."""
        return self._ledger.write(lambda connection: _find(connection, token, message_ids, address))

    def record(self, notes: Sequence[Note], now: float) -> None:
        """Keep these notes, and the statuses that they change: all of them, or none."""
        self._ledger.write(lambda connection: _record(connection, notes, now))


def _prepare(connection: Connection) -> None:
    with lock.fenced(connection):
        for statement in _QUERIES["prepare"].split(";"):
            if statement.strip():
                connection.execute(statement)


def _is_known(connection: Connection, key: str) -> bool:
    (known,) = connection.execute(_QUERIES["known"], {"key": key}).fetchone()
    return bool(known)


def _find(connection: Connection, token: str, message_ids: Sequence[str], address: str) -> Match | None:
    found = _one(connection, "by-token", token=token) if token else None
    for message_id in message_ids:
        found = found or _one(connection, "by-message-id", message_id=message_id)
    if found:
        return Match(delivery=found[0], address=found[1], proven=True)
    found = _one(connection, "by-address", address=address) if address else None
    return Match(delivery=found[0], address=found[1], proven=False) if found else None


def _record(connection: Connection, notes: Sequence[Note], now: float) -> None:
    with lock.fenced(connection):
        for note in notes:
            facts = {
                "key": note.key,
                "part": note.part,
                "read_at": now,
                "at": note.at,
                "kind": note.kind,
                "cause": note.cause,
                "delivery": note.match.delivery if note.match else None,
                "proven": int(note.match is not None and note.match.proven),
                "address": note.address,
                "detail": note.detail,
            }
            connection.execute(_QUERIES["add"], facts)
            if note.becomes is not None and note.match is not None:
                change = {"delivery": note.match.delivery, "now": now, "detail": note.detail}
                connection.execute(_QUERIES[_CHANGES[note.becomes]], change)


def _one(connection: Connection, query: str, **facts: object) -> tuple[int, str] | None:
    row: tuple[int, str] | None = connection.execute(_QUERIES[query], facts).fetchone()
    return row
