"""One connection that several threads read by, and a server that ends it: none takes it away from another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from postgres_server import shared_server

from mass_apology.errors import LedgerError
from mass_apology.ledger.postgres.postgres_connections import PostgresReading, Server

pytestmark = pytest.mark.slow


@pytest.fixture
def reading() -> PostgresReading:
    server = Server(conninfo=shared_server().new_database(), place="the test's database")
    return PostgresReading(server, 1, server.connect())


def test_closing_waits_for_who_reads_in_another_thread(reading: PostgresReading) -> None:
    begun = Event()

    def read() -> int:
        with reading.shared() as connection:
            begun.set()
            ((number,),) = connection.execute("SELECT 1 FROM pg_sleep(0.5)").fetchall()
            return int(number)

    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(read)
        begun.wait()
        reading.close()
        assert answer.result() == 1
    with pytest.raises(LedgerError), reading.shared() as connection:
        connection.execute("SELECT 1")


def test_an_ended_connection_is_replaced_when_nobody_uses_it(reading: PostgresReading) -> None:
    with reading.shared() as connection:
        ((ended,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
        with reading.server.connect() as other:
            other.execute("SELECT pg_terminate_backend(%s)", (ended,))
        with reading.shared() as beside, pytest.raises(LedgerError), reading.server.explained():
            beside.execute("SELECT 1")
    with reading.shared() as connection:
        ((replaced,),) = connection.execute("SELECT pg_backend_pid()").fetchall()
    assert replaced != ended
    reading.close()
