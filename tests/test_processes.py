"""Whether a process of this host still runs, and what killed ones leave."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mass_apology.system.processes import start_of
from mass_apology.system.whole_file import beginning, write_whole


def test_a_process_that_has_ended_has_no_start() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert start_of(child.pid) is None
    child.wait()
    assert start_of(child.pid) is None


def test_where_there_is_no_proc_a_living_process_is_recognised_by_its_pid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mass_apology.system.processes._PROC", tmp_path)
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        assert start_of(child.pid) == ""
    assert start_of(child.pid) is None
    assert start_of(1) == ""


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_is_not(tmp_path: Path) -> None:
    path = tmp_path / "control"
    with subprocess.Popen([sys.executable, "-c", ""]) as child:
        pass
    left, own, strange = (
        tmp_path / f".control.{child.pid}.abc",
        tmp_path / f"{beginning(path)}abc",
        tmp_path / ".control.notes.txt",
    )
    for each in (left, own, strange):
        each.touch()
    write_whole(path, b"run\n")
    assert sorted(tmp_path.iterdir()) == sorted((path, own, strange))
