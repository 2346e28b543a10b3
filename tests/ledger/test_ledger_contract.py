"""What every ledger promises to the sender and the commands beside it, whatever it is made of."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
from ledger_samples import (
    CAMPAIGN,
    NOON,
    SHA256,
    WAVE,
    bring,
    claim,
    crash,
    ids,
    mark,
    message_id,
    plan_in,
    recipient,
    record,
    result,
    statuses_in,
)
from msgspec.structs import replace

from mass_apology.errors import FencedOut, IllegalTransition, LedgerError, LedgerLocked
from mass_apology.ledger import Control, Ledger, Store
from mass_apology.ledger.sender_state import SenderReport
from mass_apology.model import TRANSITIONS, Delivery, Status, StopCause

PLANNED, DEFERRED, HANDING_OVER, ACCEPTED = Status.PLANNED, Status.DEFERRED, Status.HANDING_OVER, Status.ACCEPTED
IN_DOUBT, REFUSED = Status.IN_DOUBT, Status.REFUSED


class TestClaims:
    def test_a_letter_comes_with_all_that_it_is_rendered_from(self, held: Ledger) -> None:
        letter = claim(held, 1)[0]
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

    def test_each_letter_is_given_out_once_in_the_order_of_the_file(self, held: Ledger) -> None:
        batches = [ids(claim(held, 8)) for _ in range(4)]
        assert batches == [list(range(1, 9)), list(range(9, 17)), [17, 18, 19, 20], []]

    def test_letters_that_are_planned_later_follow(self, store: Store, held: Ledger) -> None:
        assert len(claim(held)) == 20
        plan_in(store, held, [recipient(77), *map(recipient, range(20))])
        assert [letter.address for letter in claim(held)] == ["customer77@example.org"]

    def test_the_next_process_may_claim_what_this_one_had(self, store: Store, held: Ledger) -> None:
        claim(held, 5)
        record(held, mark(2, Status.REFUSED))
        held.__exit__()
        with store.open(CAMPAIGN) as again:
            assert ids(claim(again, 4)) == [1, 3, 4, 5]

    def test_a_deferred_letter_comes_back_when_it_is_due_and_once(self, held: Ledger) -> None:
        claim(held)
        record(held, mark(3, DEFERRED, due_at=NOON + 60, attempts=2))
        assert claim(held, now=NOON + 59) == []
        (letter,) = claim(held, now=NOON + 60)
        assert (letter.id, letter.attempts, letter.first_tried_at) == (3, 2, NOON + 3)
        assert claim(held, now=NOON + 60) == []

    def test_a_letter_deferred_again_comes_back_again(self, held: Ledger) -> None:
        claim(held)
        for attempt in (1, 2, 3):
            record(held, mark(3, DEFERRED, due_at=NOON + attempt, attempts=attempt, at=NOON + attempt))
            (letter,) = claim(held, now=NOON + attempt)
            assert (letter.attempts, letter.first_tried_at) == (attempt, NOON + 1)

    def test_a_deferral_that_is_being_handed_over_is_not_claimed(self, held: Ledger) -> None:
        claim(held)
        record(held, mark(3, DEFERRED, due_at=NOON))
        assert ids(claim(held)) == [3]
        record(held, mark(3, HANDING_OVER))
        assert claim(held) == []
        record(held, mark(3, DEFERRED, due_at=NOON + 5))
        assert ids(claim(held, now=NOON + 5)) == [3]

    def test_deferrals_go_before_planned_letters_and_share_the_limit(self, held: Ledger) -> None:
        claim(held, 4)
        record(held, mark(1, DEFERRED, due_at=NOON - 1), mark(2, DEFERRED, due_at=NOON - 2))
        assert ids(claim(held, 3)) == [2, 1, 5]
        assert ids(claim(held, 2)) == [6, 7]

    def test_the_canary_goes_first_and_no_letter_goes_twice(self, store: Store, held: Ledger) -> None:
        plan_in(store, held, map(recipient, range(30)), canary=[22, 25, 29])
        assert ids(claim(held, 2, canary_only=True)) == [22, 25]
        assert ids(claim(held, 2, canary_only=True)) == [29]
        assert claim(held, canary_only=True) == []
        assert ids(claim(held)) == [*range(1, 22), 23, 24, 26, 27, 28, 30]

    def test_a_canary_that_went_with_the_others_is_not_claimed_as_canary(self, store: Store, held: Ledger) -> None:
        plan_in(store, held, map(recipient, range(23)), canary=[21, 23])
        assert ids(claim(held, 22))[-1] == 22
        assert ids(claim(held, canary_only=True)) == [23]

    def test_among_deferrals_too_only_the_canary_is_claimed(self, store: Store, held: Ledger) -> None:
        plan_in(store, held, map(recipient, range(21)), canary=[21])
        claim(held)
        record(held, mark(1, DEFERRED, due_at=NOON), mark(21, DEFERRED, due_at=NOON))
        assert ids(claim(held, canary_only=True)) == [21]
        assert ids(claim(held)) == [1]

    def test_next_due_at_looks_past_claimed_deferrals(self, held: Ledger) -> None:
        claim(held)
        assert asyncio.run(held.next_due_at()) is None
        record(held, mark(1, DEFERRED, due_at=NOON), mark(2, DEFERRED, due_at=NOON + 90.5))
        assert asyncio.run(held.next_due_at()) == NOON
        claim(held)
        assert asyncio.run(held.next_due_at()) == NOON + 90.5

    def test_only_letters_of_the_wave(self, held: Ledger) -> None:
        assert asyncio.run(held.claim(9, NOON, wave="second")) == []
        assert asyncio.run(held.next_due_at("second")) is None

    def test_who_listens_hears_of_claims_and_of_durable_marks(self, held: Ledger) -> None:
        claimed: list[int] = []
        durable: list[Status] = []
        held.on_claim(lambda letters: claimed.extend(ids(letters)))
        held.on_durable(lambda marks: durable.extend(each.status for each in marks))
        assert ids(claim(held, 2)) == claimed == [1, 2]
        asyncio.run(held.hand_over(mark(1, HANDING_OVER)))
        record(held, mark(1, ACCEPTED))
        assert durable == [HANDING_OVER, ACCEPTED]


class TestMarks:
    def test_hand_over_returns_when_the_mark_is_durable(self, store: Store, held: Ledger) -> None:
        async def hand_over() -> Status:
            await held.hand_over(mark(1, HANDING_OVER))
            return statuses_in(store)[1]

        assert asyncio.run(hand_over()) is HANDING_OVER

    def test_a_letter_accepted(self, held: Ledger) -> None:
        record(held, mark(1, HANDING_OVER, at=NOON + 1), mark(1, ACCEPTED, at=NOON + 2))
        accepted = result(held, 1)
        assert (accepted.status, accepted.attempts, accepted.code, accepted.enhanced_code) == (
            ACCEPTED,
            1,
            250,
            "2.0.0",
        )
        assert accepted.reply == "Ok: queued as 00000001"
        assert (accepted.handed_over_at, accepted.accepted_at, accepted.marked_at) == (NOON + 1, NOON + 2, NOON + 2)
        assert accepted.sha256 == SHA256

    def test_a_new_attempt_forgets_the_old_reply(self, held: Ledger) -> None:
        record(held, mark(1, DEFERRED), mark(1, HANDING_OVER, attempts=2))
        handing_over = result(held, 1)
        assert (handing_over.code, handing_over.enhanced_code, handing_over.reply, handing_over.due_at) == (None,) * 4

    @pytest.mark.parametrize("before", Status)
    @pytest.mark.parametrize("after", Status)
    def test_every_pair_of_statuses(self, store: Store, held: Ledger, before: Status, after: Status) -> None:
        bring(held, 5, before)
        if after in TRANSITIONS[before]:
            record(held, mark(5, after))
            assert statuses_in(store)[5] is after
        else:
            with pytest.raises(IllegalTransition, match=f"Delivery 5 is {before} and cannot become {after}"):
                record(held, mark(5, after))
            assert statuses_in(store)[5] is before

    def test_a_delivery_that_does_not_exist(self, held: Ledger) -> None:
        with pytest.raises(IllegalTransition, match="There is no delivery 999 to become HANDING_OVER"):
            asyncio.run(held.hand_over(mark(999, HANDING_OVER)))

    @pytest.mark.parametrize("delivery", [1, 999])
    def test_a_mark_that_has_no_way_stops_the_writing(self, store: Store, held: Ledger, delivery: int) -> None:
        with pytest.raises(IllegalTransition, match=rf"elivery {delivery}\b"):
            record(held, mark(delivery, ACCEPTED))
        with pytest.raises(IllegalTransition):
            asyncio.run(held.hand_over(mark(2, HANDING_OVER)))
        with pytest.raises(IllegalTransition):
            claim(held)
        with pytest.raises(IllegalTransition):
            asyncio.run(held.flush())
        assert set(statuses_in(store).values()) == {PLANNED}

    def test_usage_counts_hand_overs_by_the_minute(self, held: Ledger) -> None:
        minute = NOON // 60 * 60
        for delivery, at in enumerate((minute - 30, minute, minute + 59.9, minute + 60), start=1):
            record(held, mark(delivery, HANDING_OVER, at=at), mark(delivery, DEFERRED, at=at))
        assert held.usage_since(minute) == [(minute, 2), (minute + 60, 1)]
        assert held.usage_since(minute - 1) == [(minute - 60, 1), (minute, 2), (minute + 60, 1)]
        assert held.handed_over(minute) == (2, minute + 59.9)
        assert held.handed_over(minute + 60) == (0, None)
        assert held.usage_since(minute, "ses") == [(minute, 2), (minute + 60, 1)]  # nobody knows through which

    def test_usage_of_a_relay_is_what_left_through_it_or_through_one_without_a_name(self, held: Ledger) -> None:
        minute = NOON // 60 * 60
        for delivery, relay in enumerate(("ses", "google", None, "ses"), start=1):
            record(held, mark(delivery, HANDING_OVER, at=minute, relay=relay), mark(delivery, DEFERRED, at=minute))
        assert held.usage_since(minute) == [(minute, 4)]
        assert held.usage_since(minute, "ses") == [(minute, 3)]
        assert held.usage_since(minute, "postmark") == [(minute, 1)]
        assert [result(held, number).relay for number in (1, 2, 3)] == ["ses", "google", None]

    def test_letters_with_a_higher_priority_leave_first(self, store: Store) -> None:
        priorities = [0, 5, 0, -1, 5, 7]
        people = [recipient(number, priority=each) for number, each in enumerate(priorities, start=1)]
        people.append(replace(people[2], line=99, priority=6))  # another row of the third: the letter has the highest
        with store.create(CAMPAIGN) as ledger:
            ledger.acquire(NOON)
            with store.planner(WAVE, message_id) as plan:
                plan.add([(each, "pl") for each in people])
                numbers = {each.address: each.number for batch in plan.deliveries(100) for each in batch}
            plan_in(store, ledger, people)
            letters = claim(ledger)
        order = [int(each.address.removeprefix("customer").partition("@")[0]) for each in letters]
        assert order == [6, 3, 2, 5, 1, 4]
        assert [each.number for each in letters] == [1, 2, 3, 4, 5, 6]
        assert numbers == {each.address: each.number for each in letters}


class TestClosing:
    def test_what_was_recorded_is_durable_and_the_lock_is_free(self, store: Store, held: Ledger) -> None:
        async def send() -> None:
            await held.hand_over(mark(1, HANDING_OVER))
            held.record(mark(1, ACCEPTED))

        asyncio.run(send())
        for _ in range(2):
            held.__exit__()
        assert statuses_in(store)[1] is ACCEPTED
        with store.open(CAMPAIGN) as again:
            again.acquire(NOON)
            assert again.notes() == []

    def test_a_closed_ledger_refuses_everything(self, held: Ledger) -> None:
        held.__exit__()
        with pytest.raises(LedgerError, match="closed"):
            asyncio.run(held.hand_over(mark(1, HANDING_OVER)))
        with pytest.raises(LedgerError, match="closed"):
            claim(held)

    def test_closing_tells_of_what_was_not_written(self, held: Ledger) -> None:
        held.record(mark(1, ACCEPTED))
        with pytest.raises(IllegalTransition):
            held.__exit__()


class TestLock:
    def test_a_second_sender_is_told_who_the_first_is(self, store: Store, held: Ledger) -> None:
        with store.open(CAMPAIGN) as second, pytest.raises(LedgerLocked) as locked:
            second.acquire(NOON + 1e9)
        assert str(locked.value.pid) in locked.value.problem
        assert locked.value.host in locked.value.problem

    def test_without_the_lock_nothing_is_written(self, store: Store, held: Ledger) -> None:
        held.release()
        with pytest.raises(FencedOut, match="does not hold"):
            held.recover(NOON)
        with pytest.raises(FencedOut, match="does not hold"):
            plan_in(store, held, [recipient(77)])
        with pytest.raises(FencedOut, match="does not hold"):
            asyncio.run(held.hand_over(mark(1, HANDING_OVER)))
        assert statuses_in(store) == dict.fromkeys(range(1, 21), PLANNED)

    def test_whoever_was_taken_over_writes_nothing(self, store: Store, held: Ledger) -> None:
        with store.open(CAMPAIGN) as successor:
            crash(store)
            successor.acquire(NOON)
            with pytest.raises(FencedOut):
                asyncio.run(held.hand_over(mark(1, HANDING_OVER)))
            for act in (
                lambda: held.recover(NOON),
                lambda: held.note(NOON, "mine"),
                lambda: held.begin_edition(WAVE, {}, NOON),
                lambda: plan_in(store, held, [recipient(77)]),
                lambda: held.waves.add("second", [], NOON),
                lambda: held.waves.withhold({1: "no"}, NOON),
                lambda: held.doubts.release(WAVE, [1], NOON),
                lambda: held.refusals.take_back([1], "mine", NOON),
                lambda: held.continuity.begin_run("mine", NOON),
                lambda: held.purging.purge(NOON),
            ):
                with pytest.raises(FencedOut):
                    act()
            assert set(statuses_in(store).values()) == {PLANNED}
            assert "mine" not in [note.what for note in successor.notes()]
            record(successor, mark(3, HANDING_OVER))  # its lock was not given back by the other

    def test_the_lock_can_be_taken_again_by_whoever_gave_it_back(self, held: Ledger) -> None:
        held.release()
        held.acquire(NOON)
        record(held, mark(1, HANDING_OVER))


class TestRecovery:
    def test_hand_overs_without_a_reply_become_in_doubt(self, store: Store, held: Ledger) -> None:
        record(held, mark(1, HANDING_OVER), mark(2, HANDING_OVER), mark(2, ACCEPTED), mark(3, DEFERRED))
        crash(store)
        with store.open(CAMPAIGN) as again:
            again.acquire(NOON)
            assert again.recover(NOON + 99) == 1
            assert again.recover(NOON + 99) == 0
            doubtful = result(again, 1)
            assert 1 not in ids(claim(again, now=NOON + 1e6))
        assert (doubtful.status, doubtful.marked_at, doubtful.sha256) == (IN_DOUBT, NOON + 99, SHA256)
        assert statuses_in(store) == dict.fromkeys(range(4, 21), PLANNED) | {1: IN_DOUBT, 2: ACCEPTED, 3: DEFERRED}

    def test_ones_own_hand_overs_are_not_in_doubt(self, store: Store, held: Ledger) -> None:
        record(held, mark(1, HANDING_OVER))
        crash(store)
        with store.open(CAMPAIGN) as successor:
            successor.acquire(NOON)
            record(successor, mark(2, HANDING_OVER))
            assert successor.recover(NOON) == 1
            assert [statuses_in(store)[number] for number in (1, 2, 3)] == [IN_DOUBT, HANDING_OVER, PLANNED]
            successor.release()
            successor.acquire(NOON)  # again, in another epoch
            record(successor, mark(3, HANDING_OVER))
            assert successor.recover(NOON) == 1
            assert [statuses_in(store)[number] for number in (1, 2, 3)] == [IN_DOUBT, IN_DOUBT, HANDING_OVER]

    @pytest.mark.parametrize("recovered", [False, True], ids=["at once", "in doubt already"])
    def test_a_late_reply_is_recorded_whoever_sends_by_now(
        self, store: Store, held: Ledger, *, recovered: bool
    ) -> None:
        durable: list[tuple[int, Status]] = []
        record(held, *(mark(number, HANDING_OVER) for number in (1, 2, 3)), mark(3, DEFERRED))
        held.on_durable(lambda marks: durable.extend((each.delivery, each.status) for each in marks))
        crash(store)
        with store.open(CAMPAIGN) as successor:
            successor.acquire(NOON)
            if recovered:
                assert successor.recover(NOON) == 2
            for number in (3, 4):  # ours before, and never ours
                record(successor, mark(number, HANDING_OVER))
            late = [mark(1, ACCEPTED), mark(5, HANDING_OVER), mark(6, REFUSED), mark(3, ACCEPTED), mark(4, ACCEPTED)]
            with pytest.raises(FencedOut):
                record(held, *late)
            with pytest.raises(FencedOut):  # for as long as replies come, and each once
                record(held, mark(2, DEFERRED), mark(1, DEFERRED))
            assert durable == [(1, ACCEPTED), (2, DEFERRED)]
            found = statuses_in(store)
            expected = [ACCEPTED, DEFERRED, HANDING_OVER, HANDING_OVER, PLANNED, PLANNED]
            assert [found[number] for number in range(1, 7)] == expected
            assert ids(claim(successor, 1, now=NOON + 86_400)) == [2]

    def test_beside_a_sender_that_lives_nothing_is_in_doubt(self, store: Store, held: Ledger) -> None:
        record(held, mark(1, HANDING_OVER))
        with store.open(CAMPAIGN) as beside:
            assert beside.recover_unless_held(NOON) is False
            assert statuses_in(store)[1] is HANDING_OVER
            crash(store)
            assert beside.recover_unless_held(NOON) is True
            assert beside.holder() is None
        assert statuses_in(store)[1] is IN_DOUBT

    def test_claimed_letters_can_be_read_again_and_are_given_out_no_second_time(self, held: Ledger) -> None:
        letters = claim(held, 4)
        assert asyncio.run(held.claimed([4, 2])) == [letters[3], letters[1]]
        assert ids(claim(held, 2)) == [5, 6]

    def test_letters_in_doubt_go_again_only_on_a_persons_word_which_is_noted(self, held: Ledger) -> None:
        record(held, mark(1, HANDING_OVER), mark(1, IN_DOUBT), mark(2, HANDING_OVER), mark(2, ACCEPTED))
        claim(held)
        first_id = result(held, 1).message_id
        assert held.doubts.release("later", [1, 2], NOON + 7) == 0
        assert held.doubts.release("first", [1, 2, 999], NOON + 7) == 1
        (letter,) = claim(held, now=NOON + 7)
        assert (letter.id, letter.message_id, letter.attempts, letter.first_tried_at) == (1, first_id, 1, None)
        assert [(note.at, note.what) for note in held.notes()] == [
            (NOON + 7, "1 letter of the wave first in doubt was released to be sent again")
        ]
        assert held.doubts.release("first", [1], NOON + 8) == 0
        assert len(held.notes()) == 1

    def test_who_was_in_doubt_is_told_with_the_relay_that_may_have_the_letter(self, held: Ledger) -> None:
        record(held, mark(1, HANDING_OVER, relay="ses"), mark(1, IN_DOUBT))
        record(held, mark(2, HANDING_OVER, relay="ses"), mark(2, DEFERRED))
        record(held, mark(3, HANDING_OVER), mark(3, IN_DOUBT))
        assert [each.relay for each in held.doubts.letters(WAVE, [1, 3])] == ["ses", None]
        held.doubts.release(WAVE, [1, 3], NOON + 7)
        assert {each.id: each.relay for each in claim(held, now=NOON + 7)} == {1: "ses", 3: None} | dict.fromkeys(
            range(4, 21)
        )
        record(held, mark(1, HANDING_OVER, relay="ses"), mark(1, DEFERRED))  # the second copy, surely not taken
        assert {each.id: each.relay for each in claim(held, now=NOON + 900)} == {1: "ses", 2: None}


class TestReading:
    def test_counts_name_every_status(self, held: Ledger) -> None:
        record(held, mark(1, HANDING_OVER), mark(2, DEFERRED))
        expected = dict.fromkeys(Status, 0) | {PLANNED: 18, HANDING_OVER: 1, DEFERRED: 1}
        assert held.counts(WAVE) == expected
        assert held.counts("second") == dict.fromkeys(Status, 0)

    def test_a_reader_sees_one_moment_while_a_sender_runs(self, store: Store, held: Ledger) -> None:
        with store.read(CAMPAIGN) as records:
            results = records.results(WAVE)
            seen = [next(results)]
            record(held, *(mark(delivery, HANDING_OVER) for delivery in range(1, 21)))
            seen += results
            assert [result.status for result in seen] == [PLANNED] * 20
            assert records.counts(WAVE)[HANDING_OVER] == 20

    def test_what_was_planned_can_be_read_from_elsewhere(self, store: Store, held: Ledger) -> None:
        with store.read(CAMPAIGN) as records:
            assert (records.header, records.digest_parts) == (("name",), {"csv": "00"})
            assert (len(records.key), records.key) == (32, held.key)

    def test_the_last_request_reaches_the_sender(self, store: Store, held: Ledger) -> None:
        assert asyncio.run(held.wanted()) is held.requested() is Control.RUN
        with store.read(CAMPAIGN) as records:
            for wanted in (Control.PAUSE, Control.STOP, Control.RUN):
                records.request(wanted)
                assert asyncio.run(held.wanted()) is held.requested() is wanted

    @pytest.mark.parametrize("wanted", [Control.PAUSE, Control.STOP])
    def test_a_request_is_void_for_the_next_holder(self, store: Store, held: Ledger, wanted: Control) -> None:
        held.request(wanted)
        crash(store)
        with store.open(CAMPAIGN) as successor:
            successor.request(wanted)
            successor.acquire(NOON)
            assert asyncio.run(successor.wanted()) is Control.RUN
            successor.request(wanted)
            assert asyncio.run(successor.wanted()) is wanted

    def test_a_request_and_its_note_are_kept_together(self, store: Store, held: Ledger) -> None:
        with store.read(CAMPAIGN) as records:
            records.request(Control.PAUSE, note="Anna asked to pause")
            records.remark("Anna looked at letter 3")
            assert [note.what for note in records.notes()] == ["Anna asked to pause", "Anna looked at letter 3"]
        assert asyncio.run(held.wanted()) is Control.PAUSE

    def test_what_a_run_says_of_itself_is_seen_by_others(self, store: Store, held: Ledger) -> None:
        first = SenderReport(at=NOON, counts={ACCEPTED: 3}, connections=2)
        last = SenderReport(at=NOON + 1, cause=StopCause.BREAKER, ended=True, reason="Too many.")
        with store.read(CAMPAIGN) as records:
            assert records.reports() == ()
            for report in (first, last):
                held.tell(report)
                asyncio.run(held.flush())
                assert records.reports() == (replace(report, is_latest=True),)

    def test_nobody_hears_a_run_that_lost_the_lock(self, store: Store, held: Ledger) -> None:
        held.tell(SenderReport(at=NOON))
        asyncio.run(held.flush())
        crash(store)
        with store.open(CAMPAIGN) as successor:
            successor.acquire(NOON)
            held.tell(SenderReport(at=NOON + 1))
            (report,) = successor.reports()
            assert (report.at, report.is_latest) == (NOON, False)


class TestKeptPlans:
    def test_a_plan_goes_on_with_the_same_stamp_only(self, store: Store) -> None:
        with store.planner(WAVE, message_id, stamp=b"one") as made:
            made.add([(recipient(n), "pl") for n in range(3)])
            made.keep(b"record")
            assert made.kept == b""
        with store.planner(WAVE, message_id, stamp=b"one") as kept:
            assert (kept.kept, kept.counts().letters) == (b"record", 3)
            kept.keep(b"another")
        with store.planner(WAVE, message_id, stamp=b"two") as other:
            assert (other.kept, other.counts().letters) == (b"", 0)
        with store.planner(WAVE, message_id, stamp=b"one") as gone:  # at most one plan is kept
            assert gone.kept == b""

    def test_a_plan_is_forgotten_unless_it_is_to_be_kept(self, store: Store) -> None:
        with store.planner(WAVE, message_id, stamp=b"one") as made:
            made.add([(recipient(1), "pl")])
        with store.planner(WAVE, message_id, stamp=b"one") as again:
            assert again.kept == b""

    def test_a_plan_that_was_committed_is_not_kept(self, store: Store, empty: Ledger) -> None:
        with store.planner(WAVE, message_id, stamp=b"one") as made:
            made.add([(recipient(1), "pl")])
            made.keep(b"record")
            made.commit(empty, digest_parts={}, header=(), canary=(), now=NOON)
        with store.planner(WAVE, message_id, stamp=b"one") as again:
            assert again.kept == b""

    def test_a_kept_plan_meets_the_ledger_as_it_is_then(self, store: Store, empty: Ledger) -> None:
        with store.planner(WAVE, message_id, stamp=b"one") as made:
            made.add([(recipient(n), "pl") for n in range(3)])
            made.keep(b"record")
            assert made.compare().new == 3
        plan_in(store, empty, [recipient(0)])
        with store.planner(WAVE, message_id, stamp=b"one") as kept:
            assert (kept.compare().new, kept.compare().known) == (2, 1)
            assert [each.number for batch in kept.deliveries(10, everyone=True) for each in batch] == [1, 2, 3]

    def test_it_can_be_deleted(self, store: Store) -> None:
        with store.planner(WAVE, message_id, stamp=b"one") as made:
            made.keep(b"record")
        store.delete_plans()
        store.delete_plans(kept=True)
        with store.planner(WAVE, message_id, stamp=b"one") as again:
            assert again.kept == b""


class TestLetterFiles:
    def test_a_waves_files_are_kept_until_others_take_their_place(self, held: Ledger) -> None:
        held.letter_files.keep(WAVE, {"campaign.toml": b"name", "templates/x/en.md": b"", "b.pdf": b"\0\xff"})
        held.letter_files.keep("later", {"campaign.toml": b"other", "a.pdf": b"\0\xff"})
        assert [(each.path, each.octets) for each in held.letter_files.of(WAVE)] == [
            ("b.pdf", 2), ("campaign.toml", 4), ("templates/x/en.md", 0),
        ]  # fmt: skip
        assert [held.letter_files.content(each.sha256) for each in held.letter_files.of("later")] == [
            b"\0\xff", b"other",
        ]  # fmt: skip
        gone = held.letter_files.of(WAVE)[1].sha256
        held.letter_files.keep(WAVE, {"b.pdf": b"\0\xff"})
        assert [each.path for each in held.letter_files.of(WAVE)] == ["b.pdf"]
        assert held.letter_files.content(gone) is None
        assert held.letter_files.of("none") == []

    def test_only_the_holder_of_the_lock_keeps_any(self, held: Ledger) -> None:
        held.release()
        with pytest.raises(FencedOut):
            held.letter_files.keep(WAVE, {"campaign.toml": b"name"})
        assert held.letter_files.of(WAVE) == []

    def test_a_purge_forgets_them(self, held: Ledger) -> None:
        held.letter_files.keep(WAVE, {"campaign.toml": b"name"})
        (file,) = held.letter_files.of(WAVE)
        held.purging.purge(NOON)
        assert held.letter_files.of(WAVE) == []
        assert held.letter_files.content(file.sha256) is None
