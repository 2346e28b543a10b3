"""Which ledger a file is, which runs and other ledgers it knows of, and what it knows of the letters in a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from sqlite3 import Connection

import msgspec

from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.connections import Reading, Writing
from mass_apology.ledger.sqlite.learning import learn
from mass_apology.ledger.sqlite.place import place_of, read_place
from mass_apology.ledger.sqlite.statements import statements
from mass_apology.ledger.whereabouts import File, Gone, KnownLetter, Learned, LogMark, MakeToken, Origin, Told

_QUERIES = statements("origin.sql")
_CAMPAIGN = statements("queries.sql")["campaign"]
_PAGE = 1000  # rows fetched at a time
_DENSE = 3  # so many numbers are passed over for each that is asked for, rather than look each up


class SqliteContinuityRecords:
    """Implements ``port.ContinuityRecords``."""

    def __init__(self, reading: Reading) -> None:
        self._reading = reading

    @property
    def origin(self) -> Origin:
        with self._reading.shared() as reader:
            ledger, folder, size, end, suppressions, suppressed = reader.execute(_QUERIES["origin"]).fetchone()
        return Origin(
            ledger=ledger,
            folder=folder,
            suppressions=suppressions,
            suppressed=suppressed,
            log=LogMark(size=size, end=end),
        )

    def copied_from(self) -> str:
        with self._reading.shared() as reader:
            place = read_place(reader)
            (_, _, digest_parts, _) = reader.execute(_CAMPAIGN).fetchone()
        is_planned = bool(msgspec.json.decode(digest_parts))  # without a plan it may be copied
        return place.folder if is_planned and not place.is_at(self._reading.path) else ""

    def is_settled_here(self) -> bool:
        with self._reading.shared() as reader:
            return read_place(reader) == place_of(self._reading.path)

    def gone(self) -> Gone:
        with self._reading.shared() as reader:
            handed_over, accepted = reader.execute(_QUERIES["gone"]).fetchone()
        return Gone(handed_over=handed_over, accepted=accepted)

    def knows_run(self, run: str) -> bool:
        with self._reading.shared() as reader:
            (known,) = reader.execute(_QUERIES["knows-run"], {"run": run}).fetchone()
        return bool(known)

    def replaced(self) -> frozenset[str]:
        with self._reading.shared() as reader:
            return frozenset(ledger for (ledger,) in reader.execute(_QUERIES["replaced"]))

    def spread(self, most: int) -> list[str]:
        with self._reading.own() as reader:
            return [address for (address,) in reader.execute(_QUERIES["spread"], {"most": most})]

    def by_number(self, numbers: Sequence[int]) -> dict[int, KnownLetter]:
        first, last = min(numbers, default=0), max(numbers, default=0)
        with self._reading.shared() as reader:
            if last - first < _DENSE * len(numbers):  # as they are in a log: letters leave nearly in their order
                rows = reader.execute(_QUERIES["between"], {"first": first, "last": last})
            else:
                rows = reader.execute(_QUERIES["by-number"], {"numbers": msgspec.json.encode(numbers).decode()})
            return {row[0]: KnownLetter(*row) for row in rows}

    def all_letters(self) -> Iterator[KnownLetter]:
        with self._reading.shared() as reader, closing(reader.execute(_QUERIES["all-letters"])) as cursor:
            while page := cursor.fetchmany(_PAGE):
                yield from (KnownLetter(*row) for row in page)


class SqliteContinuity(SqliteContinuityRecords):
    """Implements ``port.Continuity``."""

    def __init__(self, reading: Reading, writing: Writing) -> None:
        super().__init__(reading)
        self._writing = writing

    def begin_run(self, run: str, now: float) -> None:
        self._write([("begin-run", {"run": run, "now": now})])

    def use_suppressions(self, path: str, entries: int) -> None:
        self._write([("use-suppressions", {"path": path, "entries": entries})])

    def settle(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        here = msgspec.structs.asdict(place_of(self._reading.path))
        self._write([("move", here), *_agreement(log, replaces, runs, now)])

    def agree(self, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
        self._write(_agreement(log, replaces, runs, now))

    def take_place_of(self, others: Sequence[str], now: float) -> None:
        self._write([("replace", {"ledger": each, "now": now}) for each in others])

    def become(self, name: str, key: bytes) -> None:
        self._write([("take-over", {"ledger": name}), ("take-key", {"key": key})])

    def learn(self, told: Iterable[Told], make_token: MakeToken, file: File, domain: str, now: float) -> Learned:
        return self._writing.write(lambda connection: learn(connection, told, make_token, file, domain, now))

    def _write(self, changes: Sequence[tuple[str, dict[str, object]]]) -> None:
        def act(connection: Connection) -> None:
            with lock.fenced(connection):
                for query, facts in changes:
                    connection.execute(_QUERIES[query], facts)

        self._writing.write(act)


def _agreement(
    log: LogMark, replaces: Sequence[str], runs: Sequence[str], now: float
) -> list[tuple[str, dict[str, object]]]:
    return [
        ("agree", {"log_size": log.size, "log_end": log.end}),
        *(("replace", {"ledger": each, "now": now}) for each in replaces),
        *(("begin-run", {"run": each, "now": now}) for each in runs),
    ]
