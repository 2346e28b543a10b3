"""Recipients, plans and marks for the tests of the ledger."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from memory_store import MemoryStore
from msgspec.structs import replace
from postgres_stores import postgres_store
from tampered_ledger import tampered

from mass_apology.ledger import Ledger, Planned, Records, Result, Sender, Store
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.ledger.sqlite import SqliteLedger, SqliteStore
from mass_apology.model import Delivery, Mark, Recipient, Status

CAMPAIGN = "acme-outage"
WAVE = "first"
NOON = 1_700_000_000.0
SHA256 = bytes(range(32))

KINDS: Mapping[str, Callable[[Path], Store]] = {
    "SQLite": lambda folder: SqliteStore(folder / "ledger.sqlite"),
    "memory": lambda _: MemoryStore(),
    "PostgreSQL": postgres_store,
}
"""Every kind of ledger that implements the port, by its name."""

IN_PROCESS = ("SQLite", "memory")
"""Those that need no server: what tries many examples does it on these, and in ``test_ledger_on_postgres``."""

WAYS = {
    Status.PLANNED: [],
    Status.DEFERRED: [Status.DEFERRED],
    Status.HANDING_OVER: [Status.HANDING_OVER],
    Status.ACCEPTED: [Status.HANDING_OVER, Status.ACCEPTED],
    Status.REFUSED: [Status.REFUSED],
    Status.IN_DOUBT: [Status.HANDING_OVER, Status.IN_DOUBT],
    Status.EXPIRED: [Status.EXPIRED],
    Status.WITHHELD: [Status.WITHHELD],
    Status.BOUNCED: [Status.HANDING_OVER, Status.ACCEPTED, Status.BOUNCED],
    Status.COMPLAINED: [Status.HANDING_OVER, Status.ACCEPTED, Status.COMPLAINED],
}
"""How a planned letter gets into each status."""


def recipient(number: int, **changes: object) -> Recipient:
    """A customer: awkward on purpose."""
    person = Recipient(
        identity=(number * 7919) ^ -(2**62),
        mailbox=(number * 7919) ^ -(2**62),
        person=number,
        address=f"customer{number}@example.org",
        name=f'Łukasz "Ł" O\'Neil\t{number}',
        language="pl",
        time_zone="Europe/Warsaw",
        line=number + 2,
        row={"name": f"Łukasz {number}", "account": f"{number:06d}", "note": '{"a": [1]}\n\u2028'},
    )
    return replace(person, **changes)


def message_id(identity: int) -> str:
    return f"<{identity:x}@acme.example>"


def plan_in(
    store: Store,
    ledger: Ledger,
    people: Iterable[Recipient],
    *,
    wave: str = WAVE,
    canary: Iterable[int] = (),
    now: float = NOON,
) -> Planned:
    """Plan letters in the recipients' own language."""
    with store.planner(wave, message_id) as staging:
        staging.add([(person, person.language) for person in people])
        return staging.commit(ledger, digest_parts={"csv": "00"}, header=("name",), canary=list(canary), now=now)


def plan(ledger: SqliteLedger, people: Iterable[Recipient], *, canary: Iterable[int] = ()) -> Planned:
    """Plan letters of a SQLite ledger."""
    return plan_in(SqliteStore(ledger.path), ledger, people, canary=canary)


def planned_ledger(path: Path, letters: int) -> SqliteLedger:
    """A ledger under our lock with so many letters due; their ids are 1, 2, …"""
    ledger = SqliteLedger.create(path, CAMPAIGN)
    ledger.acquire(NOON)
    plan(ledger, map(recipient, range(letters)))
    return ledger


def mark(delivery: int, status: Status, **facts: object) -> Mark:
    """A mark with what belongs to its status."""
    usual: dict[str, object] = {"at": NOON + delivery, "attempts": 1}
    if status is Status.HANDING_OVER:
        usual |= {"sha256": SHA256, "subject": f"We are sorry, {delivery}"}
    elif status is Status.DEFERRED:
        usual |= {"due_at": NOON + 600, "code": 451, "enhanced_code": "4.7.1", "reply": "greylisted"}
    elif status is Status.ACCEPTED:
        usual |= {"code": 250, "enhanced_code": "2.0.0", "reply": f"Ok: queued as {delivery:08X}"}
    return Mark(delivery=delivery, status=status, **(usual | facts))


def claim(ledger: Sender, limit: int = 100, now: float = NOON, *, canary_only: bool = False) -> list[Delivery]:
    return asyncio.run(ledger.claim(limit, now, canary_only=canary_only))


def ids(letters: Iterable[Delivery]) -> list[int]:
    return [letter.id for letter in letters]


def record(ledger: Sender, *marks: Mark) -> None:
    """Make marks durable, in their order."""

    async def all_of_them() -> None:
        for each in marks:
            ledger.record(each)
        await ledger.flush()

    asyncio.run(all_of_them())


def bring(ledger: Sender, delivery: int, status: Status) -> None:
    """A letter that is planned gets this status."""
    record(ledger, *(mark(delivery, each) for each in WAYS[status]))


def result(ledger: Records, delivery: int, wave: str = WAVE) -> Result:
    return next(result for result in ledger.results(wave) if result.delivery == delivery)


def statuses_in(store: Store, wave: str = WAVE) -> dict[int, Status]:
    """Every delivery's status, as another process sees it."""
    with store.read(CAMPAIGN) as records:
        return {result.delivery: result.status for result in records.results(wave) if result.delivery is not None}


def statuses(path: Path) -> dict[int, Status]:
    """So too, in a SQLite ledger."""
    return statuses_in(SqliteStore(path))


def crash(store: Store) -> None:
    """Whoever holds the lock has ended without giving it back."""
    if isinstance(store, MemoryStore):
        store.crash()
    elif isinstance(store, PostgresStore):
        with store.found() as connection:
            assert connection is not None
            connection.execute("UPDATE lock SET started = 'an earlier boot/1', renewed_at = 0 WHERE host IS NOT NULL")
    else:
        bury_holder(Path(store.place))


def outside(path: Path, statement: str, *facts: object) -> None:
    """Change the file behind the program's back."""
    connection = sqlite3.connect(path)
    with connection:
        connection.execute(statement, facts)
    connection.close()


def force_status(path: Path, delivery: int, status: Status) -> None:
    """Put a letter into a status, whatever its own was."""
    with tampered(path) as connection:
        connection.execute("UPDATE delivery SET status = ? WHERE id = ?", (status.value, delivery))


@contextmanager
def held_up(ledger: SqliteLedger) -> Iterator[None]:
    """Keep the writer busy, so that what is asked for meanwhile waits and then becomes one group."""
    busy, finish = Event(), Event()

    def wait(_: object) -> None:
        busy.set()
        finish.wait()

    call = ledger._writer.call(wait)
    busy.wait()
    yield
    finish.set()
    call.result()


def bury_holder(path: Path) -> None:
    """Make the lock's holder a process that has ended, as a crash does."""
    outside(path, "UPDATE lock SET started = 'an earlier boot/1' WHERE host IS NOT NULL")


async def send_in_sight(ledger: Ledger) -> None:
    """Send all that is due over twenty connections, and print each dot, and what is known to be accepted."""

    async def connection() -> None:
        while letters:
            letter = letters.pop()
            await ledger.hand_over(mark(letter.id, Status.HANDING_OVER))
            print("dot", letter.id, flush=True)
            ledger.record(mark(letter.id, Status.ACCEPTED))
            if letter.id % 3 == 0:
                await ledger.flush()
                print("accepted", letter.id, flush=True)

    letters = await ledger.claim(100_000, time.time())
    await asyncio.gather(*(connection() for _ in range(20)))
    await ledger.close()


def printed_until_killed(script: str, *arguments: str, lines: int | None) -> list[list[str]]:
    """The words of each line that a process printed until it was killed, about so many lines after it began, or until
    it ended."""
    here = str(Path(__file__).parent)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([here, *filter(None, sys.path)])}
    printed = []
    command = [sys.executable, "-c", script, *arguments]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as sender:
        assert sender.stdout is not None
        for line in sender.stdout:
            printed.append(line)
            if len(printed) == lines:
                sender.send_signal(signal.SIGKILL)
    assert sender.returncode == (0 if lines is None else -signal.SIGKILL)
    return [line.split() for line in printed if line.endswith("\n")]  # the last one may have been cut off
