"""Where a campaign stands, while it is sent and after: for people, and for scripts."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from msgspec.structs import replace
from rich.console import Console
from shell import command

from mass_apology.cli import status_screen, watching
from mass_apology.cli.status_screen import progress_line
from mass_apology.flows.holding import locked_ledger
from mass_apology.flows.report.campaign_status import CampaignStatus, State, campaign_status
from mass_apology.model import Status
from mass_apology.workspace.workspace import Workspace

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
SENDING = CampaignStatus(
    campaign="acme",
    at=NOON,
    state=State.SENDING,
    activity="sending (process 7 on here)",
    host="here",
    pid=7,
    people=1000,
    counts={Status.ACCEPTED: 400, Status.PLANNED: 600},
    due=600,
    percent=40.0,
    rate=10.0,
    eta=NOON + timedelta(minutes=1),
    waves={},
    editions=(),
    editions_first_at=(),
    promises=(),
    findings=(),
)
ENDED = replace(SENDING, state=State.DONE, activity="not sending", host=None, pid=None, due=0, rate=None, eta=None)


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Path]:
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10))
        send(folder)
        yield folder


def test_a_line_says_how_far_how_fast_and_until_when() -> None:
    assert re.fullmatch(r"40 % done · 10\.0/s · 1 min 0 s left, until 2026-11-20 .+", progress_line(SENDING))
    assert progress_line(replace(ENDED, percent=100.0)) == "100 % done"


def test_json_says_state_process_rate_and_times(sent: Path) -> None:
    done = command("status", "--json", "-C", sent)
    found = json.loads(done.stdout)
    assert (found["state"], found["pid"], found["rate"], found["eta"]) == ("done", None, None, None)
    assert (found["percent"], found["due"], found["activity"]) == (100.0, 0, "not sending")
    assert abs(datetime.fromisoformat(found["at"]).timestamp() - time.time()) < 60
    assert datetime.fromisoformat(found["editions_first_at"][0]).utcoffset() == timedelta(0)


def test_the_rate_is_that_of_the_letters_handed_over(sent: Path) -> None:
    workspace = Workspace.open(sent)
    with locked_ledger(workspace) as ledger:
        found = campaign_status(workspace)
        letters, first_at = ledger.handed_over(time.time() - 60)
    assert (found.state, found.pid, letters) == (State.SENDING, os.getpid(), 10)
    assert first_at is not None
    assert found.rate == pytest.approx(10 / max(1.0, time.time() - first_at), rel=0.5)


def test_a_part_is_never_all() -> None:
    assert campaign_status.__globals__["_percent"](999_999, 1_000_000) == 99.9
    assert campaign_status.__globals__["_percent"](0, 0) == 100.0


def test_watching_ends_with_the_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    slept: list[float] = []
    monkeypatch.setattr(status_screen.time, "sleep", slept.append)
    looks = iter([SENDING, SENDING, ENDED])
    assert status_screen.watch(lambda: next(looks), as_json=True) is ENDED
    assert [json.loads(line)["state"] for line in capsys.readouterr().out.splitlines()] == [
        "sending",
        "sending",
        "done",
    ]
    looks = iter([SENDING, ENDED])
    status_screen.watch(lambda: next(looks), as_json=False)
    assert len(capsys.readouterr().out.splitlines()) == 2
    assert len(slept) == 3


def on_a_terminal(*words: str | Path) -> str:
    """What the command shows on a terminal of 80 columns."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "COLUMNS": "80", "TERM": "xterm"}
    with subprocess.Popen(
        [sys.executable, "-m", "mass_apology", *map(str, words)],
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=environment,
    ):
        os.close(theirs)
        shown = b""
        try:
            while octets := os.read(ours, 4096):
                shown += octets
        except OSError:  # the other end was closed
            pass
    os.close(ours)
    return shown.decode()


def test_a_terminal_of_80_columns_is_enough(sent: Path) -> None:
    for words in (("status", "--watch"), ("status",), ("report",), ("check", "--offline")):
        shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", on_a_terminal(*words, "-C", sent))
        assert "trial" in shown
        assert [line for line in re.split(r"[\r\n]+", shown) if len(line) > 80 and " " in line.strip()] == []


def test_what_is_no_terminal_gets_no_control_characters(sent: Path) -> None:
    for words in (("status", "--watch"), ("report",), ("check", "--offline")):
        done = command(*words, "-C", sent)
        assert "\x1b" not in done.stdout + done.stderr
        assert "\r" not in done.stdout


def test_the_summary_stands_last_before_anything_leaves(tmp_path: Path) -> None:
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(10))
        done = command("send", "--confirm", "10", "-C", folder)
    before, _, summary = done.stdout.partition("\n10 letters are due, through ")
    assert "campaign" in before
    lines = summary.splitlines()
    assert re.fullmatch(r"127\.0\.0\.1:\d+ at .+\.", lines[0].rpartition("//")[2])
    assert re.search(r"languages +\w\w \d+", lines[1])
    assert "set aside" in lines[2]


@pytest.mark.parametrize(("seconds", "shown"), [(0.0, False), (0.4, True)])
def test_a_look_that_takes_long_says_so(monkeypatch: pytest.MonkeyPatch, seconds: float, shown: bool) -> None:
    to = Console(force_terminal=True, width=100, file=io.StringIO())
    monkeypatch.setattr(watching, "console", lambda **_: to)
    monkeypatch.setattr(watching, "PATIENCE", 0.2)
    with watching.patience("reading the ledger", quiet=False):
        time.sleep(seconds)
    assert ("reading the ledger" in to.file.getvalue()) is shown  # type: ignore[attr-defined]
