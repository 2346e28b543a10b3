"""The suppression list in a SQLite file, shared by several processes: the machine's, or the one a campaign names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from hashlib import blake2b
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Self, TextIO

from mass_apology.mailboxes import domain_of, folded
from mass_apology.suppression.entries import Entry, Reason, Scope
from mass_apology.suppression.lists import Exported, Imported, read_list, write_list
from mass_apology.suppression.rules import merged, stronger
from mass_apology.suppression.suppression_file import (
    QUERIES,
    make,
    open_existing,
    wrap_errors,
)

_KEY_LENGTH = 16  # octets
_MOST_KEYS = 1024  # looked for by one statement
_PAGE = 500  # entries fetched at a time

_Row = tuple[bytes, str | None, int, str, str, float, str, str]


class Suppressions:
    """The suppression list. Sending, feedback and ``suppress`` use it. The first entry makes the file.

    For one thread at a time. Every method raises ``SuppressionError`` if the file cannot be read or written; nothing
    should be sent then.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._connection: Connection | None = None
        self._hash = blake2b()
        self._known_domains: tuple[int, dict[str, Entry]] | None = None  # as of a version of the file

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open the store in this file. Raises ``SuppressionError`` if the file is damaged, newer, or not a store."""
        store = cls(path)
        store._reading()
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def add(self, entry: Entry) -> bool:
        """Add an entry, merged with an earlier one for its address; true if the address was new.

        The entry is on the disk when this returns.
        """
        return self.add_all([entry]) == 1

    def add_all(self, entries: Iterable[Entry]) -> int:
        """Add all entries, or none after an error. Returns the number of new addresses."""
        self._writing()
        # In the order of the keys, neighbours share a page of the file.
        keyed = sorted(((self._key(_spelling(entry)), entry) for entry in entries), key=lambda pair: pair[0])
        with self._changing() as connection:
            return sum(_put(connection, key, entry) for key, entry in keyed)

    def remove(self, address: str) -> bool:
        """Remove the entry of an address or "@domain", even a purged one; true if there was one."""
        if self._reading() is None:
            return False
        with self._changing() as connection:
            return connection.execute(QUERIES["remove"], (self._key(folded(address)),)).rowcount == 1

    def find(self, address: str) -> Entry | None:
        """The entry for an address or "@domain": its own or its domain's, whichever stops more letters."""
        return self.among([address]).get(address)

    def among(self, addresses: Sequence[str]) -> dict[str, Entry]:
        """Address as given → entry, for those addresses that have one. Fastest with a thousand at once."""
        connection = self._reading()
        if connection is None:
            return {}
        with wrap_errors(self.path):
            if connection.execute(QUERIES["is-empty"]).fetchone() == (1,):
                return {}
            spellings = [folded(address) for address in addresses]
            own, domains = self._own(connection, spellings), self._domains(connection)
        if not own and not domains:
            return {}
        held = (
            (address, _held(own, domains, spelling)) for address, spelling in zip(addresses, spellings, strict=True)
        )
        return {address: entry for address, entry in held if entry is not None}

    def entries(self, reason: Reason | None = None) -> Iterator[Entry]:
        """All entries, or those with this reason, the earliest first; streams in constant memory.

        It does not block writers; an entry that changes meanwhile may appear in its old or new form.
        """
        place: dict[str, Any] = {"at": float("-inf"), "key": b"", "reason": reason, "rows": _PAGE}
        while rows := self._page(place):
            for row in rows:
                yield _entry(row)
            key, *_, at, _, _ = rows[-1]
            place |= {"at": at, "key": key}

    def counts(self) -> dict[Reason, int]:
        """Reason → number of entries, for every reason."""
        counts = dict.fromkeys(Reason, 0)
        connection = self._reading()
        if connection is not None:
            with wrap_errors(self.path):
                counts |= {Reason(reason): count for reason, count in connection.execute(QUERIES["counts"])}
        return counts

    def purge(self, older_than: float) -> int:
        """Delete addresses and notes of entries older than this moment (Unix seconds); returns the number of entries.

        The entries keep their effect. Whole domains stay readable. Rewriting the file needs disk space for a copy.
        """
        return self._purge("purge", {"before": older_than})

    def forget(self, source: str, *, older_than: float | None = None) -> int:
        """As ``purge``, for all entries of ``source``; with ``older_than`` also for older entries of other sources."""
        forgotten = self._purge("forget", {"source": source})
        return forgotten + (self.purge(older_than) if older_than is not None else 0)

    def named(self) -> int:
        """The number of entries that still have a person's address."""
        connection = self._reading()
        if connection is None:
            return 0
        with wrap_errors(self.path):
            (count,) = connection.execute(QUERIES["named"]).fetchone()
            return int(count)

    def _purge(self, statement: str, facts: Mapping[str, object]) -> int:
        if self._reading() is None:
            return 0
        with self._changing() as connection:
            purged = connection.execute(QUERIES[statement], facts).rowcount
        with wrap_errors(self.path):
            connection.execute(QUERIES["rewrite"])  # also where none was left: the disk may have been full before
        return purged

    def import_csv(self, path: Path, *, now: float, source: str = "import", reason: Reason = Reason.MANUAL) -> Imported:
        """Add a list of addresses, all or none of it; adding it again changes nothing.

        ``reason`` is for rows that do not say, ``now`` (Unix seconds) for those without a date. Raises
        ``SuppressionError`` that names every line that cannot be used.
        """
        listed = read_list(path, now=now, source=source, reason=reason)
        return Imported(
            rows=len(listed.entries), new=self.add_all(listed.entries), ignored_columns=listed.ignored_columns
        )

    def export_csv(self, stream: TextIO) -> Exported:
        """Write all entries whose address is known as a list that ``import_csv`` reads; opened with ``newline=""``."""
        return write_list(self.entries(), stream)

    def _reading(self) -> Connection | None:
        """The connection, if there is a file by now: another process may have made it since."""
        with wrap_errors(self.path):
            if self._connection is None and self.path.exists():
                connection = open_existing(self.path)
                (secret,) = connection.execute(QUERIES["secret"]).fetchone()
                self._connection, self._hash = connection, blake2b(key=secret, digest_size=_KEY_LENGTH)
        return self._connection

    def _writing(self) -> Connection:
        connection = self._reading()
        while connection is None:
            with wrap_errors(self.path):
                make(self.path)
            connection = self._reading()
        return connection

    @contextmanager
    def _changing(self) -> Iterator[Connection]:
        """A transaction that waits for those of other processes."""
        connection = self._writing()
        self._known_domains = None  # SQLite's version tells of others' changes only
        with wrap_errors(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:  # SQLite ends it by itself after some errors
                    connection.execute("ROLLBACK")
                raise

    def _key(self, name: str) -> bytes:
        keyed = self._hash.copy()  # taking the secret in again would cost half of it
        keyed.update(name.encode("utf-8", "surrogatepass"))
        return keyed.digest()

    def _own(self, connection: Connection, spellings: Sequence[str]) -> dict[str, Entry]:
        """The entries of these folded addresses themselves."""
        by_key = {self._key(name): name for name in spellings}
        keys = list(by_key)
        found: dict[str, Entry] = {}
        for start in range(0, len(keys), _MOST_KEYS):
            wanted = keys[start : start + _MOST_KEYS]
            places = 1 << (len(wanted) - 1).bit_length()  # so that few different statements are ever prepared
            rows = connection.execute(_among(places), [*wanted, *[None] * (places - len(wanted))])
            found |= {by_key[row[0]]: _entry(row) for row in rows}
        return found

    def _domains(self, connection: Connection) -> Mapping[str, Entry]:
        """The entries of whole domains by folded "@domain", read again after every change.

        There are few of them, and most addresses of a batch have a domain of their own to be looked for.
        """
        (version,) = connection.execute(QUERIES["version"]).fetchone()
        if self._known_domains is None or self._known_domains[0] != version:
            entries = map(_entry, connection.execute(QUERIES["domains"]))
            self._known_domains = version, {_spelling(entry): entry for entry in entries}
        return self._known_domains[1]

    def _page(self, place: dict[str, Any]) -> list[_Row]:
        connection = self._reading()
        if connection is None:
            return []
        with wrap_errors(self.path):
            return connection.execute(QUERIES["page"], place).fetchall()


@cache
def _among(places: int) -> str:
    return QUERIES["among"].replace("keys", ", ".join("?" * places))


def _put(connection: Connection, key: bytes, entry: Entry) -> bool:
    """Whether there was no entry for this key."""
    row = connection.execute(_among(1), (key,)).fetchone()
    kept = entry if row is None else merged(_entry(row), entry)
    connection.execute(
        QUERIES["put"],
        (key, kept.address, kept.whole_domain, kept.reason, kept.scope, kept.at, kept.source, kept.note),
    )
    return row is None


def _spelling(entry: Entry) -> str:
    if entry.address is None:
        raise ValueError("a purged entry has no address that it could be added under")
    return folded(entry.address)


def _held(entries: Mapping[str, Entry], domains: Mapping[str, Entry], spelling: str) -> Entry | None:
    own = entries.get(spelling)
    whole = domains.get(domain_of(spelling)) if domains else None
    return stronger(own, whole) if own and whole else own or whole


def _entry(row: _Row) -> Entry:
    _, address, whole_domain, reason, scope, at, source, note = row
    return Entry(
        address=address,
        whole_domain=bool(whole_domain),
        reason=Reason(reason),
        scope=Scope(scope),
        at=at,
        source=source,
        note=note,
    )
