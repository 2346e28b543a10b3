"""Crashes and interleavings on PostgreSQL: of the sender, of the server, and of the connection between them."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from threading import Thread

import psycopg
import pytest
from ledger_samples import CAMPAIGN, NOON, crash, mark, plan_in, printed_until_killed, recipient, record, statuses_in
from postgres_server import PostgresServer

from mass_apology.errors import FencedOut, LedgerError
from mass_apology.ledger.postgres import postgres_backend
from mass_apology.ledger.postgres.postgres_connections import Server
from mass_apology.ledger.postgres.postgres_ledger import PostgresLedger
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.model import DUE, Status

pytestmark = pytest.mark.slow

ACCEPTED, DEFERRED, HANDING_OVER, IN_DOUBT, PLANNED = (
    Status.ACCEPTED,
    Status.DEFERRED,
    Status.HANDING_OVER,
    Status.IN_DOUBT,
    Status.PLANNED,
)
LETTERS = 400


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """One whose commits are on the disk: otherwise a test of its crashes would prove nothing."""
    server = PostgresServer(durable=True)
    with psycopg.connect(server.url()) as connection:
        assert connection.execute("SHOW fsync").fetchone() == ("on",)
    yield server
    server.remove()


@pytest.fixture
def store(server: PostgresServer, tmp_path: Path) -> PostgresStore:
    return PostgresStore(Server(conninfo=server.new_database(), place="the database"), "trial", tmp_path)


@pytest.fixture
def held(store: PostgresStore) -> Iterator[PostgresLedger]:
    ledger = planned(store, LETTERS)
    yield ledger
    with suppress(LedgerError):
        ledger.__exit__()


def planned(store: PostgresStore, letters: int) -> PostgresLedger:
    ledger = store.create(CAMPAIGN)
    assert isinstance(ledger, PostgresLedger)
    ledger.acquire(NOON)
    plan_in(store, ledger, map(recipient, range(letters)))
    return ledger


def beside(store: PostgresStore) -> psycopg.Connection[tuple[object, ...]]:
    """A connection about the campaign, for what the program does not do."""
    with store.found() as connection:
        assert connection is not None
        row = connection.execute("SELECT this_campaign()").fetchone()
    return store._server.connect(int(row[0]))


def waits_for_a_lock(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    return connection.execute(waiting).fetchone() != (0,)


class Asked:
    """Hands a letter over in a thread of its own, and keeps what came of it."""

    def __init__(self, ledger: PostgresLedger, letter: int) -> None:
        self.error: BaseException | None = None
        self._ledger, self._letter = ledger, letter
        self._thread = Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            asyncio.run(self._ledger.hand_over(mark(self._letter, HANDING_OVER)))
        except BaseException as error:
            self.error = error

    def wait(self) -> BaseException | None:
        self._thread.join(60)
        assert not self._thread.is_alive()
        return self.error


class TestInterleaving:
    """Check, expiry, takeover, commit: random kills do not find these."""

    def test_a_takeover_under_way_is_waited_for_and_then_nothing_is_handed_over(
        self, store: PostgresStore, held: PostgresLedger
    ) -> None:
        with closing(beside(store)) as takeover, closing(beside(store)) as watching:
            takeover.execute("BEGIN")
            takeover.execute("UPDATE lock SET epoch = epoch + 1, started = 'another boot/1'")
            asked = Asked(held, 1)  # its snapshot is older than the takeover
            while not waits_for_a_lock(watching):
                time.sleep(0.01)
            takeover.execute("COMMIT")
            assert isinstance(asked.wait(), FencedOut)
        assert statuses_in(store)[1] is PLANNED

    def test_a_takeover_waits_for_a_mark_under_way_and_then_sees_it(
        self, store: PostgresStore, held: PostgresLedger
    ) -> None:
        with store.open(CAMPAIGN) as successor, closing(beside(store)) as watching:
            backend = held._writer._backend
            assert isinstance(backend, postgres_backend.PostgresBackend)
            held.write(lambda connection: connection.raw.execute("BEGIN"))
            held.write(lambda _: backend._apply([mark(1, HANDING_OVER)]))  # checked, and not committed yet
            with closing(beside(store)) as expiring:  # the lease has expired meanwhile, and only that is told late
                taking = Thread(target=lambda: expiring.execute("UPDATE lock SET renewed_at = 0, started = 'x/1'"))
                taking.start()
                while not waits_for_a_lock(watching):
                    time.sleep(0.01)
                held.write(lambda connection: connection.raw.execute("COMMIT"))
                taking.join(60)
            successor.acquire(NOON)
            assert successor.recover(NOON) == 1
        assert statuses_in(store)[1] is IN_DOUBT

    def test_a_check_in_a_statement_of_its_own_would_send_twice(
        self, store: PostgresStore, held: PostgresLedger
    ) -> None:
        """Why it is one statement."""
        with closing(beside(store)) as careless:
            epoch = careless.execute("SELECT epoch FROM lock").fetchone()
            crash(store)
            with store.open(CAMPAIGN) as successor:
                successor.acquire(NOON)
                record(successor, mark(1, HANDING_OVER), mark(1, DEFERRED))
            assert epoch == (1,)  # "ours", as it was read before
            careless.execute("UPDATE delivery SET status = 'HANDING_OVER', epoch = 1 WHERE id = 1")
        assert statuses_in(store)[1] is HANDING_OVER  # a dot of who was taken over; the successor would write another
        with pytest.raises(FencedOut):
            asyncio.run(held.hand_over(mark(2, HANDING_OVER)))


async def send_all(ledger: PostgresLedger, dots: list[int], meanwhile: Callable[[int], None]) -> None:
    letters = await ledger.claim(100_000, NOON)

    async def connection() -> None:
        while letters:
            letter = letters.pop()
            await ledger.hand_over(mark(letter.id, HANDING_OVER))
            dots.append(letter.id)
            meanwhile(len(dots))
            ledger.record(mark(letter.id, ACCEPTED))

    await asyncio.gather(*(connection() for _ in range(20)))
    await ledger.flush()


class TestLostConnections:
    def test_a_server_that_is_killed_and_comes_back_costs_a_pause(
        self, server: PostgresServer, store: PostgresStore, held: PostgresLedger
    ) -> None:
        def restart(count: int) -> None:
            if count in {50, 200}:
                server.kill()
                server.start()

        dots: list[int] = []
        asyncio.run(send_all(held, dots, restart))
        assert sorted(dots) == list(range(1, LETTERS + 1))
        assert set(statuses_in(store).values()) == {ACCEPTED}

    def test_connections_that_are_cut_again_and_again(self, store: PostgresStore, held: PostgresLedger) -> None:
        def cut(count: int) -> None:
            if count % 40 == 0:
                with closing(beside(store)) as other:
                    other.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                    )

        dots: list[int] = []
        asyncio.run(send_all(held, dots, cut))
        assert sorted(dots) == list(range(1, LETTERS + 1))
        assert set(statuses_in(store).values()) == {ACCEPTED}
        assert held.requested().value == "run"  # the reading connection is a new one, too

    @pytest.mark.parametrize("committed", [True, False])
    def test_a_commit_that_was_not_answered_is_looked_up(
        self, store: PostgresStore, held: PostgresLedger, monkeypatch: pytest.MonkeyPatch, *, committed: bool
    ) -> None:
        insert = postgres_backend.PostgresBackend._insert
        lost: list[int] = []

        def lose(backend: postgres_backend.PostgresBackend, group: list[object]) -> int:
            if lost:
                return insert(backend, group)  # type: ignore[arg-type]
            if committed:
                insert(backend, group)  # type: ignore[arg-type]
            lost.append(1)
            backend.close()
            raise psycopg.OperationalError("the connection was lost")

        monkeypatch.setattr(postgres_backend.PostgresBackend, "_insert", lose)
        asyncio.run(held.hand_over(mark(1, HANDING_OVER)))
        with closing(beside(store)) as other:
            assert other.execute("SELECT count(*) FROM all_mark WHERE campaign = this_campaign()").fetchone() == (1,)
        record(held, mark(1, ACCEPTED))
        assert statuses_in(store)[1] is ACCEPTED

    def test_a_lock_that_was_taken_over_meanwhile_is_not_taken_back(
        self, store: PostgresStore, held: PostgresLedger
    ) -> None:
        crash(store)
        with store.open(CAMPAIGN) as successor:
            successor.acquire(NOON)
            held.write(lambda connection: connection.raw.close())
            with pytest.raises(FencedOut):
                asyncio.run(held.hand_over(mark(1, HANDING_OVER)))

    def test_another_server_in_its_place_stops_everything(
        self, held: PostgresLedger, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(postgres_backend, "cluster_of", lambda _: "another/2")
        held.write(lambda connection: connection.raw.close())
        with pytest.raises(LedgerError, match="not the server that it was"):
            asyncio.run(held.hand_over(mark(1, HANDING_OVER)))

    def test_a_server_that_stays_away_is_a_sentence(self, held: PostgresLedger) -> None:
        held.write(lambda connection: connection.raw.close())
        backend = held._writer._backend
        assert isinstance(backend, postgres_backend.PostgresBackend)
        backend._server = Server(conninfo="postgresql:///nowhere?host=/nowhere", place="the database", lease=1.0)
        with pytest.raises(LedgerError, match="the database does not answer"):
            asyncio.run(held.hand_over(mark(1, HANDING_OVER)))


_SENDER = """
import asyncio, sys, time
from pathlib import Path
from ledger_samples import CAMPAIGN, send_in_sight
from mass_apology.ledger.postgres.postgres_connections import Server
from mass_apology.ledger.postgres.postgres_store import PostgresStore

store = PostgresStore(Server(conninfo=sys.argv[1], place="the database"), "trial", Path(sys.argv[2]))
ledger = store.open(CAMPAIGN)
ledger.acquire(time.time())
ledger.recover(time.time())
asyncio.run(send_in_sight(ledger))
"""


def test_a_sender_that_is_killed_again_and_again_writes_to_everyone_once(store: PostgresStore, tmp_path: Path) -> None:
    planned(store, 3000).__exit__()
    chance = random.Random(7)
    dots: list[int] = []
    for lines in [*(chance.randrange(1, 500) for _ in range(5)), None]:
        due_before = {delivery for delivery, status in statuses_in(store).items() if status in DUE}
        printed = printed_until_killed(_SENDER, store._server.conninfo, str(tmp_path), lines=lines)
        now_dotted = [int(delivery) for what, delivery in printed if what == "dot"]
        assert due_before.issuperset(now_dotted)  # nobody whose dot was allowed before
        found = statuses_in(store)
        assert all(found[int(delivery)] is ACCEPTED for what, delivery in printed if what == "accepted")
        assert {found[delivery] for delivery in now_dotted} <= {ACCEPTED, HANDING_OVER}
        dots += now_dotted
    assert len(dots) == len(set(dots))
    assert set(found.values()) == {ACCEPTED, IN_DOUBT}
    assert found.keys() == set(range(1, 3001))
