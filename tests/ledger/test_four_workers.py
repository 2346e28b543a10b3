"""Four processes send one campaign from folders of their own, and keep together what one would."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from live import campaign_folder, customers
from postgres_server import shared_server
from test_worker import counts, started, wait_until_shared

from bench.even_rate import most_within
from bench.recorder import parse_arrivals
from bench.relays import Recorder, recorder
from mass_apology.flows import control
from mass_apology.ledger import Control
from mass_apology.model import Status

pytestmark = pytest.mark.slow

LETTERS = 3000
RATE = 200


@contextmanager
def four(
    folder: Path, sink: Recorder, destinations: Mapping[str, Mapping[str, object]] | None = None, **relay: object
) -> Iterator[tuple[Path, list[subprocess.Popen[bytes]]]]:
    """``send`` and three workers; the folder of the first one, and all of them."""
    url = shared_server().new_database()
    settings = {"connections": 16, **relay}
    tables = {"ledger": {"url": url}, "relay": settings, **(destinations or {})}
    own = campaign_folder(folder / "one", f"smtp+plain://127.0.0.1:{sink.port}", customers(LETTERS), **tables)
    processes = [started("send", own, "--confirm", str(LETTERS))]
    try:
        wait_until_shared(url)
        for name in ("two", "three", "four"):
            other = shutil.copytree(own, folder / name, ignore=shutil.ignore_patterns("log.jsonl", "output.txt"))
            processes.append(started("worker", other))
        yield own, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def wait_for_dots(sink: Recorder, dots: int) -> None:
    for _ in range(3000):
        if len(parse_arrivals(sink.record)) >= dots:
            return
        time.sleep(0.1)
    pytest.fail(f"fewer than {dots} letters have left")


@pytest.mark.timeout(400)
def test_no_second_has_more_than_the_rate_though_one_is_killed_and_one_stands_still(tmp_path: Path) -> None:
    with ExitStack() as opened:
        sink = opened.enter_context(recorder(tmp_path / "dots.jsonl"))
        own, (_, second, third, _) = opened.enter_context(four(tmp_path, sink, rate=f"{RATE}/s"))
        wait_for_dots(sink, LETTERS // 4)
        third.send_signal(signal.SIGSTOP)
        wait_for_dots(sink, LETTERS // 2)
        third.send_signal(signal.SIGCONT)
        os.kill(second.pid, signal.SIGKILL)
        wait_for_dots(sink, LETTERS * 3 // 4)
        assert control.request(own, Control.STOP)
        found = wait_until_settled(own)
        arrivals = sink.stop()
    moments = sorted(arrival.at for arrival in arrivals)
    assert most_within(moments, 1.0) <= RATE + 1
    assert len({arrival.message_id for arrival in arrivals}) == len(arrivals)
    assert found.get(Status.ACCEPTED, 0) <= len(arrivals)


def wait_until_settled(folder: Path) -> dict[Status, int]:
    """All that is on its way has ended, or is a dead process's: the counts do not change any more."""
    before: dict[Status, int] = {}
    while (found := counts(folder)) != before:
        before = found
        time.sleep(2.0)
    return found


@pytest.mark.timeout(400)
def test_a_window_is_kept_by_all_together(tmp_path: Path) -> None:
    with ExitStack() as opened:
        sink = opened.enter_context(recorder(tmp_path / "dots.jsonl"))
        own, _ = opened.enter_context(four(tmp_path, sink, rate="unlimited", windows=["500/h"]))
        wait_for_dots(sink, 500)
        found = wait_until_settled(own)
        assert control.request(own, Control.STOP)
        arrivals = sink.stop()
    assert len(arrivals) == 500
    assert found.get(Status.ACCEPTED, 0) == 500


@pytest.mark.timeout(400)
def test_a_destinations_pace_is_kept_by_all_together(tmp_path: Path) -> None:
    slow = {'destinations."d1.example"': {"rate": "5/s", "also": ["d2.example"]}}
    with ExitStack() as opened:
        sink = opened.enter_context(recorder(tmp_path / "dots.jsonl"))
        own, _ = opened.enter_context(four(tmp_path, sink, destinations=slow, rate="unlimited"))
        wait_for_dots(sink, LETTERS * 5 // 7)  # to the others, about
        time.sleep(5.0)
        assert control.request(own, Control.STOP)
        wait_until_settled(own)
        arrivals = sink.stop()
    paced = sorted(each.at for each in arrivals if each.recipients[0].endswith(("@d1.example", "@d2.example")))
    assert len(paced) > 20
    assert most_within(paced, 1.0) <= 5 + 2  # its pace begins at the start of a letter, whose dot may be later
