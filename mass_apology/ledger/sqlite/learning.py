"""A ledger learns from a log which letters have left: of those it does not know, none is due any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from sqlite3 import Connection

from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.whereabouts import File, Learned, MakeToken, Told
from mass_apology.model import FIRST_WAVE

_QUERIES = statements("learning.sql")

_STEPS = ("reopen", "drop-withheld", "add-letters", "name-letters", "hand-over", "conclude", "end", "settled")


def learn(
    connection: Connection, told: Iterable[Told], make_token: MakeToken, file: File, domain: str, now: float
) -> Learned:
    """Make letters what the log says, all of them or none. Raises ``FencedOut`` unless the lock is held."""
    connection.executescript(_QUERIES["prepare"])
    with lock.fenced(connection):
        try:
            _tell(connection, told)
            _match(connection, make_token, file)
            return _conclude(connection, domain, now)
        finally:
            for statement in _QUERIES["forget"].split(";"):
                connection.execute(statement)


def _tell(connection: Connection, told: Iterable[Told]) -> None:
    for one in told:
        if one.status is None:
            connection.execute(_QUERIES["take-back"], {"token": one.token})
            continue
        facts = {name: getattr(one, name) for name in Told.__struct_fields__} | {"status": one.status.value}
        connection.execute(_QUERIES["tell"], facts)


def _match(connection: Connection, make_token: MakeToken, file: File) -> None:
    waves = [wave for (wave,) in connection.execute(_QUERIES["waves"])]
    for page in _recipients(connection):
        rows = [
            {"token": make_token(wave, identity), "recipient": recipient}
            for recipient, identity in page
            for wave in waves
        ]
        connection.executemany(_QUERIES["expect"], rows)
        first = [{"token": make_token(FIRST_WAVE, identity), "recipient": recipient} for recipient, identity in page]
        connection.executemany(_QUERIES["know"], first)
    connection.executemany(_QUERIES["stand"], [{"line": line, "token": token} for line, token in file.lines])
    if file.planned:
        connection.execute(_QUERIES["set-aside"])
    for statement in ("find-letters", "find-keys", "find-lines", "match"):
        connection.execute(_QUERIES[statement])


def _recipients(connection: Connection) -> Iterator[Sequence[tuple[int, int]]]:
    after = 0
    while page := connection.execute(_QUERIES["recipients"], {"after": after}).fetchall():
        yield page
        after = page[-1][0]


def _conclude(connection: Connection, domain: str, now: float) -> Learned:
    facts = {"domain": domain, "now": now}
    before = _statuses(connection)
    for statement in _STEPS:
        connection.execute(_QUERIES[statement], facts)
    after = _statuses(connection)
    unmatched, aside = connection.execute(_QUERIES["unmatched"]).fetchone()
    return Learned(
        accepted=after.get("ACCEPTED", 0) - before.get("ACCEPTED", 0),
        refused=after.get("REFUSED", 0) - before.get("REFUSED", 0),
        expired=after.get("EXPIRED", 0) - before.get("EXPIRED", 0),
        in_doubt=after.get("IN_DOUBT", 0) - before.get("IN_DOUBT", 0),
        aside=aside,
        unmatched=unmatched,
    )


def _statuses(connection: Connection) -> dict[str, int]:
    return dict(connection.execute(_QUERIES["statuses"]).fetchall())
