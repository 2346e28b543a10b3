"""Which ledger a file is: its own name, the place where it was last sent from, and the runs it knows of.

A copy of a campaign's folder has the name in common with the first one, but neither the path nor the inode; a copy that
was put back lacks the last runs. The inode alone tells a folder that was moved, and, on a file system that several
hosts share, the same file under another path.
"""

from __future__ import annotations

import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from mass_apology.ledger.sqlite import lock
from mass_apology.ledger.sqlite.on_disk import file_id
from mass_apology.ledger.sqlite.statements import statements

if TYPE_CHECKING:
    from mass_apology.ledger.sqlite.sqlite_ledger import Ledger
    from mass_apology.ledger.sqlite.sqlite_records import Records

_QUERIES = statements("origin.sql")
_PAGE = 1000  # rows fetched at a time
_DENSE = 3  # so many numbers are passed over for each that is asked for, rather than look each up


class LogMark(Struct, frozen=True, kw_only=True):
    """A place in log.jsonl."""

    size: int = 0  # octets before it
    end: str = ""  # SHA-256 of the last ones of these


class Origin(Struct, frozen=True, kw_only=True):
    """Which ledger this is, and where it was last sent from."""

    ledger: str  # 32 hexadecimal digits
    host: str
    folder: str  # absolute path
    device: str
    inode: str
    suppressions: str  # the suppression list that was used when letters left last; empty where none have
    suppressed: int  # entries that it had then
    log: LogMark  # up to here the log tells nothing that the ledger does not know

    def is_at(self, path: Path) -> bool:
        """Whether the ledger at ``path`` is the file that was sent from, or stands in its place; else it is a copy."""
        here = _place(path)
        same_file = self.inode == here["inode"] and (self.device == here["device"] or self.host != here["host"])
        return same_file or self.folder == here["folder"]

    def is_exactly(self, path: Path) -> bool:
        """Whether nothing about the place has changed: not even a device's number, as it may when a machine starts."""
        known = {"host": self.host, "folder": self.folder, "device": self.device, "inode": self.inode}
        return known == _place(path)


class Gone(Struct, frozen=True, kw_only=True):
    """What has left."""

    handed_over: int  # letters that the relay has, or may have
    accepted: int  # of these, those that it took: never becomes less


class KnownLetter(Struct, frozen=True, gc=False):
    """What the ledger knows of a letter that a log tells of."""

    number: int
    token: str  # the left part of its Message-ID
    attempts: int
    handed_over: bool  # its final dot may have been written, once at least
    settled: bool  # it is not due any more; one that was withheld may be, when its row comes back


def begin(connection: Connection, path: Path) -> None:
    """Give a ledger that is being made its name and its place."""
    connection.execute(_QUERIES["begin"], {"ledger": secrets.token_hex(16), **_place(path)})


def read_origin(connection: Connection) -> Origin:
    ledger, host, folder, device, inode, size, end, suppressions, suppressed = connection.execute(
        _QUERIES["origin"]
    ).fetchone()
    return Origin(
        ledger=ledger,
        host=host,
        folder=folder,
        device=device,
        inode=inode,
        suppressions=suppressions,
        suppressed=suppressed,
        log=LogMark(size=size, end=end),
    )


def copied_from(records: Records) -> str:
    """The folder that the ledger was used in before; empty where it is still there. Without a plan it may be copied."""
    origin = records.origin
    return origin.folder if records.digest_parts and not origin.is_at(records.path) else ""


def gone(records: Records) -> Gone:
    """Counted now, in one pass over the letters."""
    with records.reading() as reader:
        handed_over, accepted = reader.execute(_QUERIES["gone"]).fetchone()
    return Gone(handed_over=handed_over, accepted=accepted)


def knows_run(records: Records, run: str) -> bool:
    """Whether this run was begun with the ledger."""
    with records.reading() as reader:
        (known,) = reader.execute(_QUERIES["knows-run"], {"run": run}).fetchone()
    return bool(known)


def replaced(records: Records) -> frozenset[str]:
    """The ledgers that this one takes the place of."""
    with records.reading() as reader:
        return frozenset(ledger for (ledger,) in reader.execute(_QUERIES["replaced"]))


def spread(records: Records, most: int) -> list[str]:
    """At most so many addresses of the plan, at equal distances."""
    with records.reading() as reader:
        return [address for (address,) in reader.execute(_QUERIES["spread"], {"most": most})]


def by_number(records: Records, numbers: Sequence[int]) -> dict[int, KnownLetter]:
    """What is known of the letters with these numbers."""
    first, last = min(numbers, default=0), max(numbers, default=0)
    with records.reading() as reader:
        if last - first < _DENSE * len(numbers):  # as they are in a log: letters leave nearly in their order
            rows = reader.execute(_QUERIES["between"], {"first": first, "last": last})
        else:
            rows = reader.execute(_QUERIES["by-number"], {"numbers": msgspec.json.encode(numbers).decode()})
        return {row[0]: KnownLetter(*row) for row in rows}


def all_letters(records: Records) -> Iterator[KnownLetter]:
    """Every letter of every wave; streams."""
    with records.reading() as reader, closing(reader.execute(_QUERIES["all-letters"])) as cursor:
        while page := cursor.fetchmany(_PAGE):
            yield from (KnownLetter(*row) for row in page)


def begin_run(ledger: Ledger, run: str, now: float) -> None:
    """Record, durably, that a run begins. Raises ``FencedOut`` unless the lock is held."""
    _write(ledger, [("begin-run", {"run": run, "now": now})])


def use_suppressions(ledger: Ledger, path: str, entries: int) -> None:
    """Letters leave by this suppression list. Raises ``FencedOut`` unless the lock is held."""
    _write(ledger, [("use-suppressions", {"path": path, "entries": entries})])


def settle(ledger: Ledger, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
    """``agree``, and from now on the ledger belongs where it is."""
    _write(ledger, [("move", _place(ledger.path)), *_agreement(log, replaces, runs, now)])


def agree(ledger: Ledger, log: LogMark, *, replaces: Sequence[str], runs: Sequence[str], now: float) -> None:
    """From now on the ledger knows all that the log tells, and stands for these ledgers, runs."""
    _write(ledger, _agreement(log, replaces, runs, now))


def _agreement(
    log: LogMark, replaces: Sequence[str], runs: Sequence[str], now: float
) -> list[tuple[str, dict[str, object]]]:
    return [
        ("agree", {"log_size": log.size, "log_end": log.end}),
        *(("replace", {"ledger": each, "now": now}) for each in replaces),
        *(("begin-run", {"run": each, "now": now}) for each in runs),
    ]


def take_place_of(ledger: Ledger, others: Sequence[str], now: float) -> None:
    """From now on the ledger stands for these, too, which were lost. Raises ``FencedOut`` unless the lock is held."""
    _write(ledger, [("replace", {"ledger": each, "now": now}) for each in others])


def become(ledger: Ledger, name: str, key: bytes) -> None:
    """Give a ledger without letters the name and the key of one that was lost: so its Message-IDs are the same."""
    _write(ledger, [("take-over", {"ledger": name}), ("take-key", {"key": key})])


def _write(ledger: Ledger, changes: Sequence[tuple[str, dict[str, object]]]) -> None:
    def act(connection: Connection) -> None:
        with lock.fenced(connection):
            for query, facts in changes:
                connection.execute(_QUERIES[query], facts)

    ledger.write(act)


def _place(path: Path) -> dict[str, object]:
    device, inode = file_id(path) or ("", "")
    return {
        "host": socket.gethostname(),
        "folder": str(path.parent.resolve()),
        "device": str(device),
        "inode": str(inode),
    }
