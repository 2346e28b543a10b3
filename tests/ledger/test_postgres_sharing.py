"""Several sessions send one campaign on PostgreSQL: each letter is one session's, whatever becomes of the others."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import pytest
from ledger_samples import CAMPAIGN, NOON, WAVE, claim, ids, mark, plan_in, recipient, record, statuses_in
from msgspec.structs import replace
from postgres_stores import postgres_store
from test_ledger_feedback import note

from mass_apology.errors import FencedOut, LedgerError, LedgerLocked
from mass_apology.ledger import Control, Ledger
from mass_apology.ledger.further_waves import Addition
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.ledger.sender_state import SharedWave
from mass_apology.model import Delivery, Status

pytestmark = pytest.mark.slow

ACCEPTED, DEFERRED, HANDING_OVER, IN_DOUBT, PLANNED = (
    Status.ACCEPTED,
    Status.DEFERRED,
    Status.HANDING_OVER,
    Status.IN_DOUBT,
    Status.PLANNED,
)
SHARED = SharedWave(wave=WAVE, template="sorry", digest_parts={"the template": "aa"})


@pytest.fixture
def store(tmp_path: Path) -> PostgresStore:
    return postgres_store(tmp_path)


def planned(store: PostgresStore, letters: int) -> Ledger:
    ledger = store.create(CAMPAIGN)
    ledger.acquire(NOON)
    plan_in(store, ledger, map(recipient, range(letters)))
    return ledger


@pytest.fixture
def first(store: PostgresStore) -> Iterator[Ledger]:
    """Who confirmed three thousand letters, claimed some, and shares the others."""
    ledger = planned(store, 3000)
    assert ids(claim(ledger, 5)) == [1, 2, 3, 4, 5]
    assert ledger.share(SHARED)
    yield ledger
    closed(ledger)


def joined(store: PostgresStore, opened: ExitStack) -> Ledger:
    ledger = store.open(CAMPAIGN)
    opened.callback(closed, ledger)
    assert is_shared(ledger.join())
    return ledger


def is_shared(found: SharedWave | None) -> bool:
    return found is not None and replace(found, confirmed_at=0.0) == SHARED


def sessions(ledger: Ledger) -> int:
    """How many take part, as this one is told."""
    limits = ledger.limits()
    assert limits is not None
    with closing(limits):
        return limits.exchange({}).sessions


def closed(ledger: Ledger) -> None:
    with suppress(LedgerError):  # one that was fenced out says so once more
        ledger.__exit__()


def end(store: PostgresStore, session: Ledger, *, expired: bool = True) -> None:
    """The session's process has died; ``expired``: and its time is over."""
    with store.found() as connection:
        assert connection is not None
        epoch = session.session.epoch  # type: ignore[attr-defined]
        late = 0 if expired else 1e12
        connection.execute(
            "UPDATE all_session SET started = 'another boot/1', renewed_at = %(late)s "
            "WHERE campaign = this_campaign() AND epoch = %(epoch)s",
            {"epoch": epoch, "late": late},
        )
        if expired:
            connection.execute(
                "UPDATE all_chunk SET expires_at = 0 WHERE campaign = this_campaign() AND epoch = %(epoch)s",
                {"epoch": epoch},
            )


def test_nobody_joins_before_somebody_shares(store: PostgresStore) -> None:
    with planned(store, 3) as holder, store.open(CAMPAIGN) as other:
        assert other.join() is None
        with pytest.raises(FencedOut):
            other.share(SHARED)
        assert sessions(holder) == 1


def test_each_letter_is_one_sessions(store: PostgresStore, first: Ledger) -> None:
    with ExitStack() as opened:
        others = [joined(store, opened) for _ in range(2)]
        assert sessions(first) == 3
        claims = [ids(claim(first, 900)), *(ids(claim(other, 1000)) for other in others), ids(claim(first, 200))]
        assert sorted(letter for each in claims for letter in each) == list(range(6, 3001))


def marks_and_outcomes(store: PostgresStore) -> tuple[object, ...]:
    with store.found() as connection:
        assert connection is not None
        tables = "(SELECT count(*) FROM all_mark WHERE campaign = this_campaign())"
        return tuple(connection.execute(f"SELECT {tables}, {tables.replace('mark', 'outcome')}").fetchone())


def test_what_is_over_is_folded_into_one_row_and_may_change_once_more(store: PostgresStore) -> None:
    with planned(store, 20) as ledger:
        for letter in range(1, 11):
            record(ledger, mark(letter, HANDING_OVER), mark(letter, ACCEPTED))
        record(ledger, mark(11, DEFERRED), mark(12, HANDING_OVER))
        assert marks_and_outcomes(store) == (22, 0)
    assert marks_and_outcomes(store) == (2, 10)  # what may still happen stays
    with store.open(CAMPAIGN) as beside:
        assert beside.feedback.record([note(1, Status.BOUNCED)], NOON) == {Status.BOUNCED: 1}
    with store.open(CAMPAIGN) as again:
        again.acquire(NOON)
        record(again, mark(13, HANDING_OVER), mark(13, ACCEPTED))
    assert marks_and_outcomes(store) == (2, 11)
    with store.read(CAMPAIGN) as records:
        found = {status: count for status, count in records.counts(WAVE).items() if count}
        told = next(records.results(WAVE))
    assert found == {Status.BOUNCED: 1, ACCEPTED: 10, DEFERRED: 1, HANDING_OVER: 1, PLANNED: 7}
    assert (told.status, told.accepted_at, told.reply) == (Status.BOUNCED, NOON + 1, "550 5.1.1 user unknown")


def test_two_that_fold_at_once_do_not_wait_for_each_other(store: PostgresStore, first: Ledger) -> None:
    record(first, *(mark(letter, HANDING_OVER) for letter in range(1, 6)))
    record(first, *(mark(letter, ACCEPTED) for letter in range(1, 6)))
    with ExitStack() as opened, store.found() as folding:
        assert folding is not None
        other = joined(store, opened)
        folding.execute("BEGIN")
        folding.execute("SELECT pg_advisory_xact_lock(1833062479, this_campaign())")
        (letter,) = ids(claim(other, 1))
        record(other, mark(letter, HANDING_OVER), mark(letter, ACCEPTED))
        closed(other)
        assert marks_and_outcomes(store) == (12, 0)
        folding.execute("COMMIT")
    closed(first)
    assert marks_and_outcomes(store) == (0, 6)


def test_connections_are_divided_by_those_that_live(store: PostgresStore, first: Ledger) -> None:
    with ExitStack() as opened:
        others = [joined(store, opened) for _ in range(2)]
        assert [sessions(each) for each in (first, *others)] == [3, 3, 3]
        end(store, others[0])
        assert sessions(first) == 2
        others[1].release()
        assert sessions(first) == 1


def test_nobody_joins_where_the_others_have_all_that_is_left(store: PostgresStore, first: Ledger) -> None:
    claim(first, 4000)
    with store.open(CAMPAIGN) as other:
        assert other.join() is None
        assert sessions(first) == 1
        end(store, first)  # what it had is free
        assert is_shared(other.join())
        assert len(claim(other, 4000)) == 3000


def test_a_campaign_that_is_shared_is_nobodys_own(store: PostgresStore, first: Ledger) -> None:
    with ExitStack() as opened:
        joined(store, opened)
        with store.open(CAMPAIGN) as planner, pytest.raises(LedgerLocked):
            planner.acquire(NOON)
        with store.open(CAMPAIGN) as beside:
            assert beside.recover_unless_held(NOON) is False
            assert beside.holder() is not None
    first.__exit__()
    with store.open(CAMPAIGN) as planner:
        planner.acquire(NOON)
        with store.open(CAMPAIGN) as late:
            assert late.join() is None


def test_who_leaves_leaves_the_rest_to_others(store: PostgresStore, first: Ledger) -> None:
    record(first, *(mark(letter, HANDING_OVER) for letter in range(1, 6)))
    record(first, *(mark(letter, ACCEPTED) for letter in range(1, 6)))
    claim(first, 10)
    first.__exit__()
    with ExitStack() as opened:
        other = joined(store, opened)
        assert ids(claim(other, 4000)) == list(range(6, 3001))
        assert claim(other, 1) == []


def test_a_deferred_letter_comes_back_to_who_has_its_chunk(store: PostgresStore, first: Ledger) -> None:
    record(first, mark(2, DEFERRED, due_at=NOON + 60))
    with ExitStack() as opened:
        other = joined(store, opened)
        claim(other, 4000)
        assert asyncio.run(first.next_due_at()) == NOON + 60
        assert asyncio.run(other.next_due_at()) is None
        assert ids(claim(other, 1, now=NOON + 61)) == []
        assert ids(claim(first, 1, now=NOON + 61)) == [2]
        end(store, first)
        assert ids(claim(other, 9, now=NOON + 61))[:2] == [1, 3]  # which were claimed, and not handed over
        assert ids(claim(other, 9, now=NOON + 61))[:1] == [2]


def test_a_takeover_puts_what_was_on_its_way_in_doubt_and_nothing_else(store: PostgresStore, first: Ledger) -> None:
    record(first, mark(1, HANDING_OVER), mark(2, HANDING_OVER), mark(2, ACCEPTED), mark(3, HANDING_OVER))
    with ExitStack() as opened:
        other = joined(store, opened)
        record_of_other = ids(claim(other, 1000))
        record(other, mark(record_of_other[0], HANDING_OVER))
        end(store, first)
        taken = ids(claim(other, 4000))
        assert {1, 2, 3}.isdisjoint(taken)
        assert {4, 5} <= set(taken)  # which were claimed, and not handed over
        found = statuses_in(store)
        assert [found[letter] for letter in (1, 2, 3, record_of_other[0])] == [
            IN_DOUBT, ACCEPTED, IN_DOUBT, HANDING_OVER,
        ]  # fmt: skip
        with pytest.raises(FencedOut):  # which wakes up again
            asyncio.run(first.hand_over(mark(4, HANDING_OVER)))
        with pytest.raises(FencedOut):
            record(first, mark(1, ACCEPTED))  # its late reply is true all the same
        found = statuses_in(store)
        assert [found[letter] for letter in (1, 3, 4)] == [ACCEPTED, IN_DOUBT, PLANNED]


def test_a_chunk_that_has_expired_cannot_be_handed_over_from_though_nobody_took_it(
    store: PostgresStore, first: Ledger
) -> None:
    end(store, first)
    with pytest.raises(FencedOut):
        asyncio.run(first.hand_over(mark(4, HANDING_OVER)))
    assert statuses_in(store)[4] is PLANNED


def test_a_lost_connection_is_replaced_and_keeps_its_chunks(store: PostgresStore, first: Ledger) -> None:
    record(first, mark(1, HANDING_OVER))
    first.write(lambda connection: connection.raw.close())  # type: ignore[attr-defined]
    asyncio.run(first.hand_over(mark(2, HANDING_OVER)))
    record(first, mark(1, ACCEPTED), mark(2, ACCEPTED))
    assert [statuses_in(store)[letter] for letter in (1, 2)] == [ACCEPTED, ACCEPTED]


def test_a_stop_ends_the_sharing(store: PostgresStore, first: Ledger) -> None:
    with store.read(CAMPAIGN) as records:
        records.request(Control.PAUSE)
        assert asyncio.run(first.wanted()) is Control.PAUSE
        records.request(Control.STOP)
    assert asyncio.run(first.wanted()) is Control.STOP
    with store.open(CAMPAIGN) as other:
        assert other.join() is None


def test_letters_that_are_planned_later_are_found_in_a_chunk_that_was_done(store: PostgresStore) -> None:
    with planned(store, 3) as holder:
        claim(holder)
        record(holder, *(mark(letter, Status.REFUSED) for letter in (1, 2, 3)))
        holder.share(SHARED)
        claim(holder)
    with store.open(CAMPAIGN) as holder:
        holder.acquire(NOON)
        plan_in(store, holder, map(recipient, range(5)))
        holder.share(SHARED)
        assert ids(claim(holder)) == [4, 5]


def test_sessions_that_die_and_wake_at_random_write_to_nobody_twice(store: PostgresStore) -> None:
    """Dots are what a hand-over allowed. Each session may die, or stand still and wake, between any two steps."""
    letters = 12_000
    planned_by = planned(store, letters)
    planned_by.share(SHARED)
    chance = random.Random(11)
    dots: dict[int, int] = {}
    in_flight: list[tuple[Ledger, Delivery]] = []
    deaths = 0
    dead: list[Ledger] = []
    with ExitStack() as opened:
        sessions = [planned_by, *(joined(store, opened) for _ in range(3))]
        queues: dict[int, list[Delivery]] = {id(each): [] for each in sessions}
        for _ in range(1200):
            number = chance.randrange(len(sessions))
            session = sessions[number]
            step = chance.random()
            if step < 0.03:
                end(store, session)  # its process may go on for a while, and not know
                deaths += 1
                dead.append(session)
                if len(dead) > 8:  # connections are few
                    gone = dead.pop(0)
                    in_flight[:] = [each for each in in_flight if each[0] is not gone]
                    closed(gone)
                sessions[number] = joined(store, opened)
                queues[id(sessions[number])] = []
                if chance.random() < 0.5 and queues[id(session)]:
                    with pytest.raises(FencedOut):
                        asyncio.run(session.hand_over(mark(queues[id(session)][0].id, HANDING_OVER)))
                continue
            queue = queues[id(session)]
            if not queue:
                queue += claim(session, 40)
            batch, queue[:] = queue[:8], queue[8:]
            for letter in batch:
                session.record(mark(letter.id, HANDING_OVER))
            asyncio.run(session.flush())
            for letter in batch:
                dots[letter.id] = dots.get(letter.id, 0) + 1
                in_flight.append((session, letter))
            for owner, letter in [each for each in in_flight if chance.random() < 0.9]:
                in_flight.remove((owner, letter))
                owner.record(mark(letter.id, ACCEPTED))
                with suppress(FencedOut):
                    asyncio.run(owner.flush())
    found = statuses_in(store)
    assert deaths > 20
    assert max(dots.values()) == 1
    assert {found[letter] for letter in dots} <= {ACCEPTED, IN_DOUBT, HANDING_OVER}
    assert all(found[letter] is PLANNED for letter in found.keys() - dots.keys())


def lapsed(store: PostgresStore) -> None:
    """The machine of the campaign's holder is gone, and its time is over."""
    with store.found() as connection:
        assert connection is not None
        connection.execute(
            "UPDATE all_lock SET started = 'another boot/1', renewed_at = 0 WHERE campaign = this_campaign()"
        )


def test_what_was_confirmed_and_left_is_taken_up_by_one(store: PostgresStore) -> None:
    with planned(store, 3) as sender, ExitStack() as opened:
        sender.confirm(SHARED)
        others = [opened.enter_context(store.open(CAMPAIGN)) for _ in range(2)]
        assert others[0].take_up(NOON) is None  # its process lives
        assert others[0].join() is None  # and nothing is shared
        record(sender, mark(1, HANDING_OVER))
        lapsed(store)
        taken = others[0].take_up(NOON)
        assert taken is not None
        assert (taken.wave, taken.digest_parts, taken.is_open) == (WAVE, SHARED.digest_parts, False)
        assert others[1].take_up(NOON) is None
        others[0].recover(NOON)
        assert statuses_in(store)[1] is IN_DOUBT
        assert ids(claim(others[0])) == [2, 3]
        with pytest.raises(FencedOut):
            asyncio.run(sender.hand_over(mark(2, HANDING_OVER)))
        closed(sender)


def test_what_its_process_withdrew_or_a_person_paused_or_stopped_is_not_taken_up(store: PostgresStore) -> None:
    with planned(store, 3) as sender, store.open(CAMPAIGN) as other:
        sender.confirm(SHARED)
        sender.request(Control.PAUSE)
        sender.release()
        assert other.take_up(NOON) is None
        other.request(Control.RUN)
        assert other.take_up(NOON) is not None
        other.withdraw()
        other.release()
        assert sender.take_up(NOON) is None
        sender.acquire(NOON)
        sender.confirm(SHARED)
        other.request(Control.STOP)
        sender.release()
        assert other.take_up(NOON) is None


def test_a_wave_is_over_when_nobody_takes_part_and_nothing_is_due(store: PostgresStore) -> None:
    with planned(store, 3) as first, ExitStack() as opened:
        other = opened.enter_context(store.open(CAMPAIGN))
        first.share(SHARED)
        claim(first)
        record(first, *(mark(letter, HANDING_OVER) for letter in (1, 2, 3)))
        record(first, mark(1, ACCEPTED), mark(2, Status.REFUSED))
        with other.closing(NOON) as over:
            assert over is None  # somebody takes part
        end(store, first)
        with pytest.raises(KeyError), other.closing(NOON):
            raise KeyError  # who closes it dies
        with other.closing(NOON) as over:
            assert over is not None
            assert over.wave == WAVE
        assert statuses_in(store)[3] is IN_DOUBT
        with other.closing(NOON) as over:
            assert over is None
        assert [note.what for note in other.notes() if "is over" in note.what] != []
        closed(first)


def test_a_wave_with_letters_due_is_not_over(store: PostgresStore) -> None:
    with planned(store, 3) as first, store.open(CAMPAIGN) as other:
        first.share(SHARED)
        claim(first)
        record(first, *(mark(letter, HANDING_OVER) for letter in (1, 2, 3)))
        record(first, mark(1, ACCEPTED), mark(2, ACCEPTED), mark(3, DEFERRED, due_at=NOON + 1e9))
        first.release()
        with other.closing(NOON) as over:
            assert over is None


def test_two_that_close_at_once_come_one_after_the_other(store: PostgresStore) -> None:
    with planned(store, 1) as first, store.open(CAMPAIGN) as other:
        first.share(SHARED)
        claim(first)
        record(first, mark(1, HANDING_OVER))
        record(first, mark(1, ACCEPTED))
        first.release()
        found: list[object] = []

        def close() -> None:
            with other.closing(NOON) as over:
                found.append(over)

        second = threading.Thread(target=close)
        with first.closing(NOON) as over:
            assert over is not None
            second.start()
            second.join(0.5)
            assert second.is_alive()
        second.join()
        assert found == [None]


def test_a_further_wave_in_a_chunk_that_was_done_is_shared(store: PostgresStore) -> None:
    with planned(store, 3) as holder:
        holder.share(SHARED)
        claim(holder)
        record(holder, *(mark(letter, HANDING_OVER) for letter in (1, 2, 3)))
        record(holder, *(mark(letter, ACCEPTED) for letter in (1, 2, 3)))
    with store.open(CAMPAIGN) as holder, ExitStack() as opened:
        holder.acquire(NOON)
        letters = [Addition(recipient=n, language="pl", message_id=f"<later{n}@acme.example>") for n in (1, 2, 3)]
        holder.waves.add("later", letters, NOON)
        later = replace(SHARED, wave="later", terms="as agreed")
        holder.share(later)
        other = store.open(CAMPAIGN)
        opened.callback(closed, other)
        joined_to = other.join()
        assert joined_to is not None
        assert (joined_to.wave, joined_to.terms, joined_to.is_open) == ("later", "as agreed", True)
        assert ids(asyncio.run(other.claim(9, NOON, wave="later"))) == [4, 5, 6]
        assert holder.shared() == other.shared() == joined_to


def test_who_waits_for_letters_hears_when_there_are_some(store: PostgresStore) -> None:
    with planned(store, 3000) as holder, closing(store.doorbell()) as doorbell, ExitStack() as opened:
        doorbell.wait(0.0)  # from now on it listens
        holder.share(SHARED)
        doorbell.wait(1000.0)
        other = joined(store, opened)
        other.release()  # what it had is free
        doorbell.wait(1000.0)
        doorbell.close()
        doorbell.wait(1000.0)
