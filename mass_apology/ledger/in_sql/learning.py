"""A ledger learns from a log which letters have left: of those it does not know, none is due any more."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mass_apology.ledger.in_sql.connection import Connection, Facts
from mass_apology.ledger.whereabouts import File, Learned, MakeToken, Told
from mass_apology.model import FIRST_WAVE

_STEPS = ("reopen", "drop-withheld", "add-letters", "name-letters", "hand-over", "conclude", "end", "settled")


class Learning:
    """One reading of a log, within a transaction of a ledger under its lock; ``queries`` are those of learning.sql."""

    def __init__(self, connection: Connection, queries: Mapping[str, str]) -> None:
        self._connection = connection
        self._queries = queries

    def learn(self, told: Iterable[Told], make_token: MakeToken, file: File, domain: str, now: float) -> Learned:
        """Make letters what the log says."""
        for statements in ("prepare", "forget"):  # an earlier reading may have left its rows
            self._each(statements)
        self._tell(told)
        self._match(make_token, file)
        learned = self._conclude(domain, now)
        self._each("forget")
        return learned

    def _each(self, statements: str) -> None:
        for statement in filter(str.strip, self._queries[statements].split(";")):
            self._connection.execute(statement)

    def _tell(self, told: Iterable[Told]) -> None:
        for one in told:
            self._execute("take-back", {"token": one.token})
            if one.status is not None:
                facts = {name: getattr(one, name) for name in Told.__struct_fields__} | {"status": one.status.value}
                self._execute("tell", facts)

    def _match(self, make_token: MakeToken, file: File) -> None:
        waves = [wave for (wave,) in self._connection.execute(self._queries["waves"]).fetchall()]
        for page in self._recipients():
            rows = [
                {"token": make_token(wave, identity), "recipient": recipient}
                for recipient, identity in page
                for wave in waves
            ]
            self._many("expect", rows)
            first = [
                {"token": make_token(FIRST_WAVE, identity), "recipient": recipient} for recipient, identity in page
            ]
            self._many("know", first)
        self._many("stand", [{"line": line, "token": token} for line, token in file.lines])
        if file.planned:
            self._execute("set-aside", {})
        for statement in ("find-letters", "find-keys", "find-lines", "match"):
            self._execute(statement, {})

    def _recipients(self) -> Iterator[Sequence[tuple[int, int]]]:
        after = 0
        while page := self._connection.execute(self._queries["recipients"], {"after": after}).fetchall():
            yield page
            after = page[-1][0]

    def _conclude(self, domain: str, now: float) -> Learned:
        facts = {"domain": domain, "now": now}
        before = self._statuses()
        for statement in _STEPS:
            self._execute(statement, facts)
        after = self._statuses()
        unmatched, aside = self._connection.execute(self._queries["unmatched"]).fetchone()
        return Learned(
            accepted=after.get("ACCEPTED", 0) - before.get("ACCEPTED", 0),
            refused=after.get("REFUSED", 0) - before.get("REFUSED", 0),
            expired=after.get("EXPIRED", 0) - before.get("EXPIRED", 0),
            in_doubt=after.get("IN_DOUBT", 0) - before.get("IN_DOUBT", 0),
            aside=aside,
            unmatched=unmatched,
        )

    def _statuses(self) -> dict[str, int]:
        return dict(self._connection.execute(self._queries["statuses"]).fetchall())

    def _execute(self, statement: str, facts: Facts) -> None:
        self._connection.execute(self._queries[statement], facts)

    def _many(self, statement: str, rows: Sequence[Facts]) -> None:
        self._connection.executemany(self._queries[statement], rows)
