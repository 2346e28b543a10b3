"""Trouble that has nothing to do with the relay ends a run in order: the letters on their way get their replies."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from live import Person, campaign_folder, customers, relay, send, statuses
from smtp_fakes import Relay

from mass_apology.errors import LedgerError, MassApologyError, OutputError, RelayError, SuppressionError, TemplateError
from mass_apology.flows import control, suppress
from mass_apology.flows.send import sending_run as run_module
from mass_apology.ledger import Control
from mass_apology.ledger.sqlite import marks
from mass_apology.letter.render_pool import RenderPool
from mass_apology.sending import dispatcher as dispatcher_module
from mass_apology.smtp.sink import SinkSettings
from mass_apology.suppression import shared_path

pytestmark = pytest.mark.slow

LETTERS = 400
SLOW = SinkSettings(latency=0.05)  # so that letters are on their way at every moment
RELAY = {"connections": 8, "rate": "400/s"}


class Trouble(Person):
    """Makes trouble once some letters have arrived."""

    def __init__(self, live: Relay, make: Callable[[], object], after: int = 60) -> None:
        super().__init__()
        self._live, self._make, self._after = live, make, after
        self.made = False

    def progress(self, progress: object) -> None:
        if not self.made and len(self._live.received) >= self._after:
            self.made = True
            self._make()


@contextmanager
def slow_campaign(tmp_path: Path) -> Iterator[tuple[Relay, Path]]:
    with relay(SLOW) as live:
        yield live, campaign_folder(tmp_path / "trial", live.sink.url, customers(LETTERS), relay=RELAY)


def judge(live: Relay, folder: Path) -> None:
    """No letter is in doubt, the relay has what the ledger says, and the next run does the rest, each once."""
    found = statuses(folder)
    assert found["IN_DOUBT"] == found["HANDING_OVER"] == 0
    assert len(live.received) == found["ACCEPTED"]
    assert 0 < found["ACCEPTED"] < LETTERS
    send(folder)
    assert Counter(live.numbers) == dict.fromkeys(range(LETTERS), 1)


# In this process


def kill_a_render_worker() -> None:
    ours = subprocess.run(
        ["pgrep", "-P", str(os.getpid()), "-f", "letter.render_worker"], capture_output=True, text=True, check=True
    )
    os.kill(int(ours.stdout.split()[0]), signal.SIGKILL)


def test_a_render_worker_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "processes_for", lambda *_: 1)
    monkeypatch.setattr("mass_apology.sending.outbox.READY_LIMIT", 80)
    with slow_campaign(tmp_path) as (live, folder):
        with pytest.raises(MassApologyError, match="was killed by signal 9"):
            send(folder, Trouble(live, kill_a_render_worker))
        judge(live, folder)


def fill_the_log(folder: Path) -> None:
    """From the next event on, every write of the log fails as on a full disk."""
    descriptors = Path("/proc/self/fd")
    full = os.open("/dev/full", os.O_WRONLY)
    for each in descriptors.iterdir():
        with_name = each.readlink() if each.is_symlink() else Path()
        if with_name == (folder / "log.jsonl").resolve():
            os.dup2(full, int(each.name))
    os.close(full)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc here")
def test_the_log_is_on_a_full_disk(tmp_path: Path) -> None:
    with slow_campaign(tmp_path) as (live, folder):
        with pytest.raises(OutputError, match=r"log\.jsonl cannot be written"):
            send(folder, Trouble(live, lambda: fill_the_log(folder)))
        judge(live, folder)


def test_nobody_reads_the_output_any_more(tmp_path: Path) -> None:
    def broken() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    with slow_campaign(tmp_path) as (live, folder):
        with pytest.raises(OutputError, match="Nobody reads the output"):
            send(folder, Trouble(live, broken))
        judge(live, folder)


def test_the_suppression_list_is_damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mass_apology.sending.outbox.RESULT_LIFETIME", 0.05)
    suppress.add("somebody@else.example", "requested", "")
    store = shared_path()
    whole = store.read_bytes()
    with slow_campaign(tmp_path) as (live, folder):

        def damage() -> None:
            store.write_bytes(b"no database at all " * 400)

        with pytest.raises(SuppressionError):
            send(folder, Trouble(live, damage))
        for each in store.parent.glob(f"{store.name}*"):
            each.unlink()
        store.write_bytes(whole)
        judge(live, folder)


def test_a_letter_cannot_be_rendered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, broken = RenderPool.write, threading.Event()

    async def failing(self: RenderPool, deliveries: list[object], **facts: object) -> object:
        if broken.is_set():
            raise TemplateError("It cannot be rendered.", next_step="Mend it.")
        return await write(self, deliveries, **facts)

    monkeypatch.setattr(RenderPool, "write", failing)
    monkeypatch.setattr("mass_apology.sending.outbox.READY_LIMIT", 80)
    with slow_campaign(tmp_path) as (live, folder):
        with pytest.raises(TemplateError, match="cannot be rendered"):
            send(folder, Trouble(live, broken.set))
        broken.clear()
        judge(live, folder)


def test_memory_runs_out_where_letters_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, broken = RenderPool.write, threading.Event()

    async def failing(self: RenderPool, deliveries: list[object], **facts: object) -> object:
        if broken.is_set():
            raise MemoryError
        return await write(self, deliveries, **facts)

    monkeypatch.setattr(RenderPool, "write", failing)
    monkeypatch.setattr("mass_apology.sending.outbox.READY_LIMIT", 80)
    with slow_campaign(tmp_path) as (live, folder):
        with pytest.raises(MemoryError):
            send(folder, Trouble(live, broken.set))
        broken.clear()
        judge(live, folder)


def test_a_reply_is_not_understood_by_our_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one letter whose outcome cannot be worked out is in doubt; no other one is."""
    classify, broken = dispatcher_module.classify, threading.Event()

    def failing(outcome: object) -> object:
        if broken.is_set():
            broken.clear()
            raise ValueError("what is this?")
        return classify(outcome)

    monkeypatch.setattr(dispatcher_module, "classify", failing)
    with slow_campaign(tmp_path) as (live, folder):
        with pytest.raises(ValueError, match="what is this"):
            send(folder, Trouble(live, broken.set))
        found = statuses(folder)
        assert found["HANDING_OVER"] == 1
        assert len(live.received) == found["ACCEPTED"] + 1
        send(folder)
    assert statuses(folder) == {"ACCEPTED": LETTERS - 1, "IN_DOUBT": 1}
    assert Counter(live.numbers) == dict.fromkeys(range(LETTERS), 1)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="there is no /proc here")
@pytest.mark.parametrize("per_connection", [LETTERS, 5], ids=["connections stay", "connections are opened"])
def test_there_are_no_file_descriptors_left_for_a_while(tmp_path: Path, per_connection: int) -> None:
    """A running sender opens nothing but connections, and tries these again."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    taken: list[int] = []

    def give_back() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        while taken:
            os.close(taken.pop())

    giving_back = threading.Timer(1.0, give_back)

    def run_out() -> None:
        most = max(int(each.name) for each in Path("/proc/self/fd").iterdir())
        resource.setrlimit(resource.RLIMIT_NOFILE, (most + 1, limits[1]))
        with contextlib.suppress(OSError):
            while True:
                taken.append(os.open(os.devnull, os.O_RDONLY))
        giving_back.start()

    with relay(SLOW) as live:
        table = RELAY | {"messages_per_connection": per_connection}
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(LETTERS), relay=table)
        try:
            ended = send(folder, Trouble(live, run_out))
        finally:
            giving_back.join()
            give_back()
    assert (ended.sent, ended.due) == (LETTERS, 0)
    assert Counter(live.numbers) == dict.fromkeys(range(LETTERS), 1)


@pytest.mark.parametrize("name", ["affected.csv", "templates/sorry/en.md", "campaign.toml", "log.jsonl"])
def test_a_file_that_is_not_needed_any_more_disappears(tmp_path: Path, name: str) -> None:
    with slow_campaign(tmp_path) as (live, folder):
        ended = send(folder, Trouble(live, (folder / name).unlink))
        assert (ended.sent, ended.due) == (LETTERS, 0)
    assert Counter(live.numbers) == dict.fromkeys(range(LETTERS), 1)
    assert statuses(folder) == {"ACCEPTED": LETTERS}


def test_stopped_while_the_relay_is_away(tmp_path: Path) -> None:
    """The wait for the next try, and a connection that is being opened, end with the run."""
    away = threading.Event()

    def gone(conversation: object, verb: str, _: bytes) -> bytes | None:
        return b"421 4.3.2 away" if away.is_set() and verb == "GREETING" else None

    with relay(SLOW, fault=gone) as live:
        folder = campaign_folder(
            tmp_path, live.sink.url, customers(LETTERS), relay=RELAY | {"messages_per_connection": 5}
        )
        ended_at: list[float] = []

        def leave() -> None:
            away.set()
            threading.Thread(target=stop).start()

        def stop() -> None:
            while not any("unreachable" in line for line in (folder / "log.jsonl").read_text().splitlines()):
                time.sleep(0.05)
            control.request(folder, Control.STOP)
            ended_at.append(time.monotonic())

        ended = send(folder, Trouble(live, leave))
        assert ended.due
        away.clear()
        judge(live, folder)


# The ledger itself: nothing can be recorded any more, so nothing more may be handed over


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), MemoryError(), SystemExit(1), KeyError("x")])
def test_the_ledgers_writer_tells_everybody_who_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """A failure in its thread once left ``send`` waiting for ever, and Ctrl-C did nothing."""
    apply, broken = marks.apply, threading.Event()

    def failing(*facts: object) -> None:
        if broken.is_set():
            raise error
        apply(*facts)

    monkeypatch.setattr(marks, "apply", failing)
    with slow_campaign(tmp_path) as (live, folder):
        with pytest.raises(LedgerError, match="cannot be written"):
            send(folder, Trouble(live, broken.set))
        broken.clear()
        on_the_way = RELAY["connections"]
        send(folder)
        found = statuses(folder)
        assert found["IN_DOUBT"] <= on_the_way
        assert found["ACCEPTED"] + found["IN_DOUBT"] == LETTERS
    assert max(Counter(live.numbers).values()) == 1


# From outside, to a process of its own


@contextmanager
def process(folder: Path, *words: str, **facts: object) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "mass_apology", "send", "-C", str(folder), "--confirm", str(LETTERS), *words]
    started = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **facts)
    try:
        yield started
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


def wait_for(live: Relay, letters: int) -> None:
    deadline = time.monotonic() + 60
    while len(live.received) < letters and time.monotonic() < deadline:
        time.sleep(0.01)


@pytest.mark.parametrize(
    "signals",
    [
        [signal.SIGINT],
        [signal.SIGTERM],
        [signal.SIGTERM, signal.SIGTERM],
        [signal.SIGHUP],
        [signal.SIGHUP, signal.SIGTERM, signal.SIGHUP, signal.SIGINT],
    ],
    ids=lambda signals: "+".join(each.name for each in signals),
)
def test_signals(tmp_path: Path, signals: list[signal.Signals]) -> None:
    with slow_campaign(tmp_path) as (live, folder):
        with process(folder, preexec_fn=_default_signals) as sending:
            wait_for(live, 60)
            for each in signals:
                sending.send_signal(each)
                time.sleep(0.01)
            said, _ = sending.communicate(timeout=60)
        assert sending.returncode == 3
        assert "Still due" in said
        assert "Traceback" not in said
        judge(live, folder)


@pytest.mark.parametrize("more", [0, 2, 40])
def test_a_second_interrupt_ends_it_at_once_and_the_doubts_are_counted(tmp_path: Path, more: int) -> None:
    """And any further one, to the last words, cuts nothing off."""
    with relay(SinkSettings(latency=2.0)) as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(LETTERS), relay=RELAY)
        with process(folder, preexec_fn=_default_signals) as sending:
            wait_for(live, 1)
            sending.send_signal(signal.SIGINT)
            time.sleep(0.3)
            for _ in range(1 + more):
                sending.send_signal(signal.SIGINT)
                time.sleep(0.003)
            said, _ = sending.communicate(timeout=60)
        doubts = statuses(folder)["IN_DOUBT"]
        assert sending.returncode == 3
        assert "Traceback" not in said
        assert statuses(folder)["HANDING_OVER"] == 0
        if doubts:
            last = said.strip().splitlines()[-1]
            assert f"{doubts} letter" in last
            assert "in doubt" in last


def _default_signals() -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("lines", [1, 3, 12])
def test_output_that_is_read_only_at_its_beginning(tmp_path: Path, lines: int) -> None:
    """``mass-apology send … | head -3`` must not say that all is well."""
    with slow_campaign(tmp_path) as (live, folder):
        with process(folder) as sending:
            assert sending.stdout is not None
            for _ in range(lines):
                sending.stdout.readline()
            sending.stdout.close()
            sending.stdout = None
            code = sending.wait(60)
        found = statuses(folder) if (folder / "ledger.sqlite").exists() else Counter()
        assert found["IN_DOUBT"] == found["HANDING_OVER"] == 0
        assert len(live.received) == found["ACCEPTED"]
        assert code != 0 or found["ACCEPTED"] == LETTERS


def test_a_relay_that_goes_away_is_no_fault_beside_it(tmp_path: Path) -> None:
    """The rest stays due, and the error is the relay's."""
    with relay() as live:
        folder = campaign_folder(tmp_path, live.sink.url, customers(5))
    with pytest.raises(RelayError):
        send(folder)
