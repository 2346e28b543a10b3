"""Letters in doubt: which they are, and those of which a relay's log proves that it took them."""

from __future__ import annotations

from collections.abc import Sequence
from sqlite3 import Connection

from msgspec import Struct

from mass_apology.ledger.sqlite.lock import transaction
from mass_apology.ledger.sqlite.sqlite_ledger import Ledger
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.quantities import counted, were

_QUERIES = statements("doubts.sql")
_ADD_NOTE = statements("queries.sql")["add-note"]


class Doubt(Struct, frozen=True, kw_only=True):
    """A letter that the relay may have."""

    delivery: int
    message_id: str  # with angle brackets
    address: str
    handed_over_at: float  # when its final dot was about to be written last; Unix seconds


class Proof(Struct, frozen=True, kw_only=True):
    """That the relay took a letter."""

    delivery: int
    at: float  # when; Unix seconds
    reply: str  # what the letter's record then says


def doubts(ledger: Ledger) -> list[Doubt]:
    """All letters in doubt, of every wave, in the order in which they were planned."""
    return ledger.write(_doubts)


def acknowledged(ledger: Ledger, since: float, until: float, limit: int) -> list[tuple[str, float]]:
    """Letters that the relay has acknowledged: Message-ID with angle brackets, and when it was handed over."""
    facts = {"since": since, "until": until, "limit": limit}
    return ledger.write(lambda connection: connection.execute(_QUERIES["surely-taken"], facts).fetchall())


def on_their_way(ledger: Ledger) -> int:
    """Letters that a running sender is handing over: they may be in doubt yet, or not."""
    (count,) = ledger.write(lambda connection: connection.execute(_QUERIES["on-their-way"]).fetchone())
    return int(count)


def settle(ledger: Ledger, proofs: Sequence[Proof], now: float) -> int:
    """Make these ACCEPTED, with one commit that notes it; how many were still in doubt. It needs no campaign's lock."""
    return ledger.write(lambda connection: _settle(connection, proofs, now))


def _doubts(connection: Connection) -> list[Doubt]:
    return [
        Doubt(delivery=delivery, message_id=message_id, address=address, handed_over_at=handed_over_at or 0.0)
        for delivery, message_id, address, handed_over_at in connection.execute(_QUERIES["doubts"])
    ]


def _settle(connection: Connection, proofs: Sequence[Proof], now: float) -> int:
    with transaction(connection):
        settled = sum(
            connection.execute(
                _QUERIES["taken"], {"delivery": proof.delivery, "at": proof.at, "now": now, "reply": proof.reply}
            ).rowcount
            for proof in proofs
        )
        what = f"{counted(settled, 'letter')} in doubt {were(settled)} found in the relay's log and counted as accepted"
        connection.execute(_ADD_NOTE, {"now": now, "what": what})
        return settled
