"""kill -9 at random moments, until nobody believes in luck any more: nobody skipped, nobody written to twice.

Campaigns are sent to a sink that records every final dot. A run of ``send`` is killed at a moment drawn uniformly from
the time that a whole run of the smaller campaign takes, so that kills land in planning, in starting again, and in
sending; then the next run goes on, and so forth until a run ends by itself or the kills are used up. The relay's
latency keeps every connection busy with a letter that is on its way, which is when a kill hurts.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from itertools import cycle
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from bench.campaigns import Relay, addresses, make_campaign
from bench.process_tree import lives, tree
from bench.product import run, send_all, started
from bench.relays import Recorder, recorder
from bench.result import Bar, Options, Result, TrialError
from bench.verdict import Row, Verdict, judge
from bench.workplace import scratch
from mass_apology.model import DUE, Status

SIZES = (3_000, 12_000)  # the larger one is written by processes of their own, which must not outlive their parent
CONNECTIONS = 10
LATENCY = 0.01  # seconds before each of the relay's replies
LANES = 2  # campaigns at a time, in threads that mostly wait
_LEDGER = "ledger.sqlite"
_ORPHANS_END = 5.0  # seconds in which the processes of a killed parent must have ended
_LAST_RUNS = 3  # runs of `send` that may be needed to finish a campaign in peace


class Kill(Struct, frozen=True, kw_only=True):
    """What one kill met."""

    stage: str
    handing_over: int  # letters that were handed over and had no durable reply
    orphans: int  # processes that outlived their parent


class RunStats(Struct, frozen=True, kw_only=True):
    """What some campaigns came to."""

    verdict: Verdict = Verdict()
    kills: tuple[Kill, ...] = ()
    campaigns: int = 0

    def __add__(self, other: RunStats) -> RunStats:
        return RunStats(
            verdict=self.verdict + other.verdict,
            kills=self.kills + other.kills,
            campaigns=self.campaigns + other.campaigns,
        )


def measure(options: Options) -> Result:
    """Kill until the kills are used up, then judge."""
    with scratch("kill") as folder:
        span = _span(folder, options.letters(min(SIZES)))
        tally = _in_lanes(folder, options, span)
    return _result(tally, options, span)


def _span(folder: Path, letters: int) -> float:
    """Seconds that an undisturbed run takes."""
    with recorder(folder / "undisturbed.jsonl", latency=LATENCY) as sink:
        return send_all(make_campaign(folder / "undisturbed", letters, _relay(sink)), letters).seconds


def _relay(sink: Recorder) -> Relay:
    return Relay(port=sink.port, connections=CONNECTIONS)


def _in_lanes(folder: Path, options: Options, span: float) -> RunStats:
    stop = threading.Event()
    shares = [len(range(lane, options.kills, LANES)) for lane in range(LANES)]
    lanes = [
        _Lane(folder / f"lane-{number}", options, random.Random(options.seed + number), span, stop)
        for number in range(LANES)
    ]
    with ThreadPoolExecutor(LANES) as executor:
        try:
            return sum(executor.map(_Lane.work, lanes, shares), RunStats())
        finally:
            stop.set()  # where one lane failed, or Ctrl-C came, the other ends after its present run


class _Lane:
    """Campaigns one after the other."""

    def __init__(
        self, folder: Path, options: Options, chance: random.Random, span: float, stop: threading.Event
    ) -> None:
        folder.mkdir()
        self._folder = folder
        self._sizes = cycle(options.letters(size) for size in SIZES)
        self._chance = chance
        self._span = span
        self._stop = stop

    def work(self, kills: int) -> RunStats:
        """Spend so many kills."""
        tally = RunStats()
        while len(tally.kills) < kills and not self._stop.is_set():
            tally += self._campaign(self._folder / str(tally.campaigns), kills - len(tally.kills))
        return tally

    def _campaign(self, folder: Path, most_kills: int) -> RunStats:
        """One campaign: killed until a run ends by itself or the kills are spent, then finished and judged."""
        letters = next(self._sizes)
        with recorder(folder.with_suffix(".jsonl"), latency=LATENCY) as sink:
            make_campaign(folder, letters, _relay(sink))
            moments = (self._chance.uniform(0, self._span) for _ in range(most_kills))
            kills = tuple(self._kills(folder, letters, sink, moments))
            if self._stop.is_set():  # what is half done proves nothing, and somebody waits for the end
                return RunStats()
            _finish(folder, letters)
            verdict = judge(addresses(letters), _rows(folder), sink.stop())
        shutil.rmtree(folder)
        return RunStats(verdict=verdict, kills=kills, campaigns=1)

    def _kills(self, folder: Path, letters: int, sink: Recorder, moments: Iterator[float]) -> Iterator[Kill]:
        counts: Counter[Status] = Counter()
        for moment in moments:
            dots = sink.record.stat().st_size
            with started("send", folder, "--confirm", str(_due(letters, counts))) as process:
                orphans = _kill(process, moment)
            counts = _counts(folder)
            if orphans is None:
                _expect_nothing_due(folder, letters, counts)
                return
            if self._stop.is_set():
                return
            stage = _stage(counts, sent_something=sink.record.stat().st_size > dots)
            yield Kill(stage=stage, handing_over=counts[Status.HANDING_OVER], orphans=orphans)


def _kill(process: subprocess.Popen[bytes], moment: float) -> int | None:
    """kill -9 the command after so many seconds; how many processes outlive it, ``None`` where it ended before."""
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        children = tree(process.pid)[1:]
        process.kill()
        process.wait()
        return _survivors(children)
    return None


def _survivors(processes: list[int]) -> int:
    deadline = time.monotonic() + _ORPHANS_END
    while any(map(lives, processes)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return sum(map(lives, processes))


def _stage(counts: Counter[Status], *, sent_something: bool) -> str:
    if not counts:
        return "start-up and planning"
    return "sending" if sent_something else "starting again"


def _due(letters: int, counts: Counter[Status]) -> int:
    """The number to confirm: with no plan in the ledger yet, everybody."""
    return letters - sum(count for status, count in counts.items() if status not in DUE)


def _counts(folder: Path) -> Counter[Status]:
    """The ledger's statuses, empty where there is no plan. Read from a copy: opening a ledger may already repair it."""
    if not (folder / _LEDGER).exists():
        return Counter()
    copy = folder / "copy"
    copy.mkdir(exist_ok=True)
    for name in (_LEDGER, f"{_LEDGER}-wal"):
        (copy / name).unlink(missing_ok=True)
        if (folder / name).exists():
            shutil.copyfile(folder / name, copy / name)
    with closing(sqlite3.connect(copy / _LEDGER)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'delivery'").fetchone():
            return Counter()
        query = "SELECT status, count(*) FROM delivery GROUP BY status"
        return Counter({Status(status): count for status, count in connection.execute(query)})


def _expect_nothing_due(folder: Path, letters: int, counts: Counter[Status]) -> None:
    if due := _due(letters, counts):
        said = (folder / "errors.txt").read_text()[-2000:]
        raise TrialError(f"send ended by itself with {due} letters due. It said:\n{said}")


def _finish(folder: Path, letters: int) -> None:
    """Send to the end, as a person would; raises ``TrialError`` where letters stay due."""
    for _ in range(_LAST_RUNS):
        said = run("send", folder, "--confirm", str(_due(letters, _counts(folder))))
        counts = _counts(folder)
        if sum(counts.values()) == letters and not counts.keys() & (DUE | {Status.HANDING_OVER}):
            return
    raise TrialError(f"The campaign does not come to an end: {dict(counts)}. send said:\n{said.output}{said.errors}")


def _rows(folder: Path) -> list[Row]:
    """Everybody's end, as the product reports it."""
    file = folder / "results.json"
    run("report", folder, "--to", str(file)).expect()
    return msgspec.json.decode(file.read_bytes(), type=list[Row])


def _result(tally: RunStats, options: Options, span: float) -> Result:
    verdict, kills = tally.verdict, tally.kills
    worst = max((kill.handing_over for kill in kills), default=0)
    nobody = partial(Bar, limit=0, at_most=True, unit="")
    return Result(
        bars=(
            nobody(name="killed: recipients skipped", figure=verdict.skipped),
            nobody(name="killed: recipients written to twice", figure=verdict.twice),
            nobody(name="killed: recipients without a status", figure=verdict.lost),
            nobody(name="killed: processes that outlived their parent", figure=sum(kill.orphans for kill in kills)),
            replace(nobody(name="killed: in doubt after the worst kill", figure=worst), limit=2 * CONNECTIONS),
        ),
        notes=(
            f"{len(kills)} kills, seed {options.seed}, over {tally.campaigns} campaigns with {verdict.recipients} "
            f"recipients, {CONNECTIONS} connections, moments within {span:.1f} s",
            "the kills landed in "
            + ", ".join(f"{stage}: {count}" for stage, count in Counter(kill.stage for kill in kills).most_common()),
            f"in doubt {verdict.in_doubt}, which is {verdict.in_doubt / max(1, len(kills)):.1f} a kill; of these "
            f"{verdict.never_sent} had not been received",
        ),
    )
