"""``worker``: several processes send one campaign from folders of their own, and go on when one of them is killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from live import campaign_folder, customers, relay
from postgres_server import PostgresServer, shared_server
from smtp_fakes import Relay

from mass_apology.errors import CampaignError
from mass_apology.flows.worker import worker
from mass_apology.model import FIRST_WAVE, Status
from mass_apology.workspace.workspace import Workspace

pytestmark = pytest.mark.slow

LETTERS = 2500
CONNECTIONS = 4


@pytest.fixture
def live() -> Iterator[Relay]:
    with relay() as listening:
        yield listening


@pytest.fixture
def url() -> str:
    return shared_server().new_database()


def made(folder: Path, live: Relay, url: str, **relay: object) -> Path:
    settings = {"connections": CONNECTIONS, **relay}
    return campaign_folder(folder, live.sink.url, customers(LETTERS), ledger={"url": url}, relay=settings)


def environment(folder: Path) -> dict[str, str]:
    """That of the machine which has this folder."""
    return {**os.environ, "MASS_APOLOGY_STATE": str(folder.with_name(f"{folder.name}-state"))}


def started(command: str, folder: Path, *options: str) -> subprocess.Popen[bytes]:
    with (folder / "output.txt").open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "mass_apology", command, "-C", str(folder), *options],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment(folder),
            start_new_session=True,
        )


def counts(folder: Path) -> dict[Status, int]:
    workspace = Workspace.open(folder)
    with workspace.ledger_store.read("trial") as records:
        return {status: count for status, count in records.counts(FIRST_WAVE).items() if count}


def wait_until_shared(url: str) -> None:
    for _ in range(600):
        with psycopg.connect(url) as connection:
            there = connection.execute("SELECT to_regclass('mass_apology.all_letter_file')").fetchone()
            shared = "SELECT count(*) FROM mass_apology.all_shared_wave WHERE is_open"
            if there != (None,) and connection.execute(shared).fetchone() == (1,):
                return
        time.sleep(0.1)
    pytest.fail("nothing was shared")


def test_a_worker_goes_on_where_the_sender_was_killed(tmp_path: Path, live: Relay, url: str) -> None:
    folder = made(tmp_path / "one", live, url, rate="400/s")
    sender = started("send", folder, "--confirm", str(LETTERS))
    try:
        wait_until_shared(url)
        other = shutil.copytree(folder, tmp_path / "two", ignore=shutil.ignore_patterns("log.jsonl", "output.txt"))
        helper = started("worker", other, "--once")
        time.sleep(2.5)
        before = len(live.numbers)
        os.kill(sender.pid, signal.SIGKILL)
        assert helper.wait(120) in {0, 1}, (other / "output.txt").read_text()
    finally:
        sender.kill()
        sender.wait()
    assert 0 < before < LETTERS
    found = counts(folder)
    assert found.keys() <= {Status.ACCEPTED, Status.IN_DOUBT}
    assert found.get(Status.IN_DOUBT, 0) <= 2 * CONNECTIONS
    received = Counter(live.numbers)
    assert max(received.values()) == 1
    assert len(received) >= LETTERS - found.get(Status.IN_DOUBT, 0)
    assert "accepted" in (other / "output.txt").read_text().lower()


def test_what_cannot_be_sent_together_is_told(tmp_path: Path, live: Relay, url: str) -> None:
    def refusal(folder: Path) -> str:
        with pytest.raises(CampaignError) as refused:
            worker.run(Workspace.open(folder), None, once=True)  # type: ignore[arg-type]
        return refused.value.problem

    assert "a file" in refusal(campaign_folder(tmp_path / "two", live.sink.url, customers(3)))


def test_a_database_that_restarts_costs_a_pause(tmp_path: Path, live: Relay) -> None:
    server = PostgresServer(durable=True)
    try:
        url = server.new_database()
        folder = made(tmp_path / "one", live, url, rate="400/s")
        sender = started("send", folder, "--confirm", str(LETTERS))
        wait_until_shared(url)
        other = shutil.copytree(folder, tmp_path / "two", ignore=shutil.ignore_patterns("log.jsonl", "output.txt"))
        helper = started("worker", other, "--once")
        time.sleep(2.0)
        server.kill()
        server.start()
        assert sender.wait(120) == 0, (folder / "output.txt").read_text()
        assert helper.wait(120) in {0, 3}, (other / "output.txt").read_text()
        assert counts(folder) == {Status.ACCEPTED: LETTERS}
        assert sorted(live.numbers) == list(range(LETTERS))
    finally:
        server.remove()


def test_a_machine_whose_suppression_list_knows_less_takes_no_part(tmp_path: Path, live: Relay, url: str) -> None:
    folder = made(tmp_path / "one", live, url, rate="100/s")
    suppress = [sys.executable, "-m", "mass_apology", "suppress", "add", "somebody@example.org"]
    subprocess.run(suppress, env=environment(folder), check=True, capture_output=True)
    sender = started("send", folder, "--confirm", str(LETTERS))
    try:
        wait_until_shared(url)
        other = shutil.copytree(folder, tmp_path / "two", ignore=shutil.ignore_patterns("log.jsonl", "output.txt"))
        assert started("worker", other, "--once").wait(60) == 1
        assert "suppress" in (other / "output.txt").read_text()
    finally:
        sender.send_signal(signal.SIGINT)
        sender.wait(60)
