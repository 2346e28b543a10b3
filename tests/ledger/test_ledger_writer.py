"""The writer of a SQLite ledger: groups of marks, cancelled calls, and the table's own triggers."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from functools import partial
from itertools import product
from pathlib import Path
from sqlite3 import Connection, IntegrityError
from threading import Thread

import pytest
from ledger_samples import (
    CAMPAIGN,
    NOON,
    claim,
    force_status,
    held_up,
    ids,
    mark,
    outside,
    plan,
    recipient,
    record,
    statuses,
)

from mass_apology.errors import IllegalTransition, LedgerError
from mass_apology.ledger import Control
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.model import TRANSITIONS, Delivery, Status

PLANNED, DEFERRED, HANDING_OVER, ACCEPTED = Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER, Status.ACCEPTED
WITHHELD = Status.WITHHELD


def test_many_at_once_keep_their_order(ledger: SqliteLedger, path: Path) -> None:
    plan(ledger, map(recipient, range(3000)))

    async def everyone() -> None:
        async def one(delivery: int) -> None:
            await ledger.hand_over(mark(delivery, HANDING_OVER))
            ledger.record(mark(delivery, DEFERRED))
            await ledger.hand_over(mark(delivery, HANDING_OVER, attempts=2))
            ledger.record(mark(delivery, ACCEPTED, attempts=2))

        await asyncio.gather(*(one(delivery) for delivery in range(1, 3001)))
        await ledger.flush()

    asyncio.run(everyone())
    assert set(statuses(path).values()) == {ACCEPTED}
    assert sum(count for _, count in ledger.usage_since(0)) == 3000  # each letter where it was handed over last


def test_no_statement_goes_round_the_table(path: Path, ledger: SqliteLedger) -> None:
    def change(after: Status, connection: Connection) -> None:
        connection.execute("UPDATE delivery SET status = ? WHERE id = 5", (after.value,))

    ended = {}
    for before, after in product(Status, Status):
        force_status(path, 5, before)
        refused = False
        try:
            ledger.write(partial(change, after))
        except IllegalTransition:
            refused = True
        ended[before, after] = refused, statuses(path)[5]
    assert ended == {
        (before, after): (False, after) if after in TRANSITIONS[before] else (True, before)
        for before, after in product(Status, Status)
    }


@pytest.mark.parametrize("status", Status)
def test_a_letter_begins_as_planned_and_only_one_that_never_left_is_forgotten(
    path: Path, ledger: SqliteLedger, status: Status
) -> None:
    def add(connection: Connection) -> None:
        connection.execute(
            "INSERT INTO delivery (recipient, wave, status, message_id, language, planned_at) "
            "VALUES (5, 'x', ?, '<x@y>', 'en', 0)",
            (status.value,),
        )

    with nullcontext() if status is PLANNED else pytest.raises(IllegalTransition):
        ledger.write(add)
    force_status(path, 5, status)
    with nullcontext() if status is WITHHELD else pytest.raises(IllegalTransition):
        ledger.write(lambda connection: connection.execute("DELETE FROM delivery WHERE id = 5"))


def test_an_illegal_mark_undoes_its_group_and_stops_the_writing(ledger: SqliteLedger, path: Path) -> None:
    with held_up(ledger):
        for each in (mark(1, HANDING_OVER), mark(2, HANDING_OVER), mark(1, ACCEPTED), mark(2, HANDING_OVER)):
            ledger.record(each)
    with pytest.raises(IllegalTransition, match="Delivery 2 is HANDING_OVER and cannot become HANDING_OVER"):
        asyncio.run(ledger.flush())
    with pytest.raises(IllegalTransition):
        asyncio.run(ledger.hand_over(mark(3, HANDING_OVER)))
    with pytest.raises(IllegalTransition):
        claim(ledger)
    assert set(statuses(path).values()) == {PLANNED}


def test_text_that_cannot_be_written_stops_the_writing(ledger: SqliteLedger) -> None:
    with pytest.raises(LedgerError, match="surrogates"):
        record(ledger, mark(1, Status.REFUSED, reply="\ud800"))
    with pytest.raises(LedgerError, match="surrogates"):
        asyncio.run(ledger.hand_over(mark(2, HANDING_OVER)))


def test_a_cancelled_hand_over_leaves_the_ledger_working(ledger: SqliteLedger, path: Path) -> None:
    async def cancel() -> None:
        async with asyncio.timeout(20):
            with held_up(ledger):
                cancelled, other = (
                    asyncio.create_task(ledger.hand_over(mark(delivery, HANDING_OVER))) for delivery in (1, 2)
                )
                await asyncio.sleep(0)
                cancelled.cancel()
                await asyncio.gather(cancelled, return_exceptions=True)
                ledger.record(mark(1, DEFERRED))
            await other
            await ledger.flush()

    asyncio.run(cancel())
    assert [statuses(path)[delivery] for delivery in (1, 2)] == [DEFERRED, HANDING_OVER]


def test_a_cancelled_claim_leaves_the_ledger_working(ledger: SqliteLedger) -> None:
    async def cancel() -> list[Delivery]:
        async with asyncio.timeout(20):
            with held_up(ledger):
                task = asyncio.create_task(ledger.claim(5, NOON))
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
            return await ledger.claim(2, NOON)

    assert ids(asyncio.run(cancel())) == [1, 2]


def test_a_loop_that_ended_early_does_not_disturb_the_writer(ledger: SqliteLedger, path: Path) -> None:
    async def leave() -> None:
        task = asyncio.create_task(ledger.hand_over(mark(1, HANDING_OVER)))
        await asyncio.sleep(0)
        task.cancel()

    with held_up(ledger):
        asyncio.run(leave())
    asyncio.run(ledger.hand_over(mark(2, HANDING_OVER)))
    assert [statuses(path)[delivery] for delivery in (1, 2)] == [HANDING_OVER, HANDING_OVER]


def test_a_request_cannot_be_nonsense(ledger: SqliteLedger, path: Path) -> None:
    with pytest.raises(IntegrityError, match="CHECK"):
        outside(path, "UPDATE lock SET wanted = 'pauze'")
    assert ledger.requested() is Control.RUN


def test_a_control_file_of_an_earlier_version_says_nothing(ledger: SqliteLedger, path: Path) -> None:
    path.with_name("ledger.sqlite.control").write_text("stop\n")
    assert ledger.requested() is Control.RUN


def test_a_request_waits_for_a_commit_and_is_read_beside_one(ledger: SqliteLedger, path: Path) -> None:
    ledger.request(Control.PAUSE)
    with SqliteRecords.open(path, CAMPAIGN) as records:
        asking = Thread(target=records.request, args=(Control.STOP,))
        with held_up(ledger):  # the writer has the write lock
            assert asyncio.run(ledger.wanted()) is Control.PAUSE
            asking.start()
            asking.join(0.2)
            assert asking.is_alive()
        asking.join(10)
        assert asyncio.run(ledger.wanted()) is Control.STOP
    asyncio.run(ledger.hand_over(mark(1, HANDING_OVER)))
