"""What every ledger promises, whatever it is made of."""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from pathlib import Path
from sqlite3 import Connection, IntegrityError
from threading import Thread

import msgspec
import pytest
from ledger_samples import (
    CAMPAIGN,
    NOON,
    SHA256,
    WAVE,
    bury_holder,
    force_status,
    held_up,
    mark,
    message_id,
    outside,
    plan,
    recipient,
    statuses,
)

from mass_apology.errors import FencedOut, IllegalTransition, LedgerError, LedgerLocked
from mass_apology.ledger import Control, Result
from mass_apology.ledger.sqlite import SqliteLedger, SqliteRecords
from mass_apology.model import TRANSITIONS, Delivery, Mark, Status

PLANNED, DEFERRED, HANDING_OVER, ACCEPTED = Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER, Status.ACCEPTED
IN_DOUBT, WITHHELD = Status.IN_DOUBT, Status.WITHHELD


def claim(ledger: SqliteLedger, limit: int = 100, now: float = NOON, *, canary_only: bool = False) -> list[Delivery]:
    return asyncio.run(ledger.claim(limit, now, canary_only=canary_only))


def ids(letters: list[Delivery]) -> list[int]:
    return [letter.id for letter in letters]


def record(ledger: SqliteLedger, *marks: Mark) -> None:
    """Make marks durable, in their order."""

    async def all_of_them() -> None:
        for each in marks:
            ledger.record(each)
        await ledger.flush()

    asyncio.run(all_of_them())


def result(ledger: SqliteRecords, delivery: int) -> Result:
    return next(result for result in ledger.results(WAVE) if result.delivery == delivery)


class TestClaims:
    def test_a_letter_comes_with_all_that_it_is_rendered_from(self, ledger: SqliteLedger) -> None:
        letter = claim(ledger, 1)[0]
        person = recipient(0)
        assert letter == Delivery(
            id=1,
            address=person.address,
            name=person.name,
            language="pl",
            time_zone="Europe/Warsaw",
            lines="[2]",
            rows=letter.rows,
            message_id=message_id(person.identity),
            number=1,
        )
        assert msgspec.json.decode(letter.rows) == [person.row]

    def test_each_letter_is_given_out_once_in_the_order_of_the_file(self, ledger: SqliteLedger) -> None:
        batches = [ids(claim(ledger, 8)) for _ in range(4)]
        assert batches == [list(range(1, 9)), list(range(9, 17)), [17, 18, 19, 20], []]

    def test_letters_that_are_planned_later_follow(self, ledger: SqliteLedger) -> None:
        assert len(claim(ledger)) == 20
        plan(ledger, [recipient(77), *map(recipient, range(20))])
        assert [letter.address for letter in claim(ledger)] == ["customer77@example.org"]

    def test_the_next_process_may_claim_what_this_one_had(self, ledger: SqliteLedger, path: Path) -> None:
        claim(ledger, 5)
        record(ledger, mark(2, Status.REFUSED))
        asyncio.run(ledger.close())
        with SqliteLedger.open(path, CAMPAIGN) as again:
            assert ids(claim(again, 4)) == [1, 3, 4, 5]

    def test_a_deferred_letter_comes_back_when_it_is_due_and_once(self, ledger: SqliteLedger) -> None:
        claim(ledger)
        record(ledger, mark(3, DEFERRED, due_at=NOON + 60, attempts=2))
        assert claim(ledger, now=NOON + 59) == []
        (letter,) = claim(ledger, now=NOON + 60)
        assert (letter.id, letter.attempts, letter.first_tried_at) == (3, 2, NOON + 3)
        assert claim(ledger, now=NOON + 60) == []

    def test_a_letter_deferred_again_comes_back_again(self, ledger: SqliteLedger) -> None:
        claim(ledger)
        for attempt in (1, 2, 3):
            record(ledger, mark(3, DEFERRED, due_at=NOON + attempt, attempts=attempt, at=NOON + attempt))
            (letter,) = claim(ledger, now=NOON + attempt)
            assert (letter.attempts, letter.first_tried_at) == (attempt, NOON + 1)

    def test_a_deferral_that_is_being_handed_over_is_not_claimed(self, ledger: SqliteLedger) -> None:
        claim(ledger)
        record(ledger, mark(3, DEFERRED, due_at=NOON))
        assert ids(claim(ledger)) == [3]
        record(ledger, mark(3, HANDING_OVER))
        assert claim(ledger) == []
        record(ledger, mark(3, DEFERRED, due_at=NOON + 5))
        assert ids(claim(ledger, now=NOON + 5)) == [3]

    def test_deferrals_go_before_planned_letters_and_share_the_limit(self, ledger: SqliteLedger) -> None:
        claim(ledger, 4)
        record(ledger, mark(1, DEFERRED, due_at=NOON - 1), mark(2, DEFERRED, due_at=NOON - 2))
        assert ids(claim(ledger, 3)) == [2, 1, 5]
        assert ids(claim(ledger, 2)) == [6, 7]

    def test_the_canary_goes_first_and_no_letter_goes_twice(self, ledger: SqliteLedger) -> None:
        plan(ledger, map(recipient, range(30)), canary=[22, 25, 29])
        assert ids(claim(ledger, 2, canary_only=True)) == [22, 25]
        assert ids(claim(ledger, 2, canary_only=True)) == [29]
        assert claim(ledger, canary_only=True) == []
        assert ids(claim(ledger)) == [*range(1, 22), 23, 24, 26, 27, 28, 30]

    def test_a_canary_that_went_with_the_others_is_not_claimed_as_canary(self, ledger: SqliteLedger) -> None:
        plan(ledger, map(recipient, range(23)), canary=[21, 23])
        assert ids(claim(ledger, 22))[-1] == 22
        assert ids(claim(ledger, canary_only=True)) == [23]

    def test_among_deferrals_too_only_the_canary_is_claimed(self, ledger: SqliteLedger) -> None:
        plan(ledger, map(recipient, range(21)), canary=[21])
        claim(ledger)
        record(ledger, mark(1, DEFERRED, due_at=NOON), mark(21, DEFERRED, due_at=NOON))
        assert ids(claim(ledger, canary_only=True)) == [21]
        assert ids(claim(ledger)) == [1]

    def test_next_due_at_looks_past_claimed_deferrals(self, ledger: SqliteLedger) -> None:
        claim(ledger)
        assert asyncio.run(ledger.next_due_at()) is None
        record(ledger, mark(1, DEFERRED, due_at=NOON), mark(2, DEFERRED, due_at=NOON + 90.5))
        assert asyncio.run(ledger.next_due_at()) == NOON
        claim(ledger)
        assert asyncio.run(ledger.next_due_at()) == NOON + 90.5


class TestMarks:
    def test_hand_over_returns_when_the_mark_is_on_the_disk(self, ledger: SqliteLedger, path: Path) -> None:
        async def hand_over() -> Status:
            await ledger.hand_over(mark(1, HANDING_OVER))
            return statuses(path)[1]

        assert asyncio.run(hand_over()) is HANDING_OVER

    def test_a_letter_accepted(self, ledger: SqliteLedger) -> None:
        record(ledger, mark(1, HANDING_OVER, at=NOON + 1), mark(1, ACCEPTED, at=NOON + 2))
        accepted = result(ledger, 1)
        assert (accepted.status, accepted.attempts, accepted.code, accepted.enhanced_code) == (
            ACCEPTED,
            1,
            250,
            "2.0.0",
        )
        assert accepted.reply == "Ok: queued as 00000001"
        assert (accepted.handed_over_at, accepted.accepted_at, accepted.marked_at) == (NOON + 1, NOON + 2, NOON + 2)
        assert accepted.sha256 == SHA256

    def test_a_new_attempt_forgets_the_old_reply(self, ledger: SqliteLedger) -> None:
        record(ledger, mark(1, DEFERRED), mark(1, HANDING_OVER, attempts=2))
        handing_over = result(ledger, 1)
        assert (handing_over.code, handing_over.enhanced_code, handing_over.reply, handing_over.due_at) == (None,) * 4

    def test_many_at_once_keep_their_order(self, ledger: SqliteLedger, path: Path) -> None:
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

    @pytest.mark.parametrize("before", Status)
    @pytest.mark.parametrize("after", Status)
    def test_every_pair_of_statuses(self, path: Path, ledger: SqliteLedger, before: Status, after: Status) -> None:
        force_status(path, 5, before)
        if after in TRANSITIONS[before]:
            record(ledger, mark(5, after))
            assert statuses(path)[5] is after
        else:
            with pytest.raises(IllegalTransition, match=f"Delivery 5 is {before} and cannot become {after}"):
                record(ledger, mark(5, after))
            assert statuses(path)[5] is before

    @pytest.mark.parametrize("before", Status)
    @pytest.mark.parametrize("after", Status)
    def test_no_statement_goes_round_the_table(
        self, path: Path, ledger: SqliteLedger, before: Status, after: Status
    ) -> None:
        def change(connection: Connection) -> None:
            connection.execute("UPDATE delivery SET status = ? WHERE id = 5", (after.value,))

        force_status(path, 5, before)
        if after in TRANSITIONS[before]:
            ledger.write(change)
            assert statuses(path)[5] is after
        else:
            with pytest.raises(IllegalTransition):
                ledger.write(change)
            assert statuses(path)[5] is before

    @pytest.mark.parametrize("status", Status)
    def test_a_letter_begins_as_planned_and_only_one_that_never_left_is_forgotten(
        self, path: Path, ledger: SqliteLedger, status: Status
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

    def test_an_illegal_mark_undoes_its_group_and_stops_the_writing(self, ledger: SqliteLedger, path: Path) -> None:
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

    def test_a_delivery_that_does_not_exist(self, ledger: SqliteLedger) -> None:
        with pytest.raises(IllegalTransition, match="There is no delivery 999"):
            asyncio.run(ledger.hand_over(mark(999, HANDING_OVER)))

    def test_text_that_cannot_be_written_stops_the_writing(self, ledger: SqliteLedger) -> None:
        with pytest.raises(LedgerError, match="surrogates"):
            record(ledger, mark(1, Status.REFUSED, reply="\ud800"))
        with pytest.raises(LedgerError, match="surrogates"):
            asyncio.run(ledger.hand_over(mark(2, HANDING_OVER)))

    def test_a_cancelled_hand_over_leaves_the_ledger_working(self, ledger: SqliteLedger, path: Path) -> None:
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

    def test_a_cancelled_claim_leaves_the_ledger_working(self, ledger: SqliteLedger) -> None:
        async def cancel() -> list[Delivery]:
            async with asyncio.timeout(20):
                with held_up(ledger):
                    task = asyncio.create_task(ledger.claim(5, NOON))
                    await asyncio.sleep(0)
                    task.cancel()
                    await asyncio.gather(task, return_exceptions=True)
                return await ledger.claim(2, NOON)

        assert ids(asyncio.run(cancel())) == [1, 2]

    def test_a_loop_that_ended_early_does_not_disturb_the_writer(self, ledger: SqliteLedger, path: Path) -> None:
        async def leave() -> None:
            task = asyncio.create_task(ledger.hand_over(mark(1, HANDING_OVER)))
            await asyncio.sleep(0)
            task.cancel()

        with held_up(ledger):
            asyncio.run(leave())
        asyncio.run(ledger.hand_over(mark(2, HANDING_OVER)))
        assert [statuses(path)[delivery] for delivery in (1, 2)] == [HANDING_OVER, HANDING_OVER]

    def test_usage_counts_hand_overs_by_the_minute(self, ledger: SqliteLedger) -> None:
        minute = NOON // 60 * 60
        for delivery, at in enumerate((minute - 30, minute, minute + 59.9, minute + 60), start=1):
            record(ledger, mark(delivery, HANDING_OVER, at=at), mark(delivery, DEFERRED, at=at))
        assert ledger.usage_since(minute) == [(minute, 2), (minute + 60, 1)]
        assert ledger.usage_since(minute - 1) == [(minute - 60, 1), (minute, 2), (minute + 60, 1)]


class TestClosing:
    def test_what_was_recorded_is_durable_and_the_lock_is_free(self, ledger: SqliteLedger, path: Path) -> None:
        async def send() -> None:
            await ledger.hand_over(mark(1, HANDING_OVER))
            ledger.record(mark(1, ACCEPTED))
            await ledger.close()
            await ledger.close()

        asyncio.run(send())
        assert statuses(path)[1] is ACCEPTED
        with SqliteLedger.open(path, CAMPAIGN) as again:
            again.acquire(NOON)
            assert again.notes() == []

    def test_a_closed_ledger_refuses_everything(self, ledger: SqliteLedger) -> None:
        asyncio.run(ledger.close())
        with pytest.raises(LedgerError, match="closed"):
            asyncio.run(ledger.hand_over(mark(1, HANDING_OVER)))
        with pytest.raises(LedgerError, match="closed"):
            claim(ledger)

    def test_closing_tells_of_what_was_not_written(self, ledger: SqliteLedger) -> None:
        ledger.record(mark(1, ACCEPTED))
        with pytest.raises(IllegalTransition):
            asyncio.run(ledger.close())


class TestLock:
    def test_a_second_sender_is_told_who_the_first_is(self, ledger: SqliteLedger, path: Path) -> None:
        with SqliteLedger.open(path, CAMPAIGN) as second, pytest.raises(LedgerLocked) as locked:
            second.acquire(NOON + 1e9)
        assert str(locked.value.pid) in locked.value.problem
        assert locked.value.host in locked.value.problem

    def test_without_the_lock_nothing_is_written(self, ledger: SqliteLedger, path: Path) -> None:
        ledger.release()
        with pytest.raises(FencedOut, match="does not hold"):
            ledger.recover(NOON)
        with pytest.raises(FencedOut, match="does not hold"):
            plan(ledger, [recipient(77)])
        with pytest.raises(FencedOut, match="does not hold"):
            asyncio.run(ledger.hand_over(mark(1, HANDING_OVER)))
        assert statuses(path) == dict.fromkeys(range(1, 21), PLANNED)

    def test_the_lock_can_be_taken_again_by_whoever_gave_it_back(self, ledger: SqliteLedger) -> None:
        ledger.release()
        ledger.acquire(NOON)
        record(ledger, mark(1, HANDING_OVER))


class TestRecovery:
    def test_hand_overs_without_a_reply_become_in_doubt(self, ledger: SqliteLedger, path: Path) -> None:
        record(ledger, mark(1, HANDING_OVER), mark(2, HANDING_OVER), mark(2, ACCEPTED), mark(3, DEFERRED))
        bury_holder(path)
        with SqliteLedger.open(path, CAMPAIGN) as again:
            again.acquire(NOON)
            assert again.recover(NOON + 99) == 1
            assert again.recover(NOON + 99) == 0
            doubtful = result(again, 1)
            assert 1 not in ids(claim(again, now=NOON + 1e6))
        assert (doubtful.status, doubtful.marked_at, doubtful.sha256) == (IN_DOUBT, NOON + 99, SHA256)
        assert statuses(path) == dict.fromkeys(range(4, 21), PLANNED) | {1: IN_DOUBT, 2: ACCEPTED, 3: DEFERRED}

    def test_letters_in_doubt_go_again_only_on_a_persons_word_which_is_noted(self, ledger: SqliteLedger) -> None:
        record(ledger, mark(1, HANDING_OVER), mark(1, IN_DOUBT), mark(2, HANDING_OVER), mark(2, ACCEPTED))
        claim(ledger)
        first_id = result(ledger, 1).message_id
        assert ledger.doubts.release("later", [1, 2], NOON + 7) == 0
        assert ledger.doubts.release("first", [1, 2, 999], NOON + 7) == 1
        (letter,) = claim(ledger, now=NOON + 7)
        assert (letter.id, letter.message_id, letter.attempts, letter.first_tried_at) == (1, first_id, 1, None)
        assert [(note.at, note.what) for note in ledger.notes()] == [
            (NOON + 7, "1 letter of the wave first in doubt was released to be sent again")
        ]
        assert ledger.doubts.release("first", [1], NOON + 8) == 0
        assert len(ledger.notes()) == 1


class TestReading:
    def test_counts_name_every_status(self, ledger: SqliteLedger) -> None:
        record(ledger, mark(1, HANDING_OVER), mark(2, DEFERRED))
        expected = dict.fromkeys(Status, 0) | {PLANNED: 18, HANDING_OVER: 1, DEFERRED: 1}
        assert ledger.counts(WAVE) == expected
        assert ledger.counts("second") == dict.fromkeys(Status, 0)

    def test_a_reader_sees_one_moment_while_a_sender_runs(self, ledger: SqliteLedger, path: Path) -> None:
        with SqliteRecords.open(path, CAMPAIGN) as records:
            results = records.results(WAVE)
            seen = [next(results)]
            record(ledger, *(mark(delivery, HANDING_OVER) for delivery in range(1, 21)))
            seen += results
            assert [result.status for result in seen] == [PLANNED] * 20
            assert records.counts(WAVE)[HANDING_OVER] == 20

    def test_what_was_planned_can_be_read_from_elsewhere(self, ledger: SqliteLedger, path: Path) -> None:
        with SqliteRecords.open(path, CAMPAIGN) as records:
            assert (records.header, records.digest_parts) == (("name",), {"csv": "00"})
            assert (len(records.key), records.key) == (32, ledger.key)

    def test_a_request_cannot_be_nonsense(self, ledger: SqliteLedger, path: Path) -> None:
        with pytest.raises(IntegrityError, match="CHECK"):
            outside(path, "UPDATE lock SET wanted = 'pauze'")
        assert ledger.requested() is Control.RUN

    def test_every_request_can_be_written(self, ledger: SqliteLedger) -> None:
        for wanted in reversed(Control):
            ledger.request(wanted)
            assert ledger.requested() is wanted

    def test_a_control_file_of_an_earlier_version_says_nothing(self, ledger: SqliteLedger, path: Path) -> None:
        path.with_name("ledger.sqlite.control").write_text("stop\n")
        assert ledger.requested() is Control.RUN

    def test_a_request_waits_for_a_commit_and_is_read_beside_one(self, ledger: SqliteLedger, path: Path) -> None:
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
