"""A standby that lacks the last second takes over, by real replication: all stop until somebody has looked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from ledger_samples import CAMPAIGN, NOON, claim, mark, plan_in, recipient, record, statuses_in
from msgspec.structs import replace
from postgres_server import PostgresServer
from test_postgres_sharing import SHARED, closed

from mass_apology.errors import LedgerError
from mass_apology.ledger.postgres import postgres_site
from mass_apology.ledger.postgres.postgres_connections import Connection, Server
from mass_apology.ledger.postgres.postgres_ledger import PostgresLedger
from mass_apology.ledger.postgres.postgres_store import PostgresStore
from mass_apology.model import Status

pytestmark = pytest.mark.slow

ACCEPTED, HANDING_OVER, PLANNED = Status.ACCEPTED, Status.HANDING_OVER, Status.PLANNED
PATIENCE = 60.0  # seconds; a guard against hanging


class Standby(PostgresServer):
    """A copy that follows ``primary``, until it is promoted."""

    def __init__(self, primary: PostgresServer) -> None:
        self._primary = primary
        super().__init__(durable=True)

    def _make(self) -> None:
        source = f"host={self._primary.folder} user=tester dbname=postgres"
        self._run("pg_basebackup", "-D", self._data, "-d", source, "-R", "-c", "fast", "--no-sync")


@pytest.fixture
def primary() -> Iterator[PostgresServer]:
    server = PostgresServer(durable=True)
    yield server
    server.remove()


@pytest.fixture
def store(primary: PostgresServer, tmp_path: Path) -> PostgresStore:
    return PostgresStore(Server(conninfo=primary.new_database(), place="the database"), "trial", tmp_path)


@pytest.fixture
def sender(store: PostgresStore) -> Iterator[PostgresLedger]:
    """Who has had a letter accepted that the standby will know of."""
    ledger = store.create(CAMPAIGN)
    assert isinstance(ledger, PostgresLedger)
    ledger.acquire(NOON)
    plan_in(store, ledger, map(recipient, range(3000)))
    record(ledger, mark(1, HANDING_OVER), mark(1, ACCEPTED))
    yield ledger
    closed(ledger)


@pytest.fixture
def standby(primary: PostgresServer, sender: PostgresLedger) -> Iterator[Standby]:
    server = Standby(primary)
    yield server
    server.remove()


def asked(server: PostgresServer, query: str) -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def wait_until(happens: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def fall_behind(primary: PostgresServer, standby: Standby) -> None:
    """From now on the standby hears of nothing."""
    last = asked(primary, "SELECT pg_current_wal_lsn()")
    wait_until(lambda: asked(standby, f"SELECT pg_last_wal_replay_lsn() >= '{last}'"))
    with psycopg.connect(standby.url(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET primary_conninfo = ''")
        connection.execute("SELECT pg_reload_conf()")
    wait_until(lambda: not asked(standby, "SELECT count(*) FROM pg_stat_wal_receiver"))


def take_over(primary: PostgresServer, standby: Standby) -> None:
    """The primary dies, and the standby takes its place. It has no checkpoint of its own yet."""
    primary.stop()
    with psycopg.connect(standby.url(), autocommit=True) as connection:
        connection.execute("SELECT pg_promote()")
    wait_until(lambda: not asked(standby, "SELECT pg_is_in_recovery()"))


def at(standby: Standby, store: PostgresStore) -> PostgresStore:
    """The same campaign there."""
    conninfo = store._server.conninfo.replace(str(standby._primary.folder), str(standby.folder))
    return PostgresStore(replace(store._server, conninfo=conninfo), "trial", store._folder)


def test_a_standby_that_takes_over_stops_all_and_a_restart_stops_nobody(
    primary: PostgresServer, standby: Standby, store: PostgresStore, sender: PostgresLedger
) -> None:
    claim(sender, 5)
    sender.share(SHARED)
    primary.kill()
    primary.start()  # an ordinary restart
    asyncio.run(sender.hand_over(mark(2, HANDING_OVER)))
    fall_behind(primary, standby)
    record(sender, mark(2, ACCEPTED))
    asyncio.run(sender.hand_over(mark(3, HANDING_OVER)))  # its dot leaves, and only the primary knows
    take_over(primary, standby)
    there = at(standby, store)
    assert [statuses_in(there)[letter] for letter in (1, 2, 3)] == [ACCEPTED, HANDING_OVER, PLANNED]
    sender._writer._backend._server = there._server  # type: ignore[attr-defined]  # as an address that moved
    with pytest.raises(LedgerError, match="not the server that it was"):
        asyncio.run(sender.hand_over(mark(4, HANDING_OVER)))
    with there.read(CAMPAIGN) as records:
        assert records.continuity.other_server()
    with there.open(CAMPAIGN) as worker:
        with pytest.raises(LedgerError, match="another history"):
            worker.join()
        with closing(there._server.connect()) as connection:
            connection.execute("UPDATE mass_apology.all_session SET renewed_at = 0")
        worker.acquire(NOON)
        assert worker.continuity.other_server()
        worker.continuity.trust_server(NOON)
        assert not worker.continuity.other_server()


def test_a_server_tells_its_history_as_soon_as_it_has_taken_over(
    primary: PostgresServer, standby: Standby, store: PostgresStore
) -> None:
    """The control file names the old timeline until the next checkpoint, which may take minutes."""
    with closing(store._server.connect()) as raw:
        before = postgres_site.cluster_of(Connection(raw))
    with closing(at(standby, store)._server.connect()) as raw:
        assert postgres_site.cluster_of(Connection(raw)) == before  # it only follows
    take_over(primary, standby)
    with closing(at(standby, store)._server.connect()) as raw:
        assert postgres_site.cluster_of(Connection(raw)) != before
