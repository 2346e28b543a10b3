"""Which ledger a file is, which runs and other ledgers it knows of, and what it knows of the letters in a log."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

import msgspec

from mass_apology.ledger.in_sql.connection import Connection, Facts, Reading, Writing
from mass_apology.ledger.in_sql.learning import Learning
from mass_apology.ledger.whereabouts import File, Gone, KnownLetter, Learned, LogMark, MakeToken, Origin, Told

_PAGE = 1000  # rows fetched at a time
_DENSE = 3  # so many numbers are passed over for each that is asked for, rather than look each up


class Site(Protocol):
    """Where a ledger is, compared with where it was last sent from."""

    def copied_from(self, reader: Connection) -> str:
        """The folder that it was used in before, where it is not the same ledger there; empty where it is."""

    def other_server(self, reader: Connection) -> bool:
        """As ``port.ContinuityRecords``."""

    def is_settled_here(self, reader: Connection) -> bool:
        """Whether nothing about it has changed."""

    def settle(self, connection: Connection) -> None:
        """From now on it belongs where it is."""


class SqlContinuityRecords:
    """Implements ``port.ContinuityRecords``."""

    def __init__(self, reading: Reading, site: Site) -> None:
        self._reading = reading
        self._site = site
        self._queries = reading.statements("continuity.sql")

    @property
    def origin(self) -> Origin:
        with self._reading.shared() as reader:
            ledger, folder, size, end, suppressions, suppressed = reader.execute(self._queries["origin"]).fetchone()
        return Origin(
            ledger=ledger,
            folder=folder,
            suppressions=suppressions,
            suppressed=suppressed,
            log=LogMark(size=size, end=end),
        )

    def copied_from(self) -> str:
        with self._reading.shared() as reader:
            return self._site.copied_from(reader) if self._is_planned(reader) else ""

    def other_server(self) -> bool:
        with self._reading.shared() as reader:
            return self._site.other_server(reader) and self._is_planned(reader)

    def _is_planned(self, reader: Connection) -> bool:
        """Without a plan it may be copied."""
        (_, _, digest_parts, _) = reader.execute(self._reading.statements("records.sql")["campaign"]).fetchone()
        return bool(msgspec.json.decode(digest_parts))

    def is_settled_here(self) -> bool:
        with self._reading.shared() as reader:
            return self._site.is_settled_here(reader)

    def gone(self) -> Gone:
        with self._reading.shared() as reader:
            handed_over, accepted = reader.execute(self._queries["gone"]).fetchone()
        return Gone(handed_over=handed_over, accepted=accepted)

    def knows_run(self, run: str) -> bool:
        with self._reading.shared() as reader:
            (known,) = reader.execute(self._queries["knows-run"], {"run": run}).fetchone()
        return bool(known)

    def replaced(self) -> frozenset[str]:
        with self._reading.shared() as reader:
            return frozenset(ledger for (ledger,) in reader.execute(self._queries["replaced"]))

    def spread(self, most: int) -> list[str]:
        with self._reading.own() as reader:
            return [address for (address,) in reader.execute(self._queries["spread"], {"most": most})]

    def by_number(self, numbers: Sequence[int]) -> dict[int, KnownLetter]:
        first, last = min(numbers, default=0), max(numbers, default=0)
        with self._reading.shared() as reader:
            if last - first < _DENSE * len(numbers):  # as they are in a log: letters leave nearly in their order
                rows = reader.execute(self._queries["between"], {"first": first, "last": last})
            else:
                rows = reader.execute(self._queries["by-number"], {"numbers": msgspec.json.encode(numbers).decode()})
            return {row[0]: KnownLetter(*row) for row in rows}

    def all_letters(self) -> Iterator[KnownLetter]:
        with self._reading.own() as reader:
            cursor = reader.execute(self._queries["all-letters"])
            while page := cursor.fetchmany(_PAGE):
                yield from (KnownLetter(*row) for row in page)


class SqlContinuity(SqlContinuityRecords):
    """Implements ``port.Continuity``."""

    def __init__(self, reading: Reading, writing: Writing, site: Site) -> None:
        super().__init__(reading, site)
        self._writing = writing

    def begin_run(self, run: str, now: float) -> None:
        self._write([("begin-run", {"run": run, "now": now})])

    def use_suppressions(self, path: str, entries: int) -> None:
        self._write([("use-suppressions", {"path": path, "entries": entries})])

    def settle(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        self._write(_agreement(log, replaces, runs, now), also=self._site.settle)

    def agree(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        self._write(_agreement(log, replaces, runs, now))

    def trust_server(self, now: float) -> None:
        said = {"now": now, "what": "the ledger's database was trusted in its present history"}
        note = self._writing.statements("records.sql")["add-note"]

        def act(connection: Connection) -> None:
            self._site.settle(connection)
            connection.execute(note, said)

        self._writing.change_fenced(act)

    def take_place_of(self, others: Sequence[str], now: float) -> None:
        self._write([("replace", {"ledger": each, "now": now}) for each in others])

    def become(self, name: str, key: bytes) -> None:
        self._write([("take-over", {"ledger": name}), ("take-key", {"key": key})])

    def learn(self, told: Iterable[Told], make_token: MakeToken, file: File, domain: str, now: float) -> Learned:
        queries = self._writing.statements("learning.sql")
        return self._writing.change_fenced(
            lambda connection: Learning(connection, queries).learn(told, make_token, file, domain, now)
        )

    def _write(self, changes: Sequence[tuple[str, Facts]], also: Callable[[Connection], None] = lambda _: None) -> None:
        def act(connection: Connection) -> None:
            also(connection)
            for query, facts in changes:
                connection.execute(self._queries[query], facts)

        self._writing.change_fenced(act)


def _agreement(log: LogMark, replaces: Sequence[str], runs: Sequence[str], now: float) -> list[tuple[str, Facts]]:
    return [
        ("agree", {"log_size": log.size, "log_end": log.end}),
        *(("replace", {"ledger": each, "now": now}) for each in replaces),
        *(("begin-run", {"run": each, "now": now}) for each in runs),
    ]
