"""The PostgreSQL that tests start: it keeps what it was given, and ends with its process."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

import psycopg
import pytest
from postgres_server import EMBEDDED, PostgresServer, debian_servers

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("binaries", [EMBEDDED, *debian_servers()[:1]], ids=lambda path: path.parent.name)
def test_each_version_that_is_there_has_databases_made_from_others(binaries: Path) -> None:
    server = PostgresServer(binaries)
    try:
        first = server.new_database()
        with psycopg.connect(first) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        with psycopg.connect(server.new_database(template="test1")) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    finally:
        server.remove()
    assert not server.folder.exists()


def test_a_durable_one_keeps_what_was_committed_before_it_was_killed() -> None:
    server = PostgresServer(durable=True)
    try:
        url = server.new_database()
        with psycopg.connect(url) as connection:
            assert connection.execute("SHOW fsync").fetchone() == ("on",)
            connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
        server.kill()
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)
        server.start()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    finally:
        server.remove()


def test_it_ends_with_the_process_that_started_it_however_that_ends() -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from postgres_server import PostgresServer\n"
        "print(PostgresServer().url(), flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(Path(__file__).parent)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as starter:
        assert starter.stdout is not None
        url = starter.stdout.readline().strip()
        psycopg.connect(url).close()
        starter.kill()
    folder = Path(url.partition("host=")[2])
    for _ in range(600):
        if not (folder / "data/postmaster.pid").exists():  # the last thing that it deletes
            break
        time.sleep(0.1)
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(url)
    shutil.rmtree(folder)
