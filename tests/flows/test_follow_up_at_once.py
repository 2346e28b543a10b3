"""Two timers that fire at the same moment: processes of their own, and each letter once."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from smtp_fakes import Relay
from test_follow_up import LATER, armed

pytestmark = pytest.mark.slow

LETTERS = 40
ROUNDS = 3
BUSY = "is working on this campaign"
_AT_ONCE = """
[schedule]
hours = "00:00-24:00"
weekdays = "mon-sun"

[[follow_up]]
name = "later"
template = "later"
at = 2026-01-01T00:00:00Z
"""


def started(folder: Path) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "mass_apology", "follow-up", "-C", str(folder)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def arrivals(live: Relay) -> Counter[str]:
    ids = (re.search(rb"^Message-ID: (\S+)", each.data, re.MULTILINE) for each in live.received)
    return Counter(found[1].decode() for found in ids if found)


@pytest.mark.parametrize("rate", ["unlimited", "40/s"])
def test_of_two_runs_at_once_each_letter_goes_once(tmp_path: Path, rate: str) -> None:
    """With the slower rate the second one surely comes while the first one sends."""
    with relay() as live:
        for letters in range(LETTERS, LETTERS * ROUNDS + 1, LETTERS):
            folder = grown(tmp_path / "trial", live, letters, rate)
            ended = [(each.communicate(timeout=60), each.returncode) for each in (started(folder), started(folder))]
            assert 0 in [code for _, code in ended]
            for (_, said), code in ended:
                assert code == 0 or BUSY in said, said
            counted = arrivals(live)
            assert len(counted) == 2 * letters
            assert max(counted.values()) == 1


def grown(folder: Path, live: Relay, letters: int, rate: str) -> Path:
    """A campaign of so many customers, whose first letters are sent and whose follow-up is armed and due."""
    campaign_folder(folder, live.sink.url, customers(letters), relay={"rate": rate})
    (folder / "templates/later").mkdir(exist_ok=True)
    (folder / "templates/later/en.md").write_text(LATER, encoding="utf-8")
    with (folder / "campaign.toml").open("a", encoding="utf-8") as file:
        file.write(_AT_ONCE)
    send(folder)
    armed(folder, letters)
    return folder
