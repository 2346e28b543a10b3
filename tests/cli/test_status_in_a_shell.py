"""Where a campaign stands and what a command says, as a shell and a terminal of 80 columns show it."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, sent_campaign
from shell import command

pytestmark = pytest.mark.slow


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Path]:
    with sent_campaign(tmp_path / "trial", 10) as folder:
        yield folder


def test_json_says_state_process_rate_and_times(sent: Path) -> None:
    done = command("status", "--json", "-C", sent)
    found = json.loads(done.stdout)
    assert (found["state"], found["pid"], found["rate"], found["eta"]) == ("done", None, None, None)
    assert (found["percent"], found["due"], found["activity"]) == (100.0, 0, "not sending")
    assert abs(datetime.fromisoformat(found["at"]).timestamp() - time.time()) < 60
    assert datetime.fromisoformat(found["editions_first_at"][0]).utcoffset() == timedelta(0)


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
