"""Two processes write to one ledger: never at the same moment, and neither keeps the other out."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from threading import Event, Thread

import pytest
from ledger_samples import CAMPAIGN, NOON, mark, planned_ledger, statuses

from mass_apology.errors import LedgerError
from mass_apology.ledger import Control
from mass_apology.ledger.local_file import transaction
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.ledger.sqlite.write_lock import WriteLock, write_lock_file
from mass_apology.model import Status

pytestmark = pytest.mark.slow

_NOTING = """
import sys
from pathlib import Path
from mass_apology.ledger.sqlite import SqliteLedger
from mass_apology.ledger.local_file import transaction

def add(connection):
    with transaction(connection):
        connection.execute("INSERT INTO note (at, what) VALUES (1, 'from the other process')")

for number in range(int(sys.argv[2])):
    if number % 5 == 0:  # opening and closing write, too: the last one to close puts the -wal into the file
        ledger = SqliteLedger.open(Path(sys.argv[1]), "acme-outage")
    ledger.write(add)
    if number % 5 == 4:
        ledger.__exit__()
"""

_HOLDING = """
import sys
from pathlib import Path
from mass_apology.ledger.sqlite.write_lock import WriteLock

with WriteLock(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def other_process(program: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", program, *map(str, arguments)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        try:
            yield child
        finally:
            child.kill()


def test_a_request_does_not_hide_that_the_ledger_was_overwritten(path: Path) -> None:
    planned_ledger(path, 3).__exit__()
    older = path.read_bytes()
    ledger = SqliteLedger.open(path, CAMPAIGN)
    ledger.acquire(NOON)
    with SqliteRecords.open(path, CAMPAIGN) as records:
        records.request(Control.PAUSE)
        asyncio.run(ledger.flush())
        assert ledger.lost_sight() is None
        path.write_bytes(older)
        for _ in range(2):
            records.request(Control.RUN)
    with pytest.raises(LedgerError, match="was written to by another program"):
        asyncio.run(ledger.claim(1, NOON))
    with pytest.raises(LedgerError, match="was written to by another program"):
        asyncio.run(ledger.close())


def test_both_get_everything_written_and_the_file_stays_whole(path: Path) -> None:
    async def send(ledger: SqliteLedger) -> None:
        for letter in range(1, 301):
            await ledger.hand_over(mark(letter, Status.HANDING_OVER))
            ledger.record(mark(letter, Status.ACCEPTED))

    with planned_ledger(path, 300) as ledger, other_process(_NOTING, path, 200) as other:
        asyncio.run(send(ledger))
        assert other.wait(60) == 0
        assert len(ledger.notes()) == 200
    assert set(statuses(path).values()) == {Status.ACCEPTED}
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_a_sender_waits_for_another_one_however_long_and_gets_no_error(path: Path) -> None:
    """SQLite itself would give up after its patience, which is no answer while letters are on their way."""
    done = Event()

    def hand_over(ledger: SqliteLedger) -> None:
        asyncio.run(ledger.hand_over(mark(1, Status.HANDING_OVER)))
        done.set()

    with planned_ledger(path, 1) as ledger:
        with other_process(_HOLDING, path) as other:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            sender = Thread(target=hand_over, args=(ledger,))
            sender.start()
            assert not done.wait(0.3)
            os.kill(other.pid, signal.SIGKILL)  # its lock ends with it
        sender.join(60)
        assert done.is_set()
    assert statuses(path) == {1: Status.HANDING_OVER}


def test_two_in_one_process_exclude_each_other(path: Path) -> None:
    path.touch()
    with closing(WriteLock(path)) as one, closing(WriteLock(path)) as other:
        got = Event()

        def take() -> None:
            with other.held():
                got.set()

        with one.held():
            with one.held():  # nested
                pass
            taker = Thread(target=take)
            taker.start()
            assert not got.wait(0.2)
        taker.join(60)
        assert got.is_set()


def test_an_error_inside_gives_it_back(path: Path) -> None:
    path.touch()
    with closing(WriteLock(path)) as one, closing(WriteLock(path)) as other:
        with pytest.raises(ValueError, match="inside"), one.held():
            raise ValueError("inside")
        with other.held():
            pass


def test_a_call_that_fails_does_not_keep_it(ledger: SqliteLedger, path: Path) -> None:
    def fail(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            raise ValueError("inside")

    with pytest.raises(ValueError, match="inside"):
        ledger.write(fail)
    with closing(WriteLock(path)) as other, other.held():
        pass


def test_a_place_where_it_cannot_be_is_a_sentence(path: Path) -> None:
    planned_ledger(path, 1).__exit__()
    write_lock_file(path).unlink()
    write_lock_file(path).mkdir()
    with pytest.raises(LedgerError, match=r"ledger\.sqlite\.write cannot be used"):
        SqliteLedger.open(path, CAMPAIGN)
