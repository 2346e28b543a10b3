"""Interleavings of sessions that share a campaign on PostgreSQL, played step by step: random kills seldom meet them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest
from ledger_samples import CAMPAIGN, NOON, claim, ids, mark, plan_in, recipient, record, statuses_in
from msgspec.structs import replace
from postgres_stores import installation
from test_postgres_crash import beside, waits_for_a_lock
from test_postgres_sharing import SHARED, closed, end, joined

from mass_apology.errors import FencedOut, LedgerError
from mass_apology.ledger.in_sql.claims import Claims
from mass_apology.ledger.postgres import postgres_backend, postgres_lock
from mass_apology.ledger.postgres.postgres_backend import PostgresBackend
from mass_apology.ledger.postgres.postgres_ledger import PostgresLedger
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.model import Status

pytestmark = pytest.mark.slow

ACCEPTED, DEFERRED, HANDING_OVER, IN_DOUBT, PLANNED = (
    Status.ACCEPTED,
    Status.DEFERRED,
    Status.HANDING_OVER,
    Status.IN_DOUBT,
    Status.PLANNED,
)
PATIENCE = 60.0  # seconds; a guard against hanging


@pytest.fixture
def store(tmp_path: Path) -> PostgresStore:
    return PostgresStore(replace(installation(), lease=20.0), str(tmp_path), tmp_path)


@pytest.fixture
def alone(store: PostgresStore) -> Iterator[PostgresLedger]:
    """Who has three thousand letters for itself."""
    ledger = store.create(CAMPAIGN)
    assert isinstance(ledger, PostgresLedger)
    ledger.acquire(NOON)
    plan_in(store, ledger, map(recipient, range(3000)))
    yield ledger
    closed(ledger)


@pytest.fixture
def first(alone: PostgresLedger) -> PostgresLedger:
    """Who confirmed them, claimed some, and shares the others."""
    assert ids(claim(alone, 5)) == [1, 2, 3, 4, 5]
    assert alone.share(SHARED)
    return alone


def change(store: PostgresStore, statement: str) -> None:
    with closing(beside(store)) as connection:
        connection.execute(statement.encode())


def lose_connection(ledger: PostgresLedger) -> None:
    ledger.write(lambda connection: connection.raw.close())


def backend_of(ledger: PostgresLedger) -> PostgresBackend:
    backend = ledger._writer._backend
    assert isinstance(backend, PostgresBackend)
    return backend


def wait_until(happens: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.01)


class TestStandingStill:
    def test_who_wakes_claims_no_letter_of_an_expired_chunk_once_more(
        self, store: PostgresStore, first: PostgresLedger
    ) -> None:
        """Letters of it may be on their way to its connections."""
        change(store, "UPDATE all_chunk SET expires_at = 0 WHERE campaign = this_campaign()")
        assert ids(claim(first, 4000)) == list(range(6, 3001))
        with pytest.raises(FencedOut):
            asyncio.run(first.hand_over(mark(1, HANDING_OVER)))

    def test_who_wakes_waits_for_no_deferred_letter_of_an_expired_chunk(
        self, store: PostgresStore, first: PostgresLedger
    ) -> None:
        record(first, mark(2, DEFERRED, due_at=NOON - 60))
        change(store, "UPDATE all_chunk SET expires_at = 0 WHERE campaign = this_campaign() AND id = 0")
        assert asyncio.run(first.next_due_at()) is None
        with ExitStack() as opened:
            assert ids(claim(joined(store, opened), 3000))[:2] == [1, 3]

    def test_who_was_declared_dead_takes_nothing_from_who_has_the_campaign_alone(
        self, store: PostgresStore, first: PostgresLedger
    ) -> None:
        """Both would hand the same letter over: one compares the lock's row, the other one a chunk's."""
        end(store, first)
        with store.open(CAMPAIGN) as successor:
            successor.acquire(NOON)
            with pytest.raises(FencedOut):
                claim(first, 4000)
            assert ids(claim(successor, 1)) == [1]

    def test_who_takes_a_chunk_while_it_is_declared_dead_loses_it(
        self, store: PostgresStore, first: PostgresLedger
    ) -> None:
        end(store, first)
        taken: list[int] = []

        def take(connection: postgres_lock.Connection) -> None:
            with first.session.taking(connection):
                facts = {"epoch": first.session.epoch, "epochs": first.session.epochs, "lease": 20.0}
                query = postgres_lock._SHARING["take"]
                taken.extend(connection.execute(query, {**facts, "until": -1, "begun": "[]"}).fetchone())
                dying.start()
                with closing(beside(store)) as watching:
                    wait_until(lambda: waits_for_a_lock(watching))

        with store.open(CAMPAIGN) as successor:
            dying = Thread(target=lambda: successor.acquire(NOON))
            first.write(take)
            dying.join(PATIENCE)
            assert not dying.is_alive()
            with pytest.raises(FencedOut):
                asyncio.run(first.hand_over(mark(taken[0] * 1000 + 1, HANDING_OVER)))
            assert statuses_in(store)[taken[0] * 1000 + 1] is PLANNED

    def test_a_session_without_a_sign_of_life_is_over_on_the_same_machine_too(
        self, store: PostgresStore, first: PostgresLedger
    ) -> None:
        """As its letters are: a row whose session was lost would keep everybody out while its process lives."""
        change(store, "UPDATE all_session SET renewed_at = 0 WHERE campaign = this_campaign()")
        with store.open(CAMPAIGN) as successor:
            successor.acquire(NOON)
            assert ids(claim(successor, 1)) == [1]

    def test_who_stands_still_within_a_transaction_holds_nobody_up_for_a_lease(
        self, store: PostgresStore, alone: PostgresLedger
    ) -> None:
        server, campaign = alone.own_reading.server, alone.own_reading.campaign
        with closing(postgres_backend.writing_connection(replace(server, lease=2.0), campaign)) as stopped:
            stopped.execute("BEGIN; UPDATE lock SET changes = changes + 1")
            record(alone, mark(1, HANDING_OVER))  # which changes that row, and waits until the server has ended this
            with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
                stopped.execute("COMMIT")

    def test_a_reply_that_is_recorded_late_is_not_lost_in_a_takeover_of_that_moment(
        self, store: PostgresStore, first: PostgresLedger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record(first, mark(1, HANDING_OVER))
        change(store, "UPDATE all_chunk SET expires_at = 0 WHERE campaign = this_campaign()")
        run = PostgresBackend._run
        inserted, go_on = Event(), Event()

        def pausing(backend: PostgresBackend, query: str, facts: object) -> object:
            cursor = run(backend, query, facts)  # type: ignore[arg-type]
            if query == postgres_backend._QUERIES["apply-late"]:
                inserted.set()
                assert go_on.wait(PATIENCE)
            return cursor

        def late() -> None:
            with suppress(FencedOut):
                record(first, mark(1, ACCEPTED))

        monkeypatch.setattr(PostgresBackend, "_run", pausing)
        recording = Thread(target=late)
        with ExitStack() as opened:
            other = joined(store, opened)
            recording.start()
            assert inserted.wait(PATIENCE)
            claim(other, 4000)  # it takes the other chunks, and not the one with this letter
            go_on.set()
            recording.join(PATIENCE)
            claim(other, 4000)
        assert statuses_in(store)[1] is ACCEPTED


class TestLostConnections:
    def test_a_claim_that_was_interrupted_has_claimed_nothing(
        self, alone: PostgresLedger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        record(alone, mark(1, DEFERRED, due_at=NOON))
        planned = Claims._claim_planned
        lost: list[int] = []

        def lose(claims: Claims, connection: object, *arguments: object, **named: object) -> object:
            if not lost:
                lost.append(1)
                connection.raw.close()  # type: ignore[attr-defined]
            return planned(claims, connection, *arguments, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(Claims, "_claim_planned", lose)
        assert ids(claim(alone, 3)) == [1, 2, 3]

    def test_a_chunk_that_was_taken_unheard_is_sent(self, first: PostgresLedger) -> None:
        def take(connection: postgres_lock.Connection) -> None:
            with first.session.taking(connection):
                facts = {"epoch": first.session.epoch, "epochs": first.session.epochs, "lease": 20.0}
                query = postgres_lock._SHARING["take"]
                assert connection.execute(query, {**facts, "until": 0, "begun": "[]"}).fetchone() == (1,)

        first.write(take)  # and the answer to its commit was lost
        lose_connection(first)
        assert ids(claim(first, 4000)) == list(range(6, 3001))

    def test_a_new_connection_that_is_lost_before_it_is_confirmed_is_followed_by_another(
        self, first: PostgresLedger
    ) -> None:
        before = first.session.epoch
        first.write(first.session.resume)  # committed, and not answered
        first.session.epoch = before
        lose_connection(first)
        asyncio.run(first.hand_over(mark(1, HANDING_OVER)))
        record(first, mark(1, ACCEPTED))

    @pytest.mark.parametrize("shared", [True, False])
    def test_a_sign_of_life_is_given_by_a_new_connection(self, alone: PostgresLedger, *, shared: bool) -> None:
        claim(alone, 5)
        if shared:
            alone.share(SHARED)
        lose_connection(alone)
        alone.write(lambda _: backend_of(alone).renew())
        asyncio.run(alone.hand_over(mark(1, HANDING_OVER)))

    def test_a_server_without_what_was_recorded_last_is_another_one(
        self, store: PostgresStore, alone: PostgresLedger
    ) -> None:
        """Its files were put back, or it did not keep what it had confirmed."""
        record(alone, mark(1, HANDING_OVER), mark(1, ACCEPTED))
        change(store, "DELETE FROM all_mark WHERE campaign = this_campaign()")
        lose_connection(alone)
        with pytest.raises(LedgerError, match="not the server that it was"):
            asyncio.run(alone.hand_over(mark(2, HANDING_OVER)))
