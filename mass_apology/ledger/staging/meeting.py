"""A plan meets the ledger: who of it is a recipient already, and what becomes of their letters.

People are known again by their mailbox, whatever their name, key or row is now, and by their keys where they moved: a
letter is for all customers who have the mailbox, and leaves while one of them was not reached. Where each customer gets
a letter, people are known by the key, then by mailbox and name, then as the only one left of a mailbox. The statements
say in which order, and why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import blake2b
from sqlite3 import Connection

from msgspec import Struct

from mass_apology.system.statement_files import statements

_MEETING = statements(__package__, "meeting.sql")
_FORGET = (
    "forget-matched",
    "forget-told",
    "forget-met",
    "forget-superseded",
    "forget-reidentified",
    "forget-written",
    "forget-leaving",
)


class Met(Struct, frozen=True, kw_only=True):
    """What the ledger says of a plan besides what the plan's own tables hold then."""

    missing: int = 0  # letters still due to recipients of whom the plan has nothing
    superseded: int = 0  # letters still due although another one is for their mailbox
    last_number: int = 0  # of the letters that stay
    earlier: int = 0  # letters of the wave that have left, or may have
    earlier_at: float | None = None  # when the last of them did, Unix seconds


def meet(connection: Connection, wave: str, message_id: Callable[[int], str], *, each_customer: bool) -> Met:
    """Compare the plan on this connection with the ledger that is attached to it, within a transaction."""
    for each in _FORGET:
        connection.execute(_MEETING[each])
    facts = {"wave": wave}
    if not _is(connection, "has-recipients"):
        return Met()
    _match(connection, facts, each_customer=each_customer)
    connection.execute(_MEETING["compare"], facts)
    connection.execute(_MEETING["add-told"], facts)
    connection.execute(_MEETING["find-leaving"], facts)
    if not each_customer:
        connection.execute(_MEETING["supersede"], facts)
    if _is(connection, "has-new"):
        connection.execute(_MEETING["meet-written"], facts)
        _reidentify(connection, message_id)
    return Met(
        missing=_number(connection, "count-missing", facts),
        superseded=_number(connection, "count-superseded", {}),
        last_number=_number(connection, "last-number", facts),
        **dict(zip(("earlier", "earlier_at"), connection.execute(_MEETING["earlier"], facts).fetchone(), strict=True)),
    )


def _match(connection: Connection, facts: Mapping[str, object], *, each_customer: bool) -> None:
    has_customers = _is(connection, "has-customers")
    if each_customer:
        steps = [*(["match-customer"] if has_customers else []), "match-person", "match-alone"]
    elif has_customers:
        steps = ["match-reached-mailbox", "find-told", "match-mailbox", "match-due-customer"]
    else:
        steps = ["match-reached-mailbox", "match-mailbox"]
    for step in steps:
        connection.execute(_MEETING[step], facts)


def _reidentify(connection: Connection, message_id: Callable[[int], str]) -> None:
    """Two letters never have one Message-ID, and a recipient's letters keep theirs."""
    for staged, identity in connection.execute(_MEETING["own-identities"]).fetchall():
        connection.execute(_MEETING["reidentify"], (staged, identity, message_id(identity)))
    for staged, identity in connection.execute(_MEETING["taken-identities"]).fetchall():
        free = _free_identity(connection, identity)
        connection.execute(_MEETING["reidentify"], (staged, free, message_id(free)))


def _free_identity(connection: Connection, taken: int) -> int:
    """Another 64-bit number, the same whenever the same plan meets the same ledger."""
    identity = taken
    while connection.execute(_MEETING["is-taken"], {"identity": identity}).fetchone() == (1,):
        digest = blake2b(identity.to_bytes(8, "big", signed=True), digest_size=8).digest()
        identity = int.from_bytes(digest, "big", signed=True)
    return identity


def _is(connection: Connection, question: str) -> bool:
    return bool(connection.execute(_MEETING[question]).fetchone()[0])


def _number(connection: Connection, question: str, facts: Mapping[str, object]) -> int:
    (number,) = connection.execute(_MEETING[question], facts).fetchone()
    return int(number)
