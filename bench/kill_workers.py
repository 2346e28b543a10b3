"""Four workers on one PostgreSQL that are killed, stopped and cut off: nobody skipped, nobody written to twice.

``send`` confirms and plans a campaign and is killed as soon as it shares it; then four workers send it to a sink that
notes every final dot. Half of them are on other machines, by their names, so that what they had is free only when their
lease is over. Each speaks to the database and to the relay through forwarders of its own, which can stall (nobody is
told) or cut (every connection breaks, none is made). A round has one kind of trouble, or all of them in turn.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

import msgspec
from msgspec import Struct

from bench.campaigns import Relay, addresses, make_campaign
from bench.database import Database, Ledger, connect, database
from bench.forwarder import Forwarder, Line
from bench.nursery import Nursery
from bench.process_tree import lives
from bench.product import run, started
from bench.relays import recorder
from bench.result import Bar, Options, Result, TrialError
from bench.verdict import Row, Verdict, judge
from bench.workplace import HOST, scratch
from mass_apology.model import DUE, Status

LETTERS = 6_000  # of a round: six chunks
WORKERS = 4
CONNECTIONS = 5  # of each worker
LATENCY = 0.1  # seconds before each of the relay's replies
LEASE = 3.0  # seconds
LONGEST_LIFE = 3.0  # seconds until a worker meets the next trouble: after it began to send, or after its start
EARLY = 0.2  # share of troubles that need not wait until it sends
_SENT = b'"event":"accepted"'  # in a worker's log
_NEVER_SENDS = 30.0  # seconds after which a worker meets trouble though it does not send: the others have all letters
TROUBLED = 90.0  # seconds of trouble in a round, at most; what is due then is sent in peace
_PATIENCE = 300.0  # seconds until ``send`` must have shared a campaign
_LOOK = 1.0  # seconds between two looks at the ledger
_LAST_RUNS = 4  # of ``send`` that may be needed to finish a campaign in peace

KILLED, STOPPED, NO_DATABASE, NO_RELAY = "killed", "stopped", "cut off from the database", "cut off from the relay"
KINDS = (KILLED, STOPPED, NO_DATABASE, NO_RELAY)
ROUNDS = ("", KILLED, STOPPED, NO_DATABASE, NO_RELAY, KILLED, KILLED, KILLED)  # empty: each trouble of another kind


class Sum(Struct, frozen=True, kw_only=True):
    """What the rounds of one name came to."""

    verdict: Verdict = Verdict()
    troubles: Counter[str] = Counter()
    rounds: int = 0
    most_in_doubt: int = 0  # letters in doubt of one session

    def __add__(self, other: Sum) -> Sum:
        return Sum(
            verdict=self.verdict + other.verdict,
            troubles=self.troubles + other.troubles,
            rounds=self.rounds + other.rounds,
            most_in_doubt=max(self.most_in_doubt, other.most_in_doubt),
        )


def measure(options: Options) -> Result:
    """Rounds until the kills are used up; at least one of each."""
    chance = random.Random(options.seed)
    sums: dict[str, Sum] = {}
    with scratch("kill-workers") as folder, database() as server, Nursery() as nursery:
        number = 0
        while number < len(ROUNDS) or sum(each.troubles[KILLED] for each in sums.values()) < options.kills:
            name = ROUNDS[number % len(ROUNDS)]
            found = _Round(folder / str(number), server, nursery, options, chance, name).play()
            sums[name] = sums.get(name, Sum()) + found
            number += 1
            print(f"    round {number}, {name or 'all'}: {_told(found)}", flush=True)
    return _result(sums, options)


class _Worker:
    """One of the four: its folder, its process, and its two lines."""

    def __init__(self, folder: Path, host: str, nursery: Nursery, lines: dict[str, Forwarder]) -> None:
        self.folder = folder
        self.lines = lines
        self._host = host
        self._nursery = nursery
        self.pid = 0
        self.mend: Callable[[], None] | None = None  # what ends its present trouble
        self.next_at = 0.0  # monotonic seconds: of the next trouble, or of the end of this one
        self._logged = -1  # octets of its log when it started; -1: it need not send before the next trouble

    def start(self) -> None:
        """A new process, in the place of one that has ended."""
        self.pid = self._nursery.start(self.folder, self._host)

    def waits(self, chance: random.Random, *, anew: bool) -> None:
        """Until the next trouble; ``anew``: as a process that has only started."""
        early = not anew or chance.random() < EARLY
        self._logged = -1 if early else self._log_size()
        self.next_at = time.monotonic() + (chance.uniform(0.2, LONGEST_LIFE) if early else _NEVER_SENDS)

    def look(self, chance: random.Random) -> None:
        """Whether it has begun to send."""
        if self._logged < 0 or self._log_size() <= self._logged:
            return
        with (self.folder / "log.jsonl").open("rb") as log:
            log.seek(self._logged)
            sends = _SENT in log.read()
        if sends:
            self._logged = -1
            self.next_at = time.monotonic() + chance.uniform(0, LONGEST_LIFE)

    def _log_size(self) -> int:
        log = self.folder / "log.jsonl"
        return log.stat().st_size if log.exists() else 0

    def lives(self) -> bool:
        return lives(self.pid)

    def signal(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)


class _Round:
    """One campaign."""

    def __init__(
        self, folder: Path, server: Database, nursery: Nursery, options: Options, chance: random.Random, name: str
    ) -> None:
        folder.mkdir()
        self._folder = folder
        self._server = server
        self._nursery = nursery
        self._letters = options.letters(LETTERS)
        self._chance = chance
        self._kinds = (name,) if name else KINDS
        self._troubles: Counter[str] = Counter()
        url = server.new_database()
        self._database = url.rpartition("@/")[2].partition("?")[0]
        self._ledger = Ledger(url)

    def play(self) -> Sum:
        """To its end, and judged."""
        with recorder(self._folder / "dots.jsonl", latency=LATENCY) as sink, ExitStack() as opened:
            lines = self._lines(opened, sink.port)
            first = self._campaign("first", lines)
            self._confirm(first)
            workers = [self._worker(number, first, self._lines(opened, sink.port)) for number in range(WORKERS)]
            try:
                self._trouble(workers)
            finally:
                self._end(workers)
            self._finish(first)
            rows = self._rows(first)
            verdict = judge(addresses(self._letters), rows, sink.stop())
        found = Sum(verdict=verdict, troubles=self._troubles, rounds=1, most_in_doubt=self._ledger.most_in_doubt())
        if not (verdict.twice or verdict.skipped or verdict.lost):
            shutil.rmtree(self._folder)
        return found

    def _lines(self, opened: ExitStack, relay: int) -> dict[str, Forwarder]:
        return {
            NO_DATABASE: opened.enter_context(Forwarder(lambda: connect(self._server))),
            NO_RELAY: opened.enter_context(Forwarder(lambda: asyncio.open_connection(HOST, relay))),
        }

    def _campaign(self, name: str, lines: dict[str, Forwarder]) -> Path:
        relay = Relay(port=lines[NO_RELAY].port, connections=CONNECTIONS)
        folder = make_campaign(self._folder / name, self._letters, relay)
        _point(folder, lines, self._database)
        return folder

    def _confirm(self, first: Path) -> None:
        """By a process that dies as soon as it shares the campaign."""
        with started("send", first, "--confirm", str(self._letters)) as sender:
            until = time.monotonic() + _PATIENCE
            while not self._ledger.is_shared():
                if sender.poll() is not None or time.monotonic() > until:
                    raise TrialError(f"send shared nothing. It said:\n{(first / 'errors.txt').read_text()[-2000:]}")
                time.sleep(0.05)
            sender.kill()
            sender.wait()
            self._troubles[KILLED] += 1

    def _worker(self, number: int, first: Path, lines: dict[str, Forwarder]) -> _Worker:
        folder = self._folder / f"worker-{number}"
        shutil.copytree(first, folder, ignore=shutil.ignore_patterns("log.jsonl", "state", "*.txt"))
        _point(folder, lines, self._database)
        worker = _Worker(folder, f"machine-{number}" if number % 2 else "", self._nursery, lines)
        worker.start()
        worker.waits(self._chance, anew=True)
        return worker

    def _trouble(self, workers: list[_Worker]) -> None:
        """Until nothing is due, or it is enough."""
        until, look_at = time.monotonic() + TROUBLED, 0.0
        while time.monotonic() < until:
            now = time.monotonic()
            for worker in workers:
                worker.look(self._chance)
                if now >= worker.next_at:
                    self._next(worker)
                elif not worker.lives() and worker.mend is None:
                    worker.start()
            if now >= look_at:
                look_at = now + _LOOK
                if not self._ledger.counts().keys() & DUE:
                    return
            time.sleep(0.02)

    def _next(self, worker: _Worker) -> None:
        """The end of a worker's trouble, or the beginning of the next one."""
        if worker.mend is not None:
            worker.mend()
            worker.mend = None
            worker.waits(self._chance, anew=False)
            return
        kind = self._chance.choice(self._kinds)
        if kind == KILLED:
            self._troubles[kind] += 1
            worker.signal(signal.SIGKILL)
            worker.start()
            worker.waits(self._chance, anew=True)
            return
        is_long = self._chance.random() < 0.5
        length = self._chance.uniform(1.2, 2.0) if is_long else self._chance.uniform(0.1, 0.8)
        worker.next_at = time.monotonic() + length * LEASE
        if kind == STOPPED:
            worker.signal(signal.SIGSTOP)
            worker.mend = partial(worker.signal, signal.SIGCONT)
        else:
            line = self._chance.choice((Line.STALLED, Line.CUT))
            worker.lines[kind].become(line)
            worker.mend = partial(worker.lines[kind].become, Line.OPEN)
        self._troubles[kind] += 1
        self._troubles["for longer than the lease"] += is_long

    def _end(self, workers: list[_Worker]) -> None:
        """In peace: each has its replies first."""
        for worker in workers:
            if worker.mend is not None:
                worker.mend()
            worker.signal(signal.SIGTERM)
        until = time.monotonic() + 60
        while any(worker.lives() for worker in workers) and time.monotonic() < until:
            time.sleep(0.05)
        for worker in workers:
            worker.signal(signal.SIGKILL)

    def _finish(self, first: Path) -> None:
        for _ in range(_LAST_RUNS):
            counts = self._ledger.counts()
            due = sum(count for status, count in counts.items() if status in DUE)
            if not due and not counts[Status.HANDING_OVER]:
                return
            said = run("send", first, "--confirm", str(due))
        raise TrialError(
            f"The campaign does not come to an end: {dict(counts)}. send said:\n{said.output}{said.errors}"
        )

    def _rows(self, first: Path) -> list[Row]:
        file = first / "results.json"
        run("report", first, "--to", str(file)).expect()
        return msgspec.json.decode(file.read_bytes(), type=list[Row])


def _point(folder: Path, lines: dict[str, Forwarder], name: str) -> None:
    """Have the campaign in this folder use these lines."""
    path = folder / "campaign.toml"
    text = re.sub(r"\n\[ledger\](\n[a-z]+ = .*)*", "", path.read_text(encoding="utf-8"))
    text = re.sub(r"(?<=smtp\+plain://127\.0\.0\.1:)\d+", str(lines[NO_RELAY].port), text)
    url = f"postgresql://tester@{HOST}:{lines[NO_DATABASE].port}/{name}"
    path.write_text(f'{text.rstrip()}\n\n[ledger]\nurl = "{url}"\nlease = "{LEASE:.0f} seconds"\n', encoding="utf-8")


def _told(found: Sum) -> str:
    verdict = found.verdict
    troubles = ", ".join(f"{kind} {count}" for kind, count in sorted(found.troubles.items()))
    return (
        f"{troubles}: twice {verdict.twice}, skipped {verdict.skipped}, without status {verdict.lost}, in doubt "
        f"{verdict.in_doubt} ({verdict.never_sent} never received), of one session at most {found.most_in_doubt}"
    )


def _result(sums: dict[str, Sum], options: Options) -> Result:
    whole = sum(sums.values(), Sum())
    bars: list[Bar] = []
    for name, found in sums.items():
        nobody = partial(Bar, limit=0, at_most=True, unit="")
        label = name or "all together"
        bars += [
            nobody(name=f"{label}: recipients written to twice", figure=found.verdict.twice),
            nobody(name=f"{label}: recipients skipped", figure=found.verdict.skipped),
            nobody(name=f"{label}: recipients without a status", figure=found.verdict.lost),
        ]
    worst = Bar(
        name="in doubt of one session, at most",
        figure=whole.most_in_doubt,
        limit=2 * CONNECTIONS,
        at_most=True,
        unit="",
    )
    return Result(
        bars=(*bars, worst),
        notes=(
            f"seed {options.seed}, {whole.rounds} rounds of {options.letters(LETTERS)} recipients, {WORKERS} workers "
            f"of {CONNECTIONS} connections, lease {LEASE:.0f} s",
            *(f"{name or 'all together'}: {_told(found)}" for name, found in sums.items()),
        ),
    )
