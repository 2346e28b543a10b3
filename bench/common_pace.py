"""One pace for four workers on PostgreSQL, as the relay sees it; and how soon a killed one's part is used again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

from bench.campaigns import Relay, make_campaign
from bench.database import database
from bench.even_rate import most_within
from bench.product import run, started
from bench.recorder import parse_arrivals
from bench.relays import Recorder, recorder
from bench.result import Bar, Options, Result, TrialError
from bench.workplace import scratch

RATE = 200
LETTERS = 6_000
WORKERS = 4
CONNECTIONS = 20  # of all together
KILLED_AFTER = 0.5  # of the letters
LOOKED_AT = 2.0  # seconds before the kill
NEARLY = 0.9  # of the rate
_KEPT = ("campaign.toml", "affected.csv")


def measure(options: Options) -> Result:
    """Four workers send; one of them is killed half-way."""
    letters = options.letters(LETTERS)
    with ExitStack() as opened:
        folder = opened.enter_context(scratch("common-pace"))
        url = opened.enter_context(database()).new_database()
        sink = opened.enter_context(recorder(folder / "dots.jsonl"))
        campaign = make_campaign(
            folder / "one", letters, Relay(port=sink.port, connections=CONNECTIONS, rate=f"{RATE}/s")
        )
        with (campaign / "campaign.toml").open("a", encoding="utf-8") as file:
            file.write(f'\n[ledger]\nurl = "{url}"\n')
        killed_at = _send_together(opened, campaign, sink, letters)
        counts: dict[str, int] = json.loads(run("status", campaign, "--json").expect().output)["counts"]
        arrivals = sink.stop()
    moments = sorted(arrival.at for arrival in arrivals)
    ids = [arrival.message_id for arrival in arrivals]
    after = [moment for moment in moments if moment >= killed_at]
    before = _rate(moments, killed_at - LOOKED_AT, killed_at)
    silence = max((later - earlier for earlier, later in pairwise([killed_at, *after[:RATE]])), default=0.0)
    return Result(
        bars=(
            Bar(name="4 workers at 200/s, the worst second", figure=most_within(moments, 1.0), limit=RATE + 1,
                unit="dots", at_most=True),
            Bar(name="4 workers: letters twice", figure=len(ids) - len(set(ids)), limit=0, unit="", at_most=True),
            Bar(name="4 workers, one killed: until its rate is used again", figure=_recovery(after, killed_at, before),
                limit=1.0, unit="s", at_most=True),
        ),
        notes=(
            f"{len(moments)} dots; {before:.1f} a second in the {LOOKED_AT:.0f} s before the kill, "
            f"{_rate(moments, killed_at + 1, killed_at + 3):.1f} in the two from 1 s after it; the worst 100 ms "
            f"{most_within(moments, 0.1)} dots",
            f"in the 250 ms after the kill {_rate(moments, killed_at, killed_at + 0.25):.0f} a second, longest silence "
            f"in the second after it {silence * 1000:.0f} ms; statuses afterwards {counts}",
        ),
    )  # fmt: skip


def _send_together(opened: ExitStack, campaign: Path, sink: Recorder, letters: int) -> float:
    """``send`` and three workers, to the end; one worker is killed half-way. When, in monotonic seconds."""
    first = opened.enter_context(started("send", campaign, "--confirm", str(letters)))
    others = []
    for number in range(2, WORKERS + 1):
        folder = campaign.with_name(f"worker{number}")
        folder.mkdir()
        for name in _KEPT:
            shutil.copy(campaign / name, folder / name)
        others.append(opened.enter_context(started("worker", folder)))
    _wait_for(sink, int(letters * KILLED_AFTER), first)
    os.kill(others[-1].pid, signal.SIGKILL)
    killed_at = time.monotonic()
    _wait_for(sink, int(letters * 0.95), first)
    time.sleep(3.0)
    for process in [first, *others[:-1]]:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
    for process in [first, *others[:-1]]:
        process.wait(60)
    return killed_at


def _wait_for(sink: Recorder, dots: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 2 * dots / RATE + 120
    while len(parse_arrivals(sink.record)) < dots:
        if time.monotonic() > until:
            raise TrialError(f"After {2 * dots / RATE + 60:.0f} s fewer than {dots} letters have left.")
        time.sleep(0.1)


def _rate(moments: Sequence[float], begin: float, end: float) -> float:
    return sum(begin <= moment < end for moment in moments) / (end - begin)


def _recovery(after: Sequence[float], killed_at: float, rate: float) -> float:
    """Seconds after the kill until a stretch of 250 ms begins with nine tenths of the rate that there was."""
    for moment in [killed_at, *after]:
        if sum(moment <= other < moment + 0.25 for other in after) >= NEARLY * rate * 0.25:
            return moment - killed_at
    return after[-1] - killed_at
