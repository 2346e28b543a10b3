"""Recipients, plans and marks for the tests of the ledger."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event

from msgspec.structs import replace
from tampered_ledger import tampered

from mass_apology.ledger import Planned
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords, SqliteStaging
from mass_apology.model import Mark, Recipient, Status

CAMPAIGN = "acme-outage"
WAVE = "first"
NOON = 1_700_000_000.0
SHA256 = bytes(range(32))


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


def plan(
    ledger: SqliteLedger,
    people: Iterable[Recipient],
    *,
    wave: str = WAVE,
    canary: Iterable[int] = (),
    now: float = NOON,
) -> Planned:
    """Plan letters in the recipients' own language."""
    with SqliteStaging(ledger.path, wave, message_id) as staging:
        staging.add([(person, person.language) for person in people])
        return staging.commit(ledger, digest_parts={"csv": "00"}, header=("name",), canary=list(canary), now=now)


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


def statuses(path: Path) -> dict[int, Status]:
    """Every delivery's status, as another process sees it."""
    with SqliteRecords.open(path, CAMPAIGN) as records:
        return {result.delivery: result.status for result in records.results(WAVE) if result.delivery is not None}


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
