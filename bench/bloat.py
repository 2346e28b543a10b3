"""How far the tables of a ledger on PostgreSQL grow beyond what is in them, while a campaign is sent, and afterwards.

The ledger is driven directly, as a sender does: each letter is handed over and accepted in groups, and folded as it is
folded there. Once as it is, and once while a transaction of somebody else stays open, so that no vacuum helps.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import psycopg
from msgspec import Struct

from bench.campaigns import addresses
from bench.database import Ledger, database
from bench.result import Bar, Options, Result
from bench.workplace import scratch
from mass_apology.ledger.port import Ledger as AnyLedger
from mass_apology.ledger.postgres.postgres_connections import Server
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.model import Mark, Recipient, Status

LETTERS = 100_000
GROUP = 500  # letters
MOST = 1.5  # times the size of the same tables written anew
_TABLES = ("all_delivery", "all_mark", "all_outcome")
_SIZES = "SELECT " + ", ".join(f"pg_total_relation_size('mass_apology.{table}')" for table in _TABLES)


class _Sizes(Struct, frozen=True, kw_only=True):
    """Octets of each table with its indexes."""

    peak: tuple[int, ...]
    end: tuple[int, ...]
    anew: tuple[int, ...]  # after VACUUM FULL
    seconds: float


def measure(options: Options) -> Result:
    """Both; the bar is for the first."""
    letters = options.letters(LETTERS)
    with scratch("bloat") as folder, database() as server:
        alone = _sent(folder / "alone", server.new_database(), letters, held=False)
        held = _sent(folder / "held", server.new_database(), letters, held=True)
    return Result(
        bars=(
            Bar(
                name="tables to the same written anew, at the end",
                figure=_ratio(alone.end, alone),
                limit=MOST,
                at_most=True,
            ),
            Bar(
                name="delivery and outcome alone",
                figure=_ratio(alone.end, alone, marks=False),
                limit=MOST,
                at_most=True,
            ),
        ),
        notes=(f"{letters} letters", _told("as it is", alone), _told("beside a long transaction", held)),
    )


def _sent(folder: Path, url: str, letters: int, *, held: bool) -> _Sizes:
    folder.mkdir()
    store = PostgresStore(Server(conninfo=url, place="the bench's database"), "bench", folder)
    begin, peak = time.monotonic(), (0,) * len(_TABLES)
    with store.create("bench") as ledger:
        ledger.acquire(time.time())
        with store.planner("first", lambda identity: f"<{identity}@acme.example>") as staging:
            staging.add([(person, person.language) for person in _people(letters)])
            staging.commit(ledger, digest_parts={"csv": "00"}, header=("name",), canary=[], now=time.time())
        with psycopg.connect(url) if held else nullcontext() as other:
            if other is not None:
                other.execute("SELECT txid_current()")  # it stays in this transaction
            for number in range(1, letters + 1, GROUP):
                asyncio.run(_group(ledger, range(number, min(number + GROUP, letters + 1))))
                peak = tuple(map(max, peak, _sizes(url)))
            ledger.__exit__()
            end = _sizes(url)
    with psycopg.connect(url, autocommit=True) as connection:
        for table in _TABLES:
            connection.execute(f"VACUUM FULL mass_apology.{table}".encode())
    return _Sizes(peak=peak, end=end, anew=_sizes(url), seconds=time.monotonic() - begin)


async def _group(ledger: AnyLedger, letters: range) -> None:
    def mark(letter: int, status: Status) -> Mark:
        over = status is Status.ACCEPTED
        return Mark(
            delivery=letter,
            status=status,
            at=time.time(),
            attempts=1,
            code=250 if over else None,
            enhanced_code="2.0.0" if over else None,
            reply=f"2.0.0 Ok: queued as 4XYZ{letter:08}" if over else None,
            sha256=bytes(32) if over else None,
            subject=None if over else "What happened to Acme API on 20 November",
        )

    await asyncio.gather(*(ledger.hand_over(mark(letter, Status.HANDING_OVER)) for letter in letters))
    for letter in letters:
        ledger.record(mark(letter, Status.ACCEPTED))
    await ledger.flush()


def _people(count: int) -> Iterator[Recipient]:
    for number, address in enumerate(addresses(count)):
        yield Recipient(
            identity=number + 1,
            mailbox=number + 1,
            address=address,
            name="Zofia Wójcik",
            language="pl",
            time_zone="Europe/Warsaw",
            line=number + 2,
            row={"email": address, "customer_id": f"{number:08}"},
        )


def _sizes(url: str) -> tuple[int, ...]:
    (row,) = Ledger(url).ask(_SIZES)
    return tuple(map(int, row))


def _ratio(sizes: tuple[int, ...], of: _Sizes, *, marks: bool = True) -> float:
    places = [place for place, table in enumerate(_TABLES) if marks or table != "all_mark"]
    return sum(sizes[place] for place in places) / sum(of.anew[place] for place in places)


def _told(name: str, sizes: _Sizes) -> str:
    def mebibytes(each: tuple[int, ...]) -> str:
        return ", ".join(f"{table} {octets / 2**20:.0f}" for table, octets in zip(_TABLES, each, strict=True))

    return (
        f"{name}, MiB: at its peak {mebibytes(sizes.peak)}; at the end {mebibytes(sizes.end)}; written anew "
        f"{mebibytes(sizes.anew)}; {_ratio(sizes.end, sizes):.2f} x; {sizes.seconds:.0f} s"
    )
