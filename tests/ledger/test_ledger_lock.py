"""One sender at a time: processes that live, end, are stopped, or are on another machine."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, NOON, bury_holder, mark, outside, plan, planned_ledger, recipient, statuses

from mass_apology.errors import FencedOut, LedgerLocked
from mass_apology.ledger.in_sql.holders import LEASE, this_process
from mass_apology.ledger.sender_state import Holder
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.ledger.sqlite.lock import may_be_taken, renew
from mass_apology.model import Status
from mass_apology.system.processes import start_of

pytestmark = pytest.mark.slow

_HOLDER = """
import sys
from pathlib import Path
from mass_apology.ledger.sqlite import SqliteLedger

ledger = SqliteLedger.open(Path(sys.argv[1]), "acme-outage")
ledger.acquire(float(sys.argv[2]))
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def holding_process(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until its input ends."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    with subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(path), str(NOON)],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as child:
        assert child.stdout is not None
        try:
            assert child.stdout.readline() == "held\n"
            yield child
        finally:
            child.kill()


def test_a_living_process_keeps_its_lock_and_a_killed_one_loses_it_at_once(path: Path) -> None:
    planned_ledger(path, 3).__exit__()
    with holding_process(path) as child, SqliteLedger.open(path, CAMPAIGN) as ledger:
        with pytest.raises(LedgerLocked) as locked:
            ledger.acquire(NOON + 10 * LEASE)
        assert (locked.value.host, locked.value.pid) == (socket.gethostname(), child.pid)
        child.kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # dead, and still a zombie
        ledger.acquire(NOON)
        (note,) = ledger.notes()
        assert f"taken over from process {child.pid}" in note.what


def test_a_process_that_comes_back_after_a_takeover_writes_nothing(ledger: SqliteLedger, path: Path) -> None:
    asyncio.run(ledger.hand_over(mark(1, Status.HANDING_OVER)))
    ledger.record(mark(1, Status.ACCEPTED))
    asyncio.run(ledger.flush())
    bury_holder(path)
    with SqliteLedger.open(path, CAMPAIGN) as successor:
        successor.acquire(NOON)
        with pytest.raises(FencedOut, match=f"Process {os.getpid()} on"):
            asyncio.run(ledger.hand_over(mark(2, Status.HANDING_OVER)))
        with pytest.raises(FencedOut):
            asyncio.run(ledger.close())
        asyncio.run(successor.hand_over(mark(3, Status.HANDING_OVER)))  # its lock was not given back by the other
    expected = {1: Status.ACCEPTED, 3: Status.HANDING_OVER}
    assert statuses(path) == dict.fromkeys(range(1, 21), Status.PLANNED) | expected


def test_a_process_that_comes_back_after_its_successor_has_ended_is_told_so(ledger: SqliteLedger, path: Path) -> None:
    bury_holder(path)
    with SqliteLedger.open(path, CAMPAIGN) as successor:
        successor.acquire(NOON)
        successor.release()
    with pytest.raises(FencedOut, match="Another process took this campaign over and has ended meanwhile"):
        asyncio.run(ledger.hand_over(mark(2, Status.HANDING_OVER)))
    assert statuses(path) == dict.fromkeys(range(1, 21), Status.PLANNED)


@pytest.mark.parametrize(
    "act",
    [
        lambda ledger: ledger.recover(NOON),
        lambda ledger: ledger.doubts.release("first", [1], NOON),
        lambda ledger: plan(ledger, [recipient(99)]),
        lambda ledger: ledger.write(lambda connection: renew(connection, NOON)),
    ],
    ids=["recover", "resend", "plan", "renew"],
)
def test_nothing_else_is_written_either(
    ledger: SqliteLedger, path: Path, act: Callable[[SqliteLedger], object]
) -> None:
    bury_holder(path)
    with SqliteLedger.open(path, CAMPAIGN) as successor:
        successor.acquire(NOON)
        with pytest.raises(FencedOut):
            act(ledger)
    assert statuses(path) == dict.fromkeys(range(1, 21), Status.PLANNED)


def test_a_process_on_another_host_keeps_its_lock_while_it_renews_it(ledger: SqliteLedger, path: Path) -> None:
    outside(path, "UPDATE lock SET host = 'elsewhere', pid = 1")
    with SqliteLedger.open(path, CAMPAIGN) as here:
        with pytest.raises(LedgerLocked) as locked:
            here.acquire(NOON + LEASE)
        assert (locked.value.host, locked.value.pid) == ("elsewhere", 1)
        ledger.write(lambda connection: renew(connection, NOON + LEASE))
        with pytest.raises(LedgerLocked):
            here.acquire(NOON + LEASE + 1)
        here.acquire(NOON + 2 * LEASE + 1)
        with pytest.raises(FencedOut):
            asyncio.run(ledger.hand_over(mark(1, Status.HANDING_OVER)))


def test_two_that_take_over_at_once_do_not_both_succeed(ledger: SqliteLedger, path: Path) -> None:
    bury_holder(path)
    with SqliteLedger.open(path, CAMPAIGN) as first, SqliteLedger.open(path, CAMPAIGN) as second:
        first.acquire(NOON)
        with pytest.raises(LedgerLocked):
            second.acquire(NOON)


def test_others_see_who_is_sending(path: Path) -> None:
    planned_ledger(path, 3).__exit__()
    with SqliteRecords.open(path, CAMPAIGN) as records:
        assert records.holder() is None
        with holding_process(path) as child:
            holder = records.holder()
            assert holder is not None
            assert (holder.host, holder.pid) == (socket.gethostname(), child.pid)
        assert records.holder() is None


def test_renewing_without_a_lock_does_nothing(ledger: SqliteLedger) -> None:
    ledger.release()
    ledger.write(lambda connection: renew(connection, NOON + 5))
    ledger.acquire(NOON)


def test_a_process_is_recognised_by_its_start() -> None:
    me = this_process()
    assert me.pid == os.getpid()
    assert me.started == start_of(os.getpid())
    assert not may_be_taken(me, host=me.host, idle=1e9)
    later = Holder(host=me.host, pid=me.pid, started=f"{me.started}0")
    assert may_be_taken(later, host=me.host, idle=0.0)
