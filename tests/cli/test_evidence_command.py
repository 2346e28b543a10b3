"""``report --evidence`` and ``--coverage`` as a shell sees them."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from live import campaign_folder, customers, relay, send
from shell import command

pytestmark = pytest.mark.slow


@pytest.fixture
def sent(tmp_path: Path) -> Iterator[Path]:
    with relay() as live:
        folder = campaign_folder(tmp_path / "trial", live.sink.url, customers(4))
        send(folder)
        yield folder


def test_a_pack_is_made_and_verified_as_the_command_says(sent: Path, tmp_path: Path) -> None:
    to = tmp_path / "pack.zip"
    done = command("report", "-C", sent, "--evidence", to, "--timestamp-request", tmp_path / "pack.tsq")
    assert (done.returncode, done.stderr) == (0, "")
    assert f"python3 verify.py {to}" in done.stdout
    with zipfile.ZipFile(to) as archive:
        archive.extract("verify.py", tmp_path)
    verified = subprocess.run([sys.executable, tmp_path / "verify.py", to], capture_output=True, text=True, check=False)
    assert (verified.returncode, verified.stderr) == (0, "")
    again = command("report", "-C", sent, "--evidence", to)
    assert (again.returncode, "exists already" in again.stderr) == (1, True)
    found = json.loads(command("report", "-C", sent, "--evidence", to, "--force", "--json").stdout)
    assert (found["people"], found["written"], len(found["digest"]), found["stamped_at"]) == (4, str(to), 64, None)
    wrong = command("report", "-C", sent, "--evidence", to, "--timestamp", to)
    assert (wrong.returncode, "no time-stamp of RFC 3161" in wrong.stderr) == (1, True)


def test_options_that_do_not_go_together_are_said(sent: Path, tmp_path: Path) -> None:
    pack, table = tmp_path / "a.zip", tmp_path / "a.csv"
    for words in (
        ("--timestamp", pack),
        ("--log", table),
        ("--evidence", pack, "--timestamp", pack, "--timestamp-request", table),
        ("--evidence", pack, "--coverage", table),
        ("--evidence", pack, "--to", table),
    ):
        done = command("report", "-C", sent, *words)
        assert (done.returncode, done.stdout) == (2, "")
    assert not pack.exists()
    assert not table.exists()


def test_coverage_says_what_was_not_judged_and_what_is_missing(sent: Path, tmp_path: Path) -> None:
    done = command("report", "-C", sent, "--coverage", tmp_path / "cover.csv")
    assert done.returncode == 0
    assert "the template names no legal pack" in done.stdout
    assert "write aware_at = " in done.stdout
    assert len((tmp_path / "cover.csv").read_text(encoding="utf-8").splitlines()) == 5
