"""``send`` as a process of its own: killed, interrupted, out of disk. Nobody is lost, nobody is written to twice."""

from __future__ import annotations

import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, results, send, statuses
from processes_seen import children_of, runs
from smtp_fakes import FaultyConversation, Relay

from mass_apology.model import Status

pytestmark = pytest.mark.slow


def start(folder: Path, due: int, **options: object) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "mass_apology", "send", "-C", str(folder), "--confirm", str(due)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def wait_for(live: Relay, letters: int, process: subprocess.Popen[str]) -> None:
    while len(live.received) < letters and process.poll() is None:
        time.sleep(0.002)


def received(live: Relay) -> Counter[str]:
    ids = (re.search(rb"^Message-ID: (\S+)", each.data, re.MULTILINE) for each in live.received)
    return Counter(each[1].decode() for each in ids)


def due(folder: Path) -> int:
    return sum(result.status in (Status.PLANNED, Status.DEFERRED) for result in results(folder))


def test_killed_again_and_again_nobody_is_skipped_and_nobody_gets_two(tmp_path: Path) -> None:
    chance = random.Random(2026)
    letters, kills, connections = 400, 4, 5
    with relay() as live:
        relay_table = {"rate": "300/s", "connections": connections}
        folder = campaign_folder(tmp_path, live.sink.url, customers(letters), relay=relay_table)
        left = letters
        for kill in range(kills):
            process = start(folder, left)
            wait_for(live, (kill + 1) * letters // (kills + 1) + chance.randrange(10), process)
            process.kill()
            process.communicate()
            with_open_ledger_recovered(folder)
            left = due(folder)
        process = start(folder, left)
        process.communicate(timeout=60)
    counted = received(live)
    assert [each for each, count in counted.items() if count > 1] == []
    everyone = results(folder)
    assert len(everyone) == letters
    in_doubt = {result.message_id for result in everyone if result.status is Status.IN_DOUBT}
    assert len(in_doubt) <= kills * connections * 2
    assert {result.message_id for result in everyone} - counted.keys() <= in_doubt


def with_open_ledger_recovered(folder: Path) -> None:
    """What the next ``send`` does first: the marks of the killed one are settled before letters are counted."""
    from mass_apology.ledger.sqlite import SqliteLedger

    with SqliteLedger.open(folder / "ledger.sqlite", "trial") as ledger:
        ledger.acquire(time.time())
        ledger.recover(time.time())
        ledger.release()


def test_the_first_interrupt_finishes_what_is_on_its_way(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(300), relay={"rate": "100/s"})
        process = start(folder, 300)
        wait_for(live, 40, process)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
    assert process.returncode == 3
    assert "To go on, run the same command again." in said
    counts = statuses(folder)
    assert counts["ACCEPTED"] == len(live.received)
    assert counts["IN_DOUBT"] == counts["HANDING_OVER"] == 0


def test_the_second_interrupt_stops_at_once(tmp_path: Path) -> None:
    def hang_at_forty(conversation: FaultyConversation, verb: str, _argument: bytes) -> bytes | None:
        return conversation.hang() if verb == "." and len(live.received) >= 40 else None

    with relay(fault=hang_at_forty) as live:
        relay_table = {"rate": "200/s", "connections": 2, "dot_timeout": 600.0}
        folder = campaign_folder(tmp_path, live.sink.url, customers(100), relay=relay_table)
        process = start(folder, 100)
        wait_for(live, 40, process)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        time.sleep(0.5)
        assert process.poll() is None  # it waits for the reply to the dot
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=10)
    assert process.returncode == 3
    counts = statuses(folder)
    assert counts["ACCEPTED"] == 40
    assert 1 <= counts["IN_DOUBT"] <= 2
    assert counts["HANDING_OVER"] == 0


def _little_disk() -> None:
    """Files may grow to 500 KB, which fits the plan and not the marks; beyond it writing fails, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (500_000, 500_000))


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="the system has no limit on the size of files")
def test_a_full_disk_stops_before_the_next_dot_and_loses_nothing(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(800), relay={"rate": "400/s"})
        process = start(folder, 800, preexec_fn=_little_disk)
        _, complaint = process.communicate(timeout=60)
        assert process.returncode == 1
        assert "Traceback" not in complaint
        assert "→" in complaint
        taken = len(live.received)
        assert taken < 800
        left = due(folder) if (folder / "ledger.sqlite").exists() else 800
        send(folder) if left else None
    counted = received(live)
    assert max(counted.values()) == 1
    everyone = results(folder)
    in_doubt = {result.message_id for result in everyone if result.status is Status.IN_DOUBT}
    assert {result.message_id for result in everyone} - counted.keys() <= in_doubt


def test_the_processes_that_write_letters_do_not_outlive_a_kill(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(12_000), relay={"rate": "500/s"})
        process = start(folder, 12_000)
        wait_for(live, 50, process)
        children = children_of(process.pid)
        process.kill()
        process.communicate()
        for _ in range(100):
            if not any(runs(child) for child in children):
                break
            time.sleep(0.1)
    assert len(children) >= 1 or (os.cpu_count() or 1) < 2
    assert [child for child in children if runs(child)] == []


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="on one core letters are written where they are sent")
def test_a_process_that_writes_letters_and_dies_is_a_sentence(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(12_000), relay={"rate": "2000/s"})
        process = start(folder, 12_000)
        wait_for(live, 50, process)
        for child in children_of(process.pid):
            os.kill(child, signal.SIGKILL)
        _, complaint = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "A process that writes letters was killed by signal 9" in complaint
    assert "has a fault" not in complaint
    assert max(received(live).values()) == 1
